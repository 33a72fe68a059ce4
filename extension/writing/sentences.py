"""Words into checked sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...exporter.forms import uses
from ...exporter.prompt import MAX_WORDS, list_prompt, parse_answer

# Takes list prompts and how many words each asks for; returns the answers.
Ask = Callable[[Sequence[str], Sequence[int]], list[str]]


@dataclass(frozen=True)
class Written:
    """One requested word, the sentence the model wrote for it (None: it wrote none), and whether it is used."""

    word: str
    sentence: str | None
    used: bool


def write_sentences(ask: Ask, words: Sequence[str], level: str) -> list[Written]:
    """A sentence for each of `words`, in lists of at most ten. `ask` is who answers list prompts."""
    lists = chunks(words)
    answers = ask([list_prompt(part, level) for part in lists], [len(part) for part in lists])
    return [row for part, answer in zip(lists, answers, strict=True) for row in read_answer(part, answer)]


def read_answer(words: Sequence[str], answer: str) -> list[Written]:
    """What `answer` holds for each of the words that were asked for."""
    sentences = parse_answer(answer, len(words)).sentences
    return [Written(w, s, s is not None and uses(w, s)) for w, s in zip(words, sentences, strict=True)]


def chunks(words: Sequence[str]) -> list[list[str]]:
    """`words` in lists as equal as possible, of at most ten words: the model was trained on six to ten."""
    n = -(-len(words) // MAX_WORDS)
    sizes = [len(words) // n + (i < len(words) % n) for i in range(n)] if n else []
    starts = [sum(sizes[:i]) for i in range(n)]
    return [list(words[s : s + size]) for s, size in zip(starts, sizes, strict=True)]
