"""Whether and where a pattern of an entry is in a sentence.

Each part of a pattern is tried at each word at most once for each place of the part before it, so the time grows with
the length of both, not with the number of ways.
"""

from __future__ import annotations

from collections.abc import Callable

from .notation import Kind
from .phrasal import is_preposition
from .reading import Text, is_adverb, is_participle, parts_of, verb_forms
from .slack import Part, Pattern, Slack
from .tagger import likely
from .wordsets import (
    BE,
    COORDINATORS,
    DETERMINERS,
    DO,
    FUNCTION,
    HAVE,
    MODALS,
    NOMINATIVE,
    PARTICLES,
    POSSESSIVES,
    PREPOSITIONS,
    PRONOUNS,
    REFLEXIVES,
    SUBORDINATORS,
    TIMES,
)

_LIMITS = {
    Slack.NONE: 0,
    Slack.ADVERBS: 3,
    Slack.TIMES: 4,
    Slack.NOUN: 5,
    Slack.BARE: 3,
    Slack.DIRECT: 2,
    Slack.OBJECT: 6,
    Slack.PLACEHOLDER: 7,
    Slack.PERSON: 7,
    Slack.GAP: 12,
    Slack.ROUTE: 7,
}
_OBJECTS = frozenset("me you him her it us them this that these those one".split())  # noqa: SIM905
_CLOSED = frozenset(PREPOSITIONS | COORDINATORS | SUBORDINATORS | PRONOUNS | MODALS | BE | HAVE | DO | {"to", "not"})
_MORE = frozenset("another both all much many more most several few own other same each every".split())  # noqa: SIM905
_DEGREE = frozenset(["as", "too", "so", "such"])
_STRAIGHT = frozenset("right straight back just all not".split())  # noqa: SIM905
_AMOUNTS = frozenset("more much lot lots plenty bit couple number piece kind sort deal".split())  # noqa: SIM905
_QUANTIFIERS = frozenset("some any no much more most little enough all both great".split())  # noqa: SIM905
_NOUNS = (Slack.NOUN, Slack.BARE)
_BARS = frozenset('.;:!?()[]"')

Span = tuple[int, int]


def match(pattern: Pattern, text: Text, accepts: Callable[[list[int]], bool]) -> list[int] | None:
    """The first places that `accepts` of the words of `text` that are the pattern's, or None where it is not there."""
    first = pattern.parts[0]
    if pattern.question and "?" not in text.sentence:
        return None
    for at, token in enumerate(text.tokens):
        if not pattern.verbal and _progressive(text, at):
            continue
        if first.kind is not Kind.WORD or first.optional or token.key in first.forms or token.also in first.forms:
            places = _Search(pattern, text, at).run()
            if places is not None and accepts(places):
                return places
    return None


def _progressive(text: Text, at: int) -> bool:
    """Whether the word is what somebody is doing: "They are living rooms" has no living room."""
    if at < 2 or "ing" not in verb_forms(text.tokens[at].key):
        return False
    return text.tokens[at - 1].key in BE and text.tokens[at - 2].key in NOMINATIVE - {"it", "there"}


class _Search:
    """One try from one word on."""

    def __init__(self, pattern: Pattern, text: Text, start: int) -> None:
        self.parts, self.verbal, self.noun = pattern.parts, pattern.verbal, pattern.noun
        self.text, self.tokens, self.start = text, text.tokens, start
        self.failed: set[tuple[int, int]] = set()

    def run(self) -> list[int] | None:
        return self._from(0, self.start, [])

    def _from(self, part_at: int, at: int, places: list[int]) -> list[int] | None:
        """`places` with those of the parts from `part_at` on, which may begin at the word `at`."""
        if part_at == len(self.parts):
            return places if self._may_end(at) else None
        if (part_at, at) in self.failed:
            return None
        part = self.parts[part_at]
        found = self._search(part, part_at, at, places)
        if found is None and part.optional:
            found = self._from(part_at + 1, at, places)
        if found is None:
            self.failed.add((part_at, at))
        return found

    def _search(self, part: Part, part_at: int, at: int, places: list[int]) -> list[int] | None:
        slack = part.slack if places else Slack.NONE
        limit = _LIMITS[slack]
        inverted = part_at > 0 and len(places) == 1 and self.verbal and self._inverted(places[0], at)
        needed = slack in (Slack.PERSON, Slack.GAP) and not (slack is Slack.PERSON and self._empty(places[0]))
        needed = needed and self.tokens[at - 1].key != "enough"  # enough ... to
        subject = inverted
        for skipped in range((limit if not inverted else limit + 4) + 1):
            here = at + skipped
            if here >= len(self.tokens) or (places and self._barred(here, slack)):
                return None
            if not needed:
                end = self._end(part, here, skipped)
                if end and (skipped == 0 or not part.particle or not is_preposition(self.text, here)):
                    article = self._article(at, here) if part.determined else []
                    found = self._from(part_at + 1, end, [*places, *article, *range(here, end)])
                    if found is not None:
                        return found
            if subject and self._is_subject(here, skipped):
                continue
            subject = False
            if not self._filler(slack, here, at):
                return None
            needed = needed and slack is Slack.PERSON and not self._is_person(here)
        return None

    def _end(self, part: Part, at: int, skipped: int) -> int:
        """After which word the part ends that begins at `at`; 0 where it does not begin there."""
        token = self.tokens[at]
        if part.hyphen and not token.before.endswith("-"):
            return 0
        if part.kind is Kind.WORD:
            return at + 1 if token.key in part.forms or token.also in part.forms else 0
        if part.kind is Kind.SELF:
            return at + 1 if token.key in REFLEXIVES else 0
        if part.kind is Kind.WHOSE:
            return self._owner(at)
        forms = verb_forms(token.key)
        if part.kind is Kind.DOING:
            return at + 1 if "ing" in forms and "base" not in forms else 0
        if part.kind is Kind.DONE:
            return at + 1 if "participle" in forms else 0
        before = self.tokens[at - 1].key if at else ""
        inside = skipped and (before in DETERMINERS or before in POSSESSIVES or "ADJ" in parts_of(before))
        if part.optional and likely(self.text, at).get("VERB", 0) < 0.3:
            return 0  # had better weather
        return at + 1 if "base" in forms and not inside and token.key not in _CLOSED - BE - HAVE - DO else 0

    def _owner(self, at: int) -> int:
        """After which word "my", "the old man's" or "her parents'" ends."""
        if self.tokens[at].key in POSSESSIVES:
            return at + 1
        for here in range(at, min(at + 5, len(self.tokens))):
            token = self.tokens[here]
            if here > at and (token.before or token.key in _CLOSED):
                return 0
            after = self.tokens[here + 1] if here + 1 < len(self.tokens) else None
            if after is not None and after.key == "'s":
                return here + 2
            if after is not None and after.before == "'" and token.key.endswith("s"):
                return here + 1
        return 0

    def _barred(self, at: int, slack: Slack) -> bool:
        """Whether a mark before the word ends the phrase."""
        before = self.tokens[at].before
        if not before or before == "-":
            return False
        return bool(_BARS.intersection(before)) or (slack is not Slack.GAP and "," in before)

    def _filler(self, slack: Slack, at: int, first: int) -> bool:
        """Whether the word may be before a part with this slack."""
        token = self.tokens[at]
        key = token.key
        if slack is Slack.GAP:
            opener = self.tokens[first - 1].key
            return not (at == first and opener in _DEGREE and (key in _CLOSED or token.before)) and not (
                at == first and opener in ("both", "either", "neither") and key == "of"
            )
        if slack is Slack.DIRECT:
            return key in _STRAIGHT
        if is_adverb(key):
            return slack is not Slack.NONE and not (
                key == "not" and self.tokens[first - 1].key in DO and slack in _NOUNS
            )
        if slack in (Slack.NONE, Slack.ADVERBS):
            return False
        if slack is Slack.TIMES:
            return key in TIMES or key in DETERMINERS or key.isdigit() or key in _MORE or parts_of(key) == {"NUM"}
        if slack is Slack.ROUTE and key in ("to", "from", "into"):
            return True
        if key in DETERMINERS or key in POSSESSIVES or key in _MORE or key == "'s":
            active = at == first and key in ("a", "an") and likely(self.text, at + 1).get("ADJ", 0) > 0.5
            return slack is not Slack.BARE or key in _QUANTIFIERS or active  # took an active part in
        if at == first and "base" in verb_forms(key) and self.tokens[first - 1].key in DO and first - 1 == self.start:
            return False  # "do like shopping"
        if key in _OBJECTS:
            return slack not in _NOUNS or (at == first and slack is Slack.NOUN)
        if slack not in _NOUNS and key in REFLEXIVES:
            return True
        if key == "of" and self.tokens[at - 1].key in _AMOUNTS:
            return True
        if slack not in _NOUNS and at > first and key in ("of", "and"):
            return True
        if key in _CLOSED or key in PARTICLES:
            return False
        if self.tokens[at - 1].key == "and" and likely(self.text, at).get("VERB", 0) > 0.5:
            return False  # pick a card and stand up
        parts = parts_of(key)
        if parts == {"VERB"} and not (self.tokens[at - 1].key in DETERMINERS or self.tokens[at - 1].key in POSSESSIVES):
            return is_participle(key) and slack in _NOUNS
        return True

    def _may_end(self, at: int) -> bool:
        """A noun at the end must be the end of its nouns."""
        if not self.noun or at >= len(self.tokens):
            return True
        after = self.tokens[at]
        if after.before or after.key in TIMES or after.key in FUNCTION or is_adverb(after.key):
            return True
        return likely(self.text, at).get("NOUN", 0) < 0.8

    def _inverted(self, verb: int, at: int) -> bool:
        """Whether the subject may follow: "Have you got", "When were your parents born", "Neither have I got"."""
        key = self.tokens[verb].key
        if at != verb + 1 or not (key in BE or key in HAVE or key in DO or key in MODALS):
            return False
        return "?" in self.text.sentence or (
            at < len(self.tokens) and self.tokens[at].key in NOMINATIVE - {"it", "you"}
        )

    def _is_subject(self, at: int, skipped: int) -> bool:
        key = self.tokens[at].key
        if key in NOMINATIVE:
            return skipped == 0 or self.tokens[at - 1].key == "not"
        if skipped and self.tokens[at - 1].key in NOMINATIVE and "VERB" in parts_of(key):
            return False  # "What would it look like?"
        if skipped > 1 and likely(self.text, at).get("VERB", 0) > 0.8:
            return False  # "What would the house look like?"
        return (
            key == "not"
            or key in DETERMINERS
            or key in POSSESSIVES
            or key == "'s"
            or not (key in _CLOSED or is_adverb(key))
        )

    def _is_person(self, at: int) -> bool:
        """Whether the word is what a placeholder means and not only what may come before that."""
        key = self.tokens[at].key
        small = key in DETERMINERS or key in POSSESSIVES or key in _MORE or is_adverb(key)
        return key in _OBJECTS or not (small or parts_of(key) == {"ADJ"})

    def _article(self, first: int, noun: int) -> list[int]:
        at = range(noun - 1, first - 1, -1)
        return next(([i] for i in at if self.tokens[i].key in DETERMINERS or self.tokens[i].key in POSSESSIVES), [])

    def _empty(self, verb: int) -> bool:
        """Whether a placeholder may be left out: in the passive, or where a question asks for it."""
        before = {token.key for token in self.tokens[max(0, verb - 3) : verb]}
        return is_participle(self.tokens[verb].key) and bool(before & BE)
