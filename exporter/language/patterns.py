"""An entry as patterns: for each of its words the forms it may have, and what may come before it.

Only the head of a phrase inflects: the verb of "make up your mind", the last noun of "bus stop".
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from .item_forms import (
    all_forms,
    as_written,
    first_key,
    forms_of,
    is_function,
    is_noun,
    key_of,
    keys_in,
    rest_forms,
    verb_forms_of,
)
from .notation import Item, Items, Kind
from .reading import TextToken, is_adverb, parts_of, read
from .slack import Compound, Part, Pattern, Slack
from .spelling import SOLID
from .wordsets import (
    BE,
    COLLOCATING,
    DETERMINERS,
    FUNCTION,
    HAVE,
    INTRANSITIVE,
    MODALS,
    NOMINATIVE,
    PARTICLES,
    POSSESSIVES,
    PREPOSITIONS,
)

ANY_DETERMINER = DETERMINERS | {"another", "both", "all", "much", "many", "more", "several", "few", "own"}
_MEETING = frozenset(["run", "look", "get", "bump", "break", "crash", "burst"])  # nothing comes before their *into*
_MOVING = frozenset(["go", "come", "travel", "get"])
_OWNED = frozenset(["in", "on", "at", "to", "for", "from"])  # before *the*, which may be *my*
_THERE = frozenset("is are was were be been".split())  # noqa: SIM905


def patterns(items: Items, parts: tuple[str, ...]) -> tuple[Pattern, ...]:
    """The patterns of one alternative of an entry. `parts` are its parts of speech, if it says any."""
    spread = tuple(item for item in _spread(items) if item.kind is not Kind.WORD or any(keys_in(item)))
    content = [item for item in spread if item.kind is Kind.WORD]
    if len(spread) == 1 and content:
        return _single(spread[0], parts)
    if not content:
        return ()
    if _is_verbal(spread, parts):
        return _verbal(spread)
    if len(content) == len(spread) and not any(is_function(item) for item in spread):
        return _compound(spread)
    fixed = _fixed(spread)
    solid = "".join(first_key(item) for item in spread)
    hyphens = all(item.written[0].startswith("-") for item in spread[1:])
    if hyphens or (len(spread) == 2 and solid in SOLID):  # makeup for make-up
        plain = frozenset([f"{solid}s"]) if hyphens else frozenset[str]()  # lay-bys
        return (fixed, Pattern((Part(Kind.WORD, all_forms(solid) | plain, Slack.NONE),)))
    if len(spread) > 1 and set(keys_in(spread[0])) & NOMINATIVE and set(keys_in(spread[1])) & (BE | HAVE | MODALS):
        return (fixed, _fixed((spread[1], spread[0], *spread[2:]))._replace(question=True))  # Is there, Am I
    return (fixed,)


def _spread(items: Items) -> Iterator[Item]:
    """`items` with contractions and hyphens apart; one of several spellings is not split."""
    for at, item in enumerate(items):
        tokens = _read_before(items, at) if item.kind is Kind.WORD else ()
        if len(tokens) < 2 or len(item.written) > 1:
            yield item
            continue
        for token in tokens:
            joined = "-" if token.before == "-" else ""
            yield Item(Kind.WORD, (joined + token.key,), item.optional)


def _read_before(items: Items, at: int) -> tuple[TextToken, ...]:
    """The words of the item at `at`; what comes after it tells whether "driver's" has an *is*."""
    written = items[at].written[0]
    after = f" {items[at + 1].written[0]}" if "'" in written and at + 1 < len(items) else ""
    return tuple(token for token in read(written + after).tokens if token.start < len(written))


def _single(item: Item, parts: tuple[str, ...]) -> tuple[Pattern, ...]:
    written = item.written[0]
    found = forms_of(item)
    if parts:
        exact = frozenset().union(*(forms_of(item, part) for part in parts))
        found = exact if exact else found
    single = Pattern((Part(Kind.WORD, found, Slack.NONE),))
    key = key_of(written)
    if written[1:2] == "-":  # X ray
        letter, rest = Part(Kind.WORD, frozenset([key[0]]), Slack.NONE), Part(Kind.WORD, all_forms(key[1:]), Slack.NONE)
        return single, Pattern((letter, rest))
    return (single, *_apart(key)) if key.isalpha() else (single,)


@lru_cache(maxsize=200_000)
def _apart(key: str) -> tuple[Pattern, ...]:
    """`icecream` as "ice cream": only nouns of two nouns, because "maybe" is not "may be", nor is a green house one."""
    from .lexicon import lexicon

    if key in SOLID:
        return (Pattern(tuple(Part(Kind.WORD, frozenset([half]), Slack.NONE) for half in SOLID[key].split())),)
    if len(key) < 6 or parts_of(key) - {"NOUN"}:
        return ()
    zipf, found = lexicon().zipf, []
    for at in range(3, len(key) - 2):
        first, second = key[:at], key[at:]
        if zipf.get(first, 0) <= 4 or zipf.get(second, 0) <= 3.3 or {first, second} & (PARTICLES | FUNCTION):
            continue
        listed = lexicon().levels.get(first, {})
        if "ADJ" in listed and listed["ADJ"] <= listed.get("NOUN", listed["ADJ"]):
            continue
        if "NOUN" in parts_of(first) and "NOUN" in parts_of(second):
            halves = Part(Kind.WORD, frozenset([first]), Slack.NONE), Part(Kind.WORD, all_forms(second), Slack.NONE)
            found.append(Pattern(halves, compound=Compound.SPLIT))
    return tuple(found)


def _is_verbal(items: Items, parts: tuple[str, ...]) -> bool:
    first = next(item for item in items if item.kind is Kind.WORD)
    if parts:
        return "VERB" in parts
    keys = keys_in(first)
    if keys == ("quarter",) or items[0].kind is Kind.WHOSE:  # quarter to, sb's turn
        return False
    if all(key in MODALS or key in BE for key in keys):
        return True
    if not all("VERB" in parts_of(key) and not (key in PREPOSITIONS or is_adverb(key)) for key in keys):
        return False
    if items[1].written[0].startswith("-"):
        return False
    rest = items[items.index(first) + 1 :]
    if keys == ("let",) and rest and first_key(rest[0]) == "us":
        return False  # "Let's go" is not "He lets us go"
    if all(key in COLLOCATING for key in keys):
        return True
    return bool(rest) and (any(item.kind not in (Kind.WORD, Kind.GAP) for item in rest) or is_function(rest[0]))


def _verbal(items: Items) -> tuple[Pattern, ...]:
    head = next(
        at for at, item in enumerate(items) if (item.kind is Kind.WORD and not item.optional) or at + 1 == len(items)
    )
    parts: list[Part] = []
    for at, item in enumerate(items):
        if item.kind is Kind.THING or (item.kind is Kind.GAP):
            continue
        if item.kind is Kind.WORD and at > head and set(keys_in(item)) <= {"a", "an", "the"}:
            continue  # any determiner will do
        parts.append(_verbal_part(items, at, head))
    last = items[-1]
    noun = last.kind is Kind.WORD and is_noun(last)
    found = [Pattern(tuple(parts), True, noun=noun)]
    particle, rest = items[head + 1], items[head + 2 :]
    movable = particle.kind is Kind.WORD and first_key(particle) in PARTICLES and (noun or last.kind is Kind.SELF)
    if rest and movable and not any(i.kind is Kind.WORD and first_key(i) in PREPOSITIONS for i in rest):
        moved = (*items[: head + 1], *rest, particle)  # make your mind up
        found.append(Pattern(_verbal(moved)[0].parts, True))
    return tuple(found)


def _verbal_part(items: Items, at: int, head: int) -> Part:
    item, before = items[at], items[at - 1] if at else None
    if at < head:
        return Part(Kind.WORD, verb_forms_of(item), Slack.NONE, True)
    if at == head:
        return Part(Kind.WORD, verb_forms_of(item), Slack.ADVERBS if at else Slack.NONE, item.optional)
    assert before is not None
    if before.kind is Kind.WORD and before.optional and items[at - 2].kind is Kind.THING:  # help sb (to) do sth
        return Part(item.kind, rest_forms(item), Slack.PLACEHOLDER, item.optional)
    direct = at == head + 1
    determined = before.kind is Kind.WORD and set(keys_in(before)) <= {"a", "an", "the"}
    if determined:
        before, direct = items[at - 2], at == head + 2
    thing = any(some.kind is Kind.THING for some in items[at - 1 - determined : at])
    if thing:
        things = sum(some.kind is Kind.THING for some in items)
        slack = Slack.PLACEHOLDER
        if (
            item.kind in (Kind.DO, Kind.DOING, Kind.DONE)
            or "to" in item.written
            or (determined and not _is_tell(items[head]))
        ):
            slack = Slack.PERSON
        particle = item.kind is Kind.WORD and set(keys_in(item)) <= PARTICLES and things == 1 and at + 1 == len(items)
        return Part(item.kind, rest_forms(item), slack, item.optional, determined=determined, particle=particle)
    if before.kind is Kind.GAP:
        return Part(item.kind, rest_forms(item), Slack.GAP, item.optional)
    if item.kind is not Kind.WORD:
        return Part(item.kind, rest_forms(item), Slack.ADVERBS, item.optional)
    keys = set(keys_in(item))
    route = keys == {"by"} and bool(set(keys_in(items[head])) & _MOVING)
    if keys <= PARTICLES and direct and not route:
        alone = at + 1 == len(items) or items[at + 1].kind is Kind.THING
        movable = alone and not set(keys_in(items[head])) & (INTRANSITIVE | BE)
        slack = Slack.OBJECT if movable else Slack.ADVERBS if set(keys_in(items[head])) & BE else Slack.DIRECT
        return Part(Kind.WORD, as_written(item), slack, item.optional, particle=movable)
    if keys & PREPOSITIONS:
        object_first = keys == {"into"} and not set(keys_in(items[head])) & (INTRANSITIVE | _MEETING)  # talk sb into
        slack = Slack.PLACEHOLDER if object_first else Slack.ROUTE if route else Slack.TIMES
        return Part(Kind.WORD, as_written(item), slack, item.optional)
    after_preposition = before.kind is Kind.WORD and bool(set(keys_in(before)) & (PREPOSITIONS | PARTICLES))
    if (is_noun(item) or determined) and (
        determined or (direct and not set(keys_in(items[head])) & (BE | MODALS)) or before.kind is Kind.WHOSE
    ):
        idiom = direct and not determined and at + 1 < len(items) and set(keys_in(items[at + 1])) & PREPOSITIONS
        slack = Slack.BARE if idiom else Slack.NOUN
        return Part(Kind.WORD, rest_forms(item), slack, item.optional, determined=determined)
    slack = Slack.NONE if after_preposition else Slack.ADVERBS
    return Part(Kind.WORD, rest_forms(item), slack, item.optional)


def _is_tell(item: Item) -> bool:
    return "tell" in item.written


def _compound(items: Items) -> tuple[Pattern, ...]:
    """Nouns in a row, of which the last inflects; written as one word and with hyphens too."""
    parts = []
    for at, item in enumerate(items):
        last = at + 1 == len(items)
        found = as_written(item) | (forms_of(item, "NOUN") | forms_of(item, "ADJ") if last else frozenset())
        if at == 0 and found & {"man", "woman"}:
            found |= forms_of(item, "NOUN")  # women doctors
        hyphen = _needs_hyphen(items, at)
        parts.append(Part(Kind.WORD, found, Slack.NONE, item.optional, hyphen))
    apart = Pattern(tuple(parts), compound=Compound.APART)
    if any(len(item.written) > 1 for item in items):
        return (apart,)
    solid = "".join(first_key(item) for item in items)
    return (apart, Pattern((Part(Kind.WORD, all_forms(solid), Slack.NONE),)))


def _fixed(items: Items) -> Pattern:
    """Everything else: as it is written, but for a first noun ("cups of tea") and determiners and adjectives inside."""
    parts: list[Part] = []
    there = any(item.written[0].lower() == "there" for item in items[:2])
    for at, item in enumerate(items):
        before = items[at - 1] if at else None
        if item.kind in (Kind.GAP, Kind.THING):
            continue
        found, slack, after = as_written(item), Slack.NONE, items[at + 1 : at + 2]
        hyphen = _needs_hyphen(items, at)
        opened = item.written == ("the",) and before is not None and bool(set(keys_in(before)) & _OWNED)
        if opened and after and after[0].written != ("other",):
            found |= POSSESSIVES  # on your left, on my way
        if before is not None and before.kind in (Kind.GAP, Kind.THING):
            slack = Slack.GAP if before.kind is Kind.GAP else Slack.PLACEHOLDER
        elif item.kind is Kind.WORD and before is not None and not hyphen:
            last = at + 1 == len(items)
            if before.kind is Kind.WHOSE or set(keys_in(before)) & DETERMINERS:
                slack = Slack.ADVERBS  # in a really good mood
            if last and is_noun(item) and (before.kind is Kind.WHOSE or is_function(before)):
                slack, found = Slack.NOUN if _opens_noun(items) else Slack.NONE, found
        small = {"of", "in"} | (PARTICLES if len(items) == 2 else set())  # cups of tea, days off, hangers-on
        if at == 0 and after and set(keys_in(after[0])) & small and item.kind is Kind.WORD and is_noun(item):
            found |= forms_of(item, "NOUN")
        if there and at < 2 and found & _THERE:
            found |= _THERE
        if at == 1 and before is not None and before.written == ("it",):
            found |= verb_forms_of(item)  # it took
        if at == 1 and found & NOMINATIVE:
            slack = Slack.ADVERBS  # Aren't there
        parts.append(Part(item.kind, found, slack, item.optional, hyphen))
    return Pattern(tuple(parts), noun="own" in items[-1].written)  # not "on its own shelf"


def _needs_hyphen(items: Items, at: int) -> bool:
    """Whether the entry is a verb without its hyphen: "check-in" is not "check in"; "washing-up" is "washing up"."""
    particle = items[at].written[0].startswith("-") and first_key(items[at]) in PARTICLES
    return particle and len(items) == 2 and not first_key(items[0]).endswith("ing")


def _opens_noun(items: Items) -> bool:
    """Whether an adjective may come before the last noun: "in the early morning", "cup of hot tea", not "on time"."""
    before = items[-2]
    keys = set(keys_in(before)) if before.kind is Kind.WORD else POSSESSIVES
    return bool(keys & (DETERMINERS | POSSESSIVES | ({"of"} if len(items) > 2 else set())))  # of course
