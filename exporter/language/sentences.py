"""Where the sentences of a text end: one pass from left to right, by its full stops, question and exclamation marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from .wordsets import words

# A full stop after these does not end a sentence, unless the next word can only begin one ("at 9 a.m. It closes").
_ABBREVIATIONS = words("vs etc e.g i.e eg ie a.m p.m am pm approx cf al ca incl esp")
# Nor after these, which come before a name or a number, where they have a capital.
_TITLES = words(
    "Mr Mrs Ms Mx Dr Prof St Sr Jr Mt Lt Rev Hon Sgt Cpl Pvt Gen Col Capt Cmdr Adm Maj Gov Sen Rep Pres Supt Insp "
    "Fr Msgr Messrs Mme Mlle No Nos Fig Ch Vol Ave Rd Blvd Bldg Ft Pt Inc Ltd Co Corp Dept Univ Assn Bros"
)
_MONTHS = words("Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun")
_NAMES = _TITLES | _MONTHS
_NUMBERED = words("no nos fig figs ch vol pt p pp")  # before a number only
_LAST = words("Inc Ltd Co Corp Jr Sr Ave Rd St Blvd Bros")  # after a name, and so perhaps at an end
# What begins a sentence after "p.m." or "the U.S.": no name and no noun of a time goes on like this.
_OPENERS = words(
    "I He She It We They You The A An This That These Those There Here What When Where Who Why How Which Is Are Was "
    "Were Do Does Did Can Could Will Would Should Have Has My Your His Her Its Our Their But And So Then If After "
    "Before Please Let Yes No Not Now Because Although However Everyone Everybody Nobody Some Many Most All Every "
    "Each One Two"
)
_SAYS = words(
    "said says asked asks shouted shouts cried cries answered answers replied replies thought thinks whispered "
    "called added told tells wrote yelled screamed laughed explained exclaimed repeated"
)
_INSIDE = re.compile(r"[.!?…][^\w\s]{0,4}(?:\s|[A-Z])")  # an end that something follows
_MARK = re.compile(r"[.!?…]+")
_CLOSERS, _OPENINGS = "\"'”’)]»", "\"'“‘([«"
_BETWEEN = re.compile(r"\s*(?:[-–—=/|•]\s+)?")  # It rains. - Yağmur yağıyor.
_BEFORE = re.compile(r"[\w.'’-]{1,40}$")


def count_sentences(text: str) -> int:
    """How many sentences `text` holds; 1 for text without an end mark."""
    return 1 + sum(1 for _ in _ends(text))


def split_sentences(text: str) -> list[str]:
    """The sentences of `text` in order, without outer spaces; none where there is only space."""
    starts = [0, *_ends(text), len(text)]
    pieces = (text[a:b].strip() for a, b in pairwise(starts))
    return [piece for piece in pieces if piece]


def _ends(text: str) -> Iterator[int]:
    """Where a sentence ends and another follows: the place after its marks and closing quotes."""
    if not _INSIDE.search(text):
        return
    start = 0
    for match in _MARK.finditer(text):
        end = match.end()
        while end < len(text) and text[end] in _CLOSERS and not _reopens(text, end):
            end += 1
        between = _BETWEEN.match(text, end)
        after = between.end() if between else end
        if after < len(text) and _is_end(text, start, match, end, after):
            start = end
            yield end


def _reopens(text: str, at: int) -> bool:
    """Whether the quotation mark at `at` opens a quotation: 'He left. "Wait" ...' has a space before it."""
    return text[at] in "\"'" and at > 0 and text[at - 1].isspace()


def _is_end(text: str, start: int, match: re.Match[str], end: int, after: int) -> bool:
    marks, quoted, spaced = match[0], end > match.end(), after > end
    opening = after
    while opening < len(text) and text[opening] in _OPENINGS:
        opening += 1
    first = text[opening : opening + 1]
    word = re.match(r"[^\W_]+(?:['’][^\W_]+)?", text[opening : opening + 40])
    following = word[0] if word else ""
    found = _BEFORE.search(text, max(start, match.start() - 40), match.start())
    before = found[0].lstrip(".'") if found else ""
    if not spaced:
        return not quoted and "…" not in marks and _glued(before, marks, text[end:])
    if not (first.isupper() or first.isdigit()):
        return False
    if quoted and text[end - 1] in "\"'”’»":
        return opening > after or not _goes_on(text, following, opening, marks)
    if (len(marks) > 1 and set(marks) <= {".", "…"}) or marks == "…":
        return False  # a pause
    return marks != "." or not _abbreviates(text, start, before, match.start(), following, first)


def _glued(before: str, marks: str, rest: str) -> bool:
    """Whether a sentence ends without a space: "home.She", not "Mr.Brown" or "Node.js"."""
    if not re.match(r"[A-Z][a-z’']+(?!\w*\.[a-z])|[AI] ", rest) or not before[-1:].islower() or len(marks) > 1:
        return False
    return marks != "." or not (
        before in _NAMES or before.lower() in _ABBREVIATIONS or re.search(r"\.\w{1,3}$", before)
    )


def _goes_on(text: str, following: str, at: int, marks: str) -> bool:
    """Whether a sentence goes on after speech: '"Stop!" Tom shouted.' A full stop inside ends it."""
    if marks == "." or following in _OPENERS - {"I"}:
        return False
    return bool(_SAYS.intersection(re.findall(r"[a-z]+", text[at : at + 60].split(".")[0])))


def _abbreviates(text: str, start: int, before: str, at: int, following: str, first: str) -> bool:
    """Whether the full stop after `before` is one of an abbreviation, an initial or a number."""
    begins = following in _OPENERS
    if before.isdigit() and not text[start : at - len(before)].strip(" \t\"'([-•*#"):
        return True  # 1. My mother is happy.
    if len(before) == 1 and before.isalpha() and before != "I":
        return not (begins and len(text[start:at].split()) > 1)  # J. K. Brown, but "Plan A. We go."
    if before.lower() in _ABBREVIATIONS or re.fullmatch(r"(?:\w\.)+\w", before):
        return not begins
    if before.lower() in _NUMBERED:
        return first.isdigit()
    if before in _LAST or before in _MONTHS:
        return not begins
    return before in _NAMES
