"""The verb forms of a sentence, counted without a parser.

The verb forms come from the dictionary's inflections and the words around them: "was written" is a passive because
"written" is a participle of *write* and a form of *be* comes up to three words before it. A guess, and quick.
"""

from __future__ import annotations

from typing import NamedTuple

from .annotate import Token
from .wordsets import BE, DETERMINERS, DO, FUNCTION, HAVE, MODALS, OBJECTS, PREPOSITIONS, SUBJECTS


class Structure(NamedTuple):
    """Counts for the features. Rough guesses: what a sentence is said to have is the matter of `grammar`."""

    finite: int
    past: int
    perfect: int
    passive: int
    progressive: int
    modal: int
    infinitive: int
    ing: int
    participle: int
    first_verb: int


def structure(words: list[Token]) -> Structure:
    """The verb forms of a sentence, by its words in order."""
    count = dict.fromkeys(
        ("finite", "past", "perfect", "passive", "progressive", "modal", "to", "ing", "participle"), 0
    )
    first_verb, helper, since = -1, "", 9  # the last auxiliary, and how many words ago
    before: Token | None = None
    for at, token in enumerate(words):
        after = words[at + 1].lower if at + 1 < len(words) else ""
        since += 1
        kinds, helps = _verb(token, before, after, helper if since <= 3 else "")
        for what in kinds:
            if what in count:
                count[what] += 1
        if helps:
            helper, since = helps, 0
        elif "finite" in kinds or "to" in kinds:
            helper = ""
        if first_verb < 0 and ("finite" in kinds or "modal" in kinds):
            first_verb = at
        before = token
    return Structure(
        finite=count["finite"],
        past=count["past"],
        perfect=count["perfect"],
        passive=count["passive"],
        progressive=count["progressive"],
        modal=count["modal"],
        infinitive=count["to"],
        ing=count["ing"],
        participle=count["participle"],
        first_verb=first_verb if first_verb >= 0 else len(words),
    )


def _verb(token: Token, before: Token | None, after: str, helper: str) -> tuple[tuple[str, ...], str]:
    """What `token` is as a verb, and the auxiliary it is. `helper` is the auxiliary up to three words before."""
    lower, word = token.lower, token.word
    if word is None or token.kind != "word":
        return (), ""
    last = before.lower if before is not None else ""
    if lower in MODALS:
        return ("modal", "finite"), "modal"
    if lower in HAVE:
        bare = helper in ("modal", "do") or last == "to" or lower == "having"
        return () if bare else ("finite", "past") if lower == "had" else ("finite", "present"), "have"
    if lower in BE:
        return _be(lower, helper), "be"
    if lower in DO:
        return ("finite", "past") if lower == "did" else ("finite", "present") if helper == "" else (), "do"
    if word.verb == "ing":
        return ("ing", "progressive") if helper == "be" and last not in PREPOSITIONS else ("ing",), ""
    if word.verb == "past":
        if helper in ("have", "be"):
            return ("perfect",) if helper == "have" else ("passive",), ""
        inside = last in DETERMINERS or last in PREPOSITIONS
        return ("participle",) if inside else ("finite", "past"), ""
    if word.verb not in ("base", "s") or lower in FUNCTION:
        return (), ""
    if last == "to":
        return ("to",), ""
    if helper in ("modal", "do"):
        return (), helper  # "can swim and run"
    if last in SUBJECTS or (not word.noun and word.level_number < 6 and last not in DETERMINERS):
        return ("finite", "present"), ""
    between = before is not None and before.word is not None and before.word.noun and last not in FUNCTION
    return ("finite", "present") if between and (after in DETERMINERS or after in OBJECTS) else (), ""


def _be(lower: str, helper: str) -> tuple[str, ...]:
    if helper == "have":
        return ("perfect",)
    if lower in ("was", "were"):
        return ("finite", "past")
    return () if lower in ("be", "been", "being") else ("finite", "present")
