"""What must be right with every sentence, whoever wrote it: `export`, `write` and a user's own bank check it alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ..common.errors import Problem
from ..language.entry import Entry
from ..language.lexicon import look_up
from ..language.sentences import count_sentences
from .markup import markup_in

BREAK = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f\x80-\x84\x86-\x9f]")
MAX_SENTENCE = 1000  # characters
# A sentence with one of them is English, and nearly every English sentence has one: the others are looked up.
_COMMONEST = re.compile(r"\b(?:the|is|are|and|to|you|she|they|my|your|this|that|have|with)\b", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+")
_BRACKET = re.compile(r"(?<!\s)\s?[(\[]([^()\[\]]+)[)\]] ?")
_BESIDE = re.compile(r" (?:[-–—=/|•]+>?|[→⇒]) ")


def _break(sentence: str, entry: Entry) -> Problem | None:
    return Problem("line break in the sentence") if BREAK.search(sentence) else None


def _control(sentence: str, entry: Entry) -> Problem | None:
    control = CONTROL.search(sentence)
    return control_problem(control[0]) if control else None


def _long(sentence: str, entry: Entry) -> Problem | None:
    if len(sentence) <= MAX_SENTENCE:
        return None
    return Problem(
        "the sentence has {n} characters, and at most {most} are taken",
        {"n": f"{len(sentence):,}", "most": f"{MAX_SENTENCE:,}"},
    )


def _only_the_word(sentence: str, entry: Entry) -> Problem | None:
    bare = sentence[-1:] not in ".!?…\"'" and sentence.casefold() in (entry.text.casefold(), entry.headword.casefold())
    return Problem("the sentence is only the word") if bare else None


def _markup(sentence: str, entry: Entry) -> Problem | None:
    markup = markup_in(sentence)
    return Problem("markup in the sentence: {markup}", {"markup": markup[:40]}) if markup else None


def _several(sentence: str, entry: Entry) -> Problem | None:
    n = count_sentences(sentence)
    return Problem("{n} sentences instead of one", {"n": n}) if n > 1 else None


def _encoding(sentence: str, entry: Entry) -> Problem | None:
    broken = re.search("â€|\ufffd", sentence)
    return Problem("letters that were saved in a wrong encoding: {text}", {"text": broken[0]}) if broken else None


def _foreign(sentence: str, entry: Entry) -> Problem | None:
    return Problem("not English: hardly any of its words are known") if _is_foreign(sentence, 2) else None


def _is_foreign(text: str, least: int) -> bool:
    """Whether `text` has at least `least` words that are not names, and hardly any of them is known."""
    if _COMMONEST.search(text):
        return False
    first, *others = _LETTERS.findall(text) or ("",)
    words = [first, *(word for word in others if word.islower())]  # the others may be names
    known = sum(look_up(word.lower()).known for word in words)
    return len(words) >= least and known * 2 < len(words)


def without_translation(sentence: str) -> str:
    """`sentence` without its translation in brackets, or on one side of a dash, an arrow or a slash."""

    def cut(match: re.Match[str]) -> str:
        return " " if _is_foreign(match[1], 1 if "(" in match[0] and match[1][:1].islower() else 2) else match[0]

    text = _BRACKET.sub(cut, sentence) if "(" in sentence or "[" in sentence else sentence
    pieces = _BESIDE.split(text)
    if len(pieces) > 1:
        english = [piece for piece in pieces if not _is_foreign(piece, 2)]
        if len(english) == 1 and len(english[0].split()) > 1:
            text = english[0]
    return re.sub(r"(?<!\s)\s+([.!?])$", r"\1", text.strip()) if text != sentence else sentence


def _unused(sentence: str, entry: Entry) -> Problem | None:
    if entry.uses(sentence):
        return None
    if entry.parts and Entry.parse(entry.headword).uses(sentence):
        return Problem("the sentence does not use the word as {part}", {"part": "/".join(entry.parts).lower()})
    return Problem("the word does not occur in the sentence")


# By name, in the order in which they are made. Each says what is wrong with a sentence for an entry.
SENTENCE_CHECKS: Mapping[str, Callable[[str, Entry], Problem | None]] = {
    "break": _break,
    "control": _control,
    "encoding": _encoding,
    "long": _long,
    "only the word": _only_the_word,
    "markup": _markup,
    "several": _several,
    "foreign": _foreign,
    "unused": _unused,
}


def check_sentence(sentence: str, entry: Entry) -> Problem | None:
    """What is wrong with `sentence` as one for `entry`; None when nothing is."""
    return next((problem for fails in SENTENCE_CHECKS.values() if (problem := fails(sentence, entry))), None)


def control_problem(character: str) -> Problem:
    return Problem("a control character: {character}", {"character": f"U+{ord(character):04X}"})
