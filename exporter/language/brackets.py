"""What the brackets of an entry say: a label, another name, letters or words that may be left out, an explanation."""

from __future__ import annotations

import re

from .beside import thing
from .forms import forms
from .labels import Labels
from .wordsets import PARTICLES, PHRASE_WORDS, PREPOSITIONS

MAYBE = "\x01"  # before a word that may be left out, between the steps of this reading


def in_brackets(match: re.Match[str], labels: Labels, also: list[str], glosses: list[str]) -> str:
    """What a bracket leaves in the entry: nothing, words that may be left out, or letters that may."""
    inside = match[1].strip()
    around = match.string[: match.start()][-1:], match.string[match.end() :][:1]
    if _is_short(inside, match.string[: match.start()]):
        also.append(inside)  # the United Kingdom (UK), TV (television)
        return " "
    if not around[1].isalpha() and inside != "s" and labels.take_all(inside, bracket=True):
        return " "
    if (around[0].isalpha() or around[1].isalpha()) and re.fullmatch(r"[\w/]+", inside):
        return match[0]  # colo(u)r, student(s)
    before = match.string[max(match.start() - 40, 0) : match.start()].split()[-1:]
    if before and (others := re.split(r"[\s/,]+", inside.lower())) != before and forms(before[0]).issuperset(others):
        return " "  # be (am/is/are)
    if inside.lower() == "to" and not around[0]:
        return "to "
    if inside.isalpha() and before and before[0][0].isdigit():  # 1st (first)
        also.append(inside)
        return " "
    if said := re.fullmatch(
        r"(?:=(?!\s*\d)|or\b|also\b|(?:especially |esp\. )?(?:US|UK|BrE|AmE|(?:Br|Am) ?Eng):?\s)\s*(.+)", inside
    ):
        also.append(said[1])
    elif re.fullmatch(r"[A-Z]{2,5}", inside) or (
        before and inside not in PHRASE_WORDS and re.fullmatch(rf"{re.escape(before[0][0])}[^\Waeiouy]{{1,2}}", inside)
    ):
        also.append(inside)  # television (TV), kilometre (km)
    elif inside and not inside.strip("."):
        return " sth "  # the same (...) as
    elif not match.start() and match.string[match.end() :].strip() in PREPOSITIONS:
        return f" {inside} "  # (a lot) of
    elif all(word.strip(".") in PHRASE_WORDS or thing(word) for word in re.split(r"[\s/]+", inside)):
        return "".join(f" {MAYBE}{word}" for word in inside.split()) + " "
    elif before and match.string[match.end() :].strip().split(" ")[0] in PARTICLES | PREPOSITIONS:
        return " sth "  # spend (money) on
    elif match.start():
        glosses.append(inside)
    return " "


def _is_short(inside: str, before: str) -> bool:
    """Whether one of the two is made of the first letters, or of letters, of the other."""
    initials = "".join(word[0] for word in before.split() if word[0].isupper())
    if len(inside) > 1 and inside == initials:
        return True
    head = before.strip()
    letters = ".*".join(head.lower()) if 1 < len(head) < 6 and head.isalpha() and head.isupper() else ""
    return bool(letters) and inside.islower() and re.match(letters, inside) is not None
