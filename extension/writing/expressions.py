"""Expressions in which a word does not have its own meaning: who wants to see *course* does not want "of course"."""

from __future__ import annotations

from ...exporter.language.entry import Entry

# The words that do not have it are marked.
_EXPRESSIONS = (
    "*above *all, after *all, all *right, and *so on, at *all, at *first, at *last, at *least, by *heart, by the "
    "*way, couch *potato, each *other, *fall in love, *fast food, first of *all, *french fries, get *rid of, *good "
    "afternoon, *good evening, *good morning, *good night, had *better, *happy birthday, *high heels, *high school, "
    "*hot *dog, how *come, ice *cream, in *fact, in *order to, *living room, look *forward to, make *sure, *make up "
    "one's mind, *merry christmas, *more or *less, never *mind, *new year, *new york, no *wonder, of *course, *once "
    "upon a *time, out of *date, *post office, right *away, *right now, *safe and *sound, *sick and *tired, so *far, "
    "*soap opera, take *part, take *place, too *bad, united *states, up to *date, would *rather"
)
_BY_WORD: dict[str, list[str]] = {}
for _expression in _EXPRESSIONS.split(", "):
    for _word in _expression.split():
        if _word.startswith("*"):
            _BY_WORD.setdefault(_word[1:], []).append(_expression.replace("*", ""))


def only_inside(entry: Entry, sentence: str) -> bool:
    """Whether the word of `entry` is in `sentence` only as a part of such an expression."""
    spans = set(entry.spans(sentence)) if entry.headword.lower() in _BY_WORD else set()
    for expression in _BY_WORD.get(entry.headword.lower(), ()) if spans else ():
        spans.difference_update(Entry.parse(expression).spans(sentence))
        if not spans:
            return True
    return False
