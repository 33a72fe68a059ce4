"""Markup of decks, web pages and notes in a cell: taken off where its meaning is clear, found where it is not."""

from __future__ import annotations

import html
import re

from ..language.entry import Entry
from ..language.lexicon import look_up

# One of these is in every cell with markup; looking for them is all that a clean cell costs.
_SUSPECT = re.compile(r"[<>&{}\[\]*_`\\#|~=$^]|''|://|www\.|^\s*(?:\(?\d+[.)]|\(?[a-h]\)|[AB]:|[-•‣▪◦·–—]\s)")
# Tags that separate words; the others are inside a sentence, and even inside a word.
_APART = "blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre section table td th tr ul"
_INSIDE = (
    r"a abbr audio b big center cite code details em figure font i img input ins kbd label mark q rb rp rt ruby samp "
    r"small source span strong sub summary sup tbody tfoot thead tt u var video wbr \w+:\w+"
)
# What is crossed out is not part of a sentence. Each stops at the next of its kind, so that looking stays linear where
# none is closed.
_GONE = re.compile(
    r"<(rt|rp|style|script|audio|video|s|del|strike)\b[^<>]*>[^<]*(?:<(?!/?\1\b)[^<]*)*</\1\s*>|<!--(?:(?!<!--).)*?-->",
    re.IGNORECASE | re.DOTALL,
)
_BETWEEN = re.compile(rf"</?(?:{_APART.replace(' ', '|')})\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(rf"</?(?:{_INSIDE.replace(' ', '|')})\b[^<>]*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});|&nbsp")
_CLOZE = re.compile(r"\{\{c\d+::((?:(?!\{\{|\}\}).)*?)(?:::(?:(?!\{\{|\}\}).)*)?\}\}", re.DOTALL)
_SOUND = re.compile(r"\[sound:[^\]]*\]|\[anki:[^\]]*\]", re.IGNORECASE)
_LATEX = re.compile(r"\\(?:text(?:bf|it|tt|sc|sl|sf|rm)?|emph|underline|mathbf|mathrm)\{([^{}]*)\}")
_FORMULA = re.compile(r"\$([^\W\d_]{2,}(?: [^\W\d_]+)*)\$")  # $cat$; what else is between two is one indeed
_BBCODE = re.compile(r"\[/?(?:b|i|u|color|size|font|url|quote|center|p|\*)(?:=[^\]]*)?\]", re.IGNORECASE)
_CLOSED = re.compile(r"\[/[^\[\]]*\]")  # of other codes: [latex]x[/latex]
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_WIKI_LINK = re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")
_READING = re.compile(r"(?<=\w)\[(?![A-Za-z])[^\[\]]*\]")  # kind[カインド]
_ENDING = re.compile(r"(?<![^\W\d_])([A-Za-z]+)\[([a-z]+)\](?!\w)")  # walk[ed]
_AROUND_WORD = re.compile(r"\[([^\W\d_][\w '’-]*)\]|\{([^\W\d_][\w '’-]*)\}")
_EMPHASIS = (
    re.compile(r"(\*{1,3})(?=[^\s*])([^*]*?[^\s*])\1"),
    re.compile(r"(?<!\w)(_{1,3})(?=[^\s_])([^_]*?[^\s_])\1(?!\w)"),
    re.compile(r"(==|\^\^)(?=[^\s=])(.*?\S)\1"),
    re.compile(r"(`{1,3})([^`]+)\1"),
    re.compile(r"('{2,5})(?=[^\s'])([^']*(?:'[^']+)*)\1"),
)
_QUOTED = re.compile(r"\"([^\"]+)\"|'([^']+)'")
_STRUCK = re.compile(r"~~(?=\S)[^~]*~~\s?")
_LEAD = re.compile(r"^\s*(?:#{1,6}\s+|>\s+|[*•‣▪◦·–—-]\s+|(?:\(?\d{1,3}[.)]|\(?[a-h]\)|[AB]:)\s+(?=\W?[A-Z]))")
# What is left when all of that is gone, and no sentence has. "<3", "5 > 3", "R&B" and "#1" are not markup.
_LEFT = re.compile(
    r"\[[^\]]*\]?|\]|[{}|\\`^]+|</?[A-Za-z][^<>]*>|\*\S*|(?<!\w)#+(?!\d)|_{1,2}\w|_{3,}|\$\$|\$[^\s\d]\S*\$|==|~~|"
    r"(?:https?://|www\.)\S+"
)


def without_markup(text: str, entry: Entry | None = None) -> str:
    """`text` without tags, entities, cloze marks, sounds and emphasis; what they marked is kept.

    Brackets around words that are those of `entry` mark them ("She [walked] home."); others are left to be found.
    """
    if not _SUSPECT.search(text):
        return text
    text = _FORMULA.sub(r"\1", _LATEX.sub(r"\1", without_tags(text)))
    if "[" in text or "{" in text:
        for pattern in (_BBCODE, _LINK, _WIKI_LINK):
            text = pattern.sub(lambda match: match[1] if match.re.groups else "", text)
        if not _CLOSED.search(text):
            text = _without_brackets(_ENDING.sub(_whole_word, _READING.sub("", text)), entry)
    return _LEAD.sub("", _without_emphasis(text))


def word_without_markup(text: str) -> str:
    """The same for a word: its brackets, signs and numbers may be notation."""
    if quoted := _QUOTED.fullmatch(text.strip()):
        text = quoted[1] or quoted[2]
    return _without_emphasis(without_tags(text)) if _SUSPECT.search(text) else text


def without_tags(text: str) -> str:
    """`text` without tags, entities, cloze marks and sounds."""
    for _ in range(2):  # "&amp;nbsp;" needs two
        if "&" in text:
            text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    if "<" in text:
        text = _GONE.sub("", text)
        text = _TAG.sub("", _BETWEEN.sub(" ", text))
    while (cleaned := _CLOZE.sub(r"\1", text)) != text:  # one cloze may be inside another
        text = cleaned
    return _SOUND.sub("", text)


def _whole_word(match: re.Match[str]) -> str:
    word = match[1] + match[2]
    return word if look_up(word.lower()).known else match[0]


def _without_brackets(text: str, entry: Entry | None) -> str:
    plain = _AROUND_WORD.sub(lambda match: match[1] or match[2], text)
    if plain == text or entry is None:
        return text
    used = {word for start, end in entry.spans(plain) for word in plain[start:end].lower().split()}
    marked = " ".join(one or other for one, other in _AROUND_WORD.findall(text)).lower().split()
    return plain if used.issuperset(marked) else text


def _without_emphasis(text: str) -> str:
    for pattern in _EMPHASIS:
        text = pattern.sub(r"\2", text)
    return _STRUCK.sub("", text)


def markup_in(text: str) -> str:
    """The first piece of markup in `text`, which is then not a plain sentence; empty where there is none."""
    match = _LEFT.search(text) if _SUSPECT.search(text) else None
    return match[0] if match else ""
