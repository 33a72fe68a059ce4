"""An entry of a word list: what it asks for, and whether and where a sentence uses it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

from .capitals import cased, is_conditional, same_word
from .item_forms import (
    all_forms,
    contested,
    implied_parts,
    is_easiest,
    is_sure,
    key_of,
    keys_in,
    listed_forms,
    means_itself,
    own_parts,
)
from .labels import role
from .lexicon import lemmas
from .matching import match
from .notation import Item, Items, Kind, headword, read_notation
from .patterns import patterns
from .phrasal import is_chance
from .reading import Text, read
from .slack import Pattern
from .spelling import spellings
from .surroundings import Check, checks, has_object, verb_place
from .tagger import likely
from .usage import fits, is_compound, is_verb, only_verb
from .wordsets import FUNCTION, INTRANSITIVE, PARTICLES, PREPOSITIONS, words

_PLAIN, _WHOLE = re.compile(r"[a-z]+"), re.compile(r"\b[a-z]+\b")
_SIMPLE = re.compile(r"[A-Za-z0-9 .,:;!?\"()]*")  # of which the letters are all there is to know


# Lists have pieces of contractions as words of their own. With the word of each in a sentence that was read.
_CLITICS = {"'m": "am", "'re": "are", "'s": "is", "'ve": "have", "'ll": "will", "n't": "not"}


# Glosses that say that a word names something: kind (type), bat (animal).
_CLASSES = words("type sort person animal bird fish insect fruit plant vegetable object tool vehicle building")


@dataclass(frozen=True)
class Entry:
    """A word or phrase as dictionaries, course books and lists write it. Make one with `Entry.parse`.

    `text` is the user's own, to be given back; `headword` is what a prompt asks for. `parts` are coarse parts of speech
    (`lexicon.PARTS_OF_SPEECH`), none where nothing is said; `sense`, `variety` ("BrE", "AmE") and `level` are empty
    where nothing is said, and so are `role` (of a word of grammar: "modal", "article") and `gloss`, what a bracket
    explains. `alternatives` are the words and placeholders that a sentence has to have, one of them.
    """

    text: str
    headword: str
    parts: tuple[str, ...] = ()
    sense: str = ""
    variety: str = ""
    level: str = ""
    alternatives: tuple[Items, ...] = ()
    role: str = ""
    gloss: str = ""

    @classmethod
    def parse(cls, text: str, part: str = "") -> Entry:
        """The entry that `text` is. `part` is what a column of the table says about its part of speech."""
        return _parse(text, part)

    def uses(self, sentence: str) -> bool:
        """Whether `sentence` uses the entry."""
        if self._plain is not None:
            hits = self._plain.intersection(_WHOLE.findall(sentence))
            if any(is_sure(self.headword, form) for form in hits):
                return True
            simple = len(self._patterns) == 1 and _SIMPLE.fullmatch(sentence)
            if simple and self._plain.isdisjoint(_PLAIN.findall(sentence.lower())):
                return False
        return self._places(read(sentence)) is not None

    def spans(self, sentence: str) -> tuple[tuple[int, int], ...]:
        """Where the words of the entry are in `sentence`, as character offsets; empty where it does not use it.

        Every place of a single word; the first one of a phrase.
        """
        text = read(sentence)
        places = self._places(text)
        return tuple((text.tokens[at].start, text.tokens[at].end) for at in places or ())

    def same_as(self, other: Entry) -> bool:
        """Whether both ask for the same word or phrase, however it is spelt: colour and color, T-shirt and t shirt."""
        if self.parts and other.parts and set(self.parts).isdisjoint(other.parts):
            return False
        return not self._spelled.isdisjoint(other._spelled)

    @cached_property
    def _spelled(self) -> frozenset[str]:
        """Each alternative in one of its spellings; where there is no function word, as one word."""
        found = set()
        for items in self.alternatives:
            keys = [key_of(item.written[0]) if item.kind is Kind.WORD else item.kind.value for item in items]
            capital = "".join(item.written[0][:1] for item in items if cased(key_of(item.written[0])))
            apart = "" if FUNCTION.isdisjoint(keys) else " "
            found.add(capital + apart.join(min([key, *spellings(key)]) for key in keys))
        return frozenset(found)

    @cached_property
    def keys(self) -> frozenset[str]:
        """Every sentence that uses the entry has one of these among its `keys_of`."""
        if self.headword in _CLITICS:
            return frozenset({_CLITICS[self.headword]})
        return frozenset().union(*(_rarest(pattern) for pattern, _ in self._patterns))

    @cached_property
    def _patterns(self) -> tuple[tuple[Pattern, Items], ...]:
        return tuple((pattern, items) for items in self.alternatives for pattern in patterns(items, self.parts))

    @cached_property
    def _plain(self) -> frozenset[str] | None:
        """The forms of the only word, where nothing but these has to be looked at in most sentences."""
        if self.parts or self.gloss or len(self.alternatives) != 1 or len(self.alternatives[0]) != 1:
            return None
        (item,) = self.alternatives[0]
        if len(item.written) != 1 or not _PLAIN.fullmatch(item.written[0]) or len(item.written[0]) < 3:
            return None
        forms = self._patterns[0][0].parts[0].forms
        return None if any(cased(form) or form in FUNCTION or is_conditional(form) for form in forms) else forms

    def _places(self, text: Text) -> list[int] | None:
        if self.headword in _CLITICS:  # only as it is written here: "I'm" for 'm, not "I am"
            key = _CLITICS[self.headword]
            return [at for at, t in enumerate(text.tokens) if t.key == key and {*"'’"} & {*text.surface(at)}] or None
        for pattern, items in self._patterns:
            needed = self._checks[items]
            if len(pattern.parts) == 1 and sum(item.kind is Kind.WORD for item in items) == 1:
                forms, written = pattern.parts[0].forms, items[0].written[0]
                places = [
                    at
                    for at, token in enumerate(text.tokens)
                    if (token.key in forms or token.also in forms)
                    and same_word(written, text, at)
                    and fits(self.parts or implied_parts(written, token.key), text, at)
                    and self._is_own(written, text, at)
                    and all(check(text, at, at) for check in needed)
                ] or _hyphenated(forms, text)
                if places:
                    return places
                continue
            phrasal = pattern.verbal and _is_phrasal(items)
            accepts = partial(_accepts, text, needed, phrasal, pattern.compound.value)
            places = match(pattern, text, accepts)
            if places:
                return places
        return None

    @cached_property
    def _checks(self) -> dict[Items, tuple[Check, ...]]:
        return {items: checks(items, self.parts, self.role, self.gloss) for items in self.alternatives}

    @cached_property
    def _listed(self) -> frozenset[str]:
        return listed_forms(self.headword, self.gloss) if self.gloss and " " not in self.headword else frozenset()

    def _is_own(self, written: str, text: Text, at: int) -> bool:
        """Whether a form that another verb has too is this verb's at `at`: "lay" of *lie* or of *lay*."""
        key = text.tokens[at].key
        if self._listed:
            if key not in self._listed:
                return False
        elif key == key_of(written) and not (self.parts or self.gloss or means_itself(key)):
            return True  # who lists "found" may mean the past
        form = contested(written, key)
        if not form or "VERB" not in (self.parts or ("VERB",)):
            return True
        if likely(text, at).get("VERB", 0) < 0.5 and not only_verb(text, at):
            return True
        if place := verb_place(text, at):
            return place == form
        others = {lemma in INTRANSITIVE for lemma in lemmas(key)["VERB"]}
        if len(others) == 2:  # lie and lay, fall and fell
            return has_object(text, at) != (key_of(written) in INTRANSITIVE)
        return is_easiest(written, key)


def keys_of(sentence: str) -> frozenset[str]:
    """The words by which an index of sentences finds `sentence` for an entry's `keys`."""
    text = read(sentence)
    found = [token.key for token in text.tokens] + [token.also for token in text.tokens if token.also]
    return frozenset(found + [joined for _, joined in _joined(text)])


def _joined(text: Text) -> Iterator[tuple[list[int], str]]:
    """The words with hyphens, as one: "cooperate" for co-operate."""
    if "-" not in text.sentence:
        return
    for at, token in enumerate(text.tokens):
        run, key = [at], token.key
        while run[-1] + 1 < len(text.tokens) and text.tokens[run[-1] + 1].before == "-":
            run.append(run[-1] + 1)
            key += text.tokens[run[-1]].key
            yield list(run), key


def _hyphenated(forms: frozenset[str], text: Text) -> list[int]:
    return next((run for run, key in _joined(text) if key in forms), [])


def _accepts(text: Text, needed: tuple[Check, ...], phrasal: bool, verb: float, places: list[int]) -> bool:
    """Whether the words at `places` and around them are as they must be; the last is a verb by `verb` at most."""
    first, last = places[0], places[-1]
    if verb < 1 and not is_compound(text, first, last, verb):
        return False
    verbal = not phrasal or (is_verb(text, first) and not is_chance(text, places))
    return verbal and all(check(text, first, last) for check in needed)


def _is_phrasal(items: Items) -> bool:
    """Whether all but the head are particles and prepositions: "hand in", "work on sth"."""
    small = PARTICLES | PREPOSITIONS | {"after"}
    rest = [item for item in items[1:] if item.kind is not Kind.THING]
    return bool(rest) and all(item.kind is Kind.WORD and small.issuperset(keys_in(item)) for item in rest)


def _rarest(pattern: Pattern) -> frozenset[str]:
    """The forms of one part that every use has: of a word that says much, if there is one."""
    needed = [part.forms for part in pattern.parts if part.kind is Kind.WORD and not part.optional]
    return min(needed, key=lambda forms: (bool(forms & (FUNCTION | PARTICLES)), len(forms)), default=frozenset())


def _without_spellings(alternatives: tuple[Items, ...]) -> Iterator[Items]:
    """`alternatives` without other spellings of the first, its forms: tyre (AmE tire) is not the verb *tire*."""
    first = alternatives[0]
    known = all_forms(first[0].written[0]) if len(first) == 1 and first[0].kind is Kind.WORD else frozenset[str]()
    for items in alternatives:
        if items is first or not (len(items) == 1 and key_of(items[0].written[0]) in known):
            yield items


@lru_cache(maxsize=200_000)
def _parse(text: str, part: str) -> Entry:
    notation = read_notation(text)
    parts = (read_notation(f"x ({part})").parts if part else ()) or notation.parts
    written = {item.written[0].lower() for items in notation.alternatives for item in items}
    if written & {"a.m.", "p.m.", "pm"}:  # then am is not a form of be
        hour = (Item(Kind.WORD, ("a.m.",)),)
        kept = (hour if items[0].written[0].lower() == "am" else items for items in notation.alternatives)
        notation = notation._replace(alternatives=tuple(dict.fromkeys(kept)))
    if len(notation.alternatives) > 1:
        notation = notation._replace(alternatives=tuple(_without_spellings(notation.alternatives)))
    head = headword(notation.alternatives[0]) if notation.alternatives else text.strip()
    if re.fullmatch(r"\d+(?:st|nd|rd|th)", notation.gloss) and not parts:
        parts = ("ADJ", "ADV", "DET")  # second (2nd)
    if notation.gloss and not parts and " " not in head and not listed_forms(head, notation.gloss):
        parts = ("NOUN",) if notation.gloss in _CLASSES else own_parts(head)  # left (opposite of right), no *leave*
    said = (
        f"{text.partition(head)[2]} {text.partition(head)[0]} {part}"
        if head and (parts or "infinitive" in f"{text} {part}")
        else ""
    )
    return Entry(
        text,
        head,
        parts,
        notation.sense,
        notation.variety,
        notation.level,
        notation.alternatives,
        role(said, parts),
        notation.gloss,
    )
