"""Words into checked sentences: ask for several candidates, take the best that stands, ask again for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from random import Random
from typing import Protocol

from ...exporter.common.errors import InputError, ModelError
from ...exporter.language.levels import TRAINABLE
from ...exporter.records.answers import parse_answer
from ...exporter.records.prompt import MAX_WORDS, list_prompt
from ..models.generate import Reply
from ..models.host import Sampling
from .check import REASONS, SKIPPED, Chosen, Row, fit, judged
from .deal import alone, deal
from .words import key, problem

# Answers asked for in one go: enough for a full batch, few enough that finished rows are safe soon.
AT_ONCE = 64
# A retry of a few words costs nearly the same with more candidates, as long as they share a batch.
RETRY_ANSWERS, RETRY_FACTOR = 16, 4
# What failed is drawn more freely the next time, or it comes out the same.
HOTTER = 0.3
# Of two sentences that stand, the better one: distance to the level + these times the nats a token that surprised
# the writing model, and the share of its words that the sheet has already.
FLUENCY, VARIETY = 0.25, 1.5


class Ask(Protocol):
    """Answers list prompts; `words[i]` is how many words the i-th asks for."""

    def __call__(
        self,
        instructions: Sequence[str],
        words: Sequence[int],
        /,
        *,
        sampling: Sampling,
        progress: Callable[[int, int], object],
    ) -> list[str]: ...


@dataclass(frozen=True)
class WriteSettings:
    """How sentences are written: `candidates` for each word, the first of them greedy, in at most `tries` rounds."""

    level: str
    candidates: int = 4
    tries: int = 4
    temperature: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        if self.level not in TRAINABLE:
            raise InputError(f"Nobody writes for level {self.level!r}. Choose one of {', '.join(TRAINABLE)}.")
        for name, least, most in (("candidates", 1, 64), ("tries", 1, 20)):
            if not least <= getattr(self, name) <= most:
                raise InputError(f"--{name} {getattr(self, name)} is out of range: {least} to {most}.")
        if not 0 < self.temperature <= 2:
            raise InputError(f"--temperature {self.temperature:g} is out of range: above 0, at most 2.")


def write_sentences(
    ask: Ask,
    words: Sequence[str],
    settings: WriteSettings,
    *,
    known: Set[str] = frozenset(),
    done: Iterable[Row] = (),
    finished: Callable[[Row], object] = lambda row: None,
    progress: Callable[[int, int, int], object] = lambda attempt, done, total: None,
) -> list[Row]:
    """A row for each of `words`, in their order; never raises for a word.

    `known` are sentences (`check.plain`) that may not be repeated; `done` rows of an earlier run, which are taken as
    they are; `finished` is called with each further row that stands; `progress` with the round, and words of words.

    Raises ModelError only when nothing at all was written.
    """
    writing = _Writing(ask, words, settings, known)
    writing.take(done)
    writing.run(finished, progress)
    return writing.rows()


def rewrite(
    ask: Ask,
    rows: Sequence[Row],
    at: int,
    settings: WriteSettings,
    progress: Callable[[int, int, int], object] = lambda attempt, done, total: None,
    known: Set[str] = frozenset(),
) -> Row:
    """Another sentence for row `at` of a sheet. The old row where the model finds none that is as good.

    Raises InputError where that row's word cannot be asked for.
    """
    old = rows[at]
    if SKIPPED & set(old.reasons):
        raise InputError(f"{old.word[:80]!r} cannot be asked for: {old.why}.")
    writing = _Writing(ask, [row.word for row in rows], settings, known)
    writing.take(row for i, row in enumerate(rows) if i != at)
    if old.sentence is not None:
        writing.chosen.add(old.sentence)
    writing.asked = [old.word]
    writing.run(lambda row: None, progress)
    new = writing.found[key(old.word)]
    return new if new.stands or (new.used and not old.stands) else old


class _Writing:
    """A sheet while it is written."""

    def __init__(self, ask: Ask, words: Sequence[str], settings: WriteSettings, known: Set[str]) -> None:
        self.ask, self.words, self.settings, self.known = ask, words, settings, known
        self.skipped = _skipped(words)
        self.asked = [word for word, skip in zip(words, self.skipped, strict=True) if skip is None]
        self.sheet = self.asked
        self.found: dict[str, Row] = {}
        self.chosen = Chosen(len(self.asked))
        self.draw = Random(settings.seed)

    def take(self, rows: Iterable[Row]) -> None:
        wanted = set(map(key, self.asked))
        for row in rows:
            name = key(row.word)
            if row.stands and row.sentence is not None and name in wanted and name not in self.found:
                self.found[key(row.word)] = row
                self.chosen.add(row.sentence)

    def rows(self) -> list[Row]:
        return [skip or self.found[key(word)] for word, skip in zip(self.words, self.skipped, strict=True)]

    def left(self) -> list[str]:
        return [word for word in self.asked if key(word) not in self.found or not self.found[key(word)].stands]

    def run(self, finished: Callable[[Row], object], progress: Callable[[int, int, int], object]) -> None:
        for attempt in range(1, self.settings.tries + 1):
            left = self.left()
            size = max(1, AT_ONCE // self.settings.candidates) * (MAX_WORDS if attempt == 1 else 1)
            blocks = [left[at : at + size] for at in range(0, len(left), size)]
            for n, block in enumerate(blocks):
                behind = len(self.asked) - len(left) + sum(map(len, blocks[:n]))

                def moved(done: int, total: int, start: int = behind, part: int = len(block)) -> None:
                    progress(attempt, start + part * done // max(1, total), len(self.asked))  # noqa: B023

                try:
                    candidates = self.candidates(block, attempt, moved)
                except ModelError as error:
                    if not any(row.sentence for row in self.found.values()):
                        raise
                    self.give_up(str(error))
                    return
                for word in block:
                    if (row := self.choose(word, candidates[key(word)], attempt)).stands:
                        finished(row)

    def candidates(
        self, words: Sequence[str], attempt: int, moved: Callable[[int, int], object]
    ) -> dict[str, list[Row]]:
        """What the model writes for `words`: several sentences each, with what each is worth by itself."""
        copies, temperature = self.settings.candidates, self.settings.temperature
        if attempt > 1:
            copies = max(copies, min(RETRY_FACTOR * copies, RETRY_ANSWERS // len(words)))
            temperature = min(2.0, temperature + HOTTER)
        lists: list[list[str]] = []
        temperatures: list[float] = []
        for copy in range(copies):
            greedy = attempt == 1 and copy == 0
            dealt = deal(words, self.sheet, None if greedy else self.draw) if attempt == 1 else alone(words)
            lists += dealt
            temperatures += [0.0 if greedy else temperature] * len(dealt)
        sampling = Sampling(tuple(temperatures), self.draw.randrange(2**31))
        prompts = [list_prompt(some, self.settings.level) for some in lists]
        answers = self.ask(prompts, [len(some) for some in lists], sampling=sampling, progress=moved)
        found: dict[str, list[Row]] = {key(word): [] for word in words}
        for some, answer in zip(lists, answers, strict=True):
            for row in read_answer(some, answer):
                if key(row.word) in found:  # a companion's is not
                    found[key(row.word)].append(replace(row, tries=attempt))
        flat = judged([row for rows in found.values() for row in rows], self.settings.level, self.known)
        checked = iter(flat)
        return {word: [next(checked) for _ in rows] for word, rows in found.items()}

    def choose(self, word: str, candidates: Sequence[Row], attempt: int) -> Row:
        """The best of `candidates`, of those that stand if there is one; kept unless an earlier one was better."""
        rows = [row if not row.stands else self.beside(row) for row in candidates]
        if before := self.found.get(key(word)):
            rows.append(replace(before, tries=attempt))
        best = min(rows, key=self.worth)
        best = self.found[key(word)] = replace(best, word=word)
        if best.stands and best.sentence is not None:
            self.chosen.add(best.sentence)
        return best

    def beside(self, row: Row) -> Row:
        """`row` with what speaks against it in this sheet."""
        return replace(row, reasons=self.chosen.reasons(row.sentence or ""))

    def worth(self, row: Row) -> tuple[int, float]:
        """The smaller, the better: what speaks against it most, then the rank of those that stand."""
        names = list(REASONS)
        against = sum(2 ** (len(names) - names.index(reason)) for reason in row.reasons)
        rank = fit(row, self.settings.level) - FLUENCY * (row.fluency or 0.0)
        return against, rank + VARIETY * self.chosen.repetition(row.sentence or "")

    def give_up(self, said: str) -> None:
        for word in self.left():
            self.found.setdefault(key(word), Row(word, reasons=("server",), detail=said))


def read_answer(words: Sequence[str], answer: str) -> list[Row]:
    """What `answer` holds for each of the words that were asked for, not checked yet."""
    trouble = answer.problem if isinstance(answer, Reply) else ""
    rows = []
    for word, sentence in zip(words, parse_answer(answer, len(words), words).sentences, strict=True):
        if sentence is not None:
            rows.append(Row(word, sentence, fluency=_fluency(answer, sentence)))
        else:
            rows.append(Row(word, None, ("server",) if trouble else ("missing",), trouble))
    return rows


def _fluency(answer: str, sentence: str) -> float | None:
    if isinstance(answer, Reply):
        for line, likely in zip(answer.split("\n"), answer.fluency, strict=False):
            if sentence in line:
                return likely
    return None


def _skipped(words: Sequence[str]) -> list[Row | None]:
    """A row for each word that is not asked for: no word, or there before."""
    first: dict[str, int] = {}
    rows: list[Row | None] = []
    for number, word in enumerate(words, 1):
        if said := problem(word):
            rows.append(Row(word, None, ("not a word",), said))
        elif (before := first.setdefault(key(word), number)) != number:
            rows.append(Row(word, None, ("repeated",), str(before)))
        else:
            rows.append(None)
    return rows


def counted(rows: Sequence[Row]) -> Mapping[str, int]:
    """How many rows there are of each status, and how many first tries stood."""
    return {
        "words": len(rows),
        "ok": sum(row.status == "ok" for row in rows),
        "first": sum(row.status == "ok" and row.tries == 1 for row in rows),
        "flagged": sum(row.status == "flagged" for row in rows),
        "skipped": sum(bool(SKIPPED & set(row.reasons)) for row in rows),
    }
