"""What has to be before and after the words of an entry, so that they are what the entry means.

The auxiliary *have* has a participle after it, "be going to" a verb, and the existential *there* no place before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .item_forms import key_of
from .lexicon import lemmas
from .notation import Items, Kind
from .reading import Text, is_adverb, verb_forms
from .tagger import likely, possible
from .wordsets import BE, DETERMINERS, DO, HAVE, MODALS, NOMINATIVE, OBJECTS, POSSESSIVES, PREPOSITIONS, TIMES, words

Check = Callable[[Text, int, int], bool]  # of the first and the last word of the entry in a sentence

_UNIT = re.compile(r"=?\s*\d+(?!\d*(?:st|nd|rd|th)\b).*|.*°.*|.*\bunit\b.*")
_AMOUNTS = words("half per many few several hundred thousand million dozen")
_LONG = words("long high tall wide deep away thick apart of")
_PLACES = words("over out up down in back from right near around")
_SINGULAR = words("he she it")
_LISTED = words("a an some any no many much more lots plenty several few nothing something one")
_THERE = words("is are was were 's")
# After these expressions, what makes their last word part of another one: "as well as", "at all the parties".
_GOES_ON = {
    "as well": words("as"),
    "so far": words("away from that as out behind below above north south east west"),
    "at all": DETERMINERS | POSSESSIVES | words("of times levels hours ages costs"),
    "after all": DETERMINERS | POSSESSIVES | words("of"),
    "first of all": DETERMINERS | POSSESSIVES,
    "have got": words("to"),
    "had got": words("to"),
    "look something up": words("at"),
}
# Last words of adverbials that may say something of a noun instead: "at first sight" has no *at first*.
_OF_NOUNS = words("first last good general short full common public private")
# What is before these expressions where they are two: "what kind of course", "I never mind waiting".
_NOT_AFTER = {"of course": words("kind sort type"), "never mind": NOMINATIVE}


def checks(items: Items, parts: tuple[str, ...], role: str, gloss: str) -> tuple[Check, ...]:
    """What has to hold of the words around an entry: one of its alternatives, and what is said beside it."""
    written = tuple(item.written[0].lower() for item in items if item.kind is not Kind.DO)
    if len(items) == 1:
        key = key_of(items[0].written[0])
        if key == "to" and (role == "infinitive" or parts == ("PREP",)):
            return (
                _after_to if role == "infinitive" else lambda text, first, last: not _verb_follows(text, last, 0.75),
            )
        if role in _AFTER:
            after = _AFTER[role]
            return (lambda text, first, last: after(text, last),)
        if key in ("storey", "metre"):  # no other story and meter
            return (lambda text, first, last: text.tokens[first].key.startswith(key) or measured(text, first),)
        return (lambda text, first, last: measured(text, first),) if _UNIT.fullmatch(gloss) and key not in TIMES else ()
    if items[-1].kind in (Kind.THING, Kind.DOING):
        return ()
    if more := _GOES_ON.get(" ".join(written)) or _GOES_ON.get(" ".join(written[-2:])):
        return (lambda text, first, last: _next(text, last) not in more,)
    if before := _NOT_AFTER.get(" ".join(written)):
        return (lambda text, first, last: first == 0 or text.tokens[first - 1].key not in before,)
    if len(items) == 2 and written[0] in PREPOSITIONS and written[1] in _OF_NOUNS:
        return (_of_no_noun,)
    said = items[-1].kind is Kind.DO and not items[-1].optional  # then the verb is one of the words of the entry
    if written == ("used", "to") and "ADJ" not in parts:
        return (lambda text, first, last: (said or _verb_follows(text, last)) and not _after_be(text, first),)
    if written[-2:] in (("going", "to"), ("had", "better")) and not said:
        return (lambda text, first, last: text.tokens[last].key != written[-1] or _verb_follows(text, last),)
    if written[0] == "there" and not _THERE.isdisjoint(items[1].written):
        return (_existential,)
    if written == ("by", "the", "way"):  # not "struck by the way he played"
        return (lambda text, first, last: first < 2 or _next(text, last) not in NOMINATIVE,)
    if written == ("take", "place"):
        return (lambda text, first, last: last == first + 1 or is_adverb(text.tokens[last - 1].key),)
    if parts == ("ADJ",):  # second-hand, but not "the second hand on my watch"
        return (_before_noun,)
    if written[0] in ("quarter", "half") and written[-1] in ("to", "past"):
        return (lambda text, first, last: not _next(text, last) or "NUM" in possible(_next(text, last)),)
    if written == ("so", "...", "that"):
        return (lambda text, first, last: "," not in text.tokens[first].before,)  # I'm tired, so let's leave that
    if written == ("between", "...", "and"):
        return (lambda text, first, last: "," not in text.tokens[last].before,)
    return (_coordinated,) if written == ("both", "...", "and") else ()


def _next(text: Text, at: int) -> str:
    """The word after that at `at`; empty where a mark or the end comes first."""
    after = text.tokens[at + 1] if at + 1 < len(text.tokens) else None
    return after.key if after and after.before in ("", "-") else ""


def _of_no_noun(text: Text, first: int, last: int) -> bool:
    """Whether no noun that is the subject of no verb comes next: "for good", "At first people laughed"."""
    if not (after := _next(text, last)) or is_adverb(after) or likely(text, last + 1).get("NOUN", 0) < 0.6:
        return True
    verb = _next(text, last + 1)
    return bool(verb) and verb != "'s" and likely(text, last + 2).get("VERB", 0) > 0.5


def _before_noun(text: Text, first: int, last: int) -> bool:
    """Whether a noun follows where an article is before the words."""
    before = text.tokens[first - 1].key if first and not text.tokens[first].before else ""
    follows = bool(_next(text, last)) and not {"NOUN", "ADJ"}.isdisjoint(possible(_next(text, last)))
    return follows or (before not in DETERMINERS and before not in POSSESSIVES)


def _following(text: Text, at: int) -> int | None:
    """The place of the word after that at `at`, adverbs left out; None where a mark or the end comes first."""
    at += 1
    while at < len(text.tokens) and text.tokens[at].before in ("", "-"):
        if not is_adverb(text.tokens[at].key):
            return at
        at += 1
    return None


def _after_to(text: Text, first: int, last: int) -> bool:
    return _verb_follows(text, last)


def _no_infinitive(text: Text, first: int, last: int) -> bool:
    return not _verb_follows(text, last, 0.75)


def _verb_follows(text: Text, last: int, least: float = 0.25) -> bool:
    """Whether the base form of a verb comes next, or nothing ("I used to.")."""
    at = _following(text, last)
    if at is None:
        return True
    if text.tokens[at].key in NOMINATIVE:  # Had you better go?
        return _verb_follows(text, at, least)
    return "base" in verb_forms(text.tokens[at].key) and likely(text, at).get("VERB", 0) > least


def _helps(*forms: str) -> Callable[[Text, int], bool]:
    """That a verb in one of `forms` comes after the subject of a question or at once, or nothing in a short answer."""

    def check(text: Text, at: int) -> bool:
        after = _following(text, at)
        if after is None:
            before = text.tokens[at - 1].key if at else ""
            return before in NOMINATIVE or (text.tokens[at].key in MODALS and before not in DETERMINERS)
        question = "?" in text.sentence or text.tokens[after].key in NOMINATIVE
        for here in range(after, min(after + 5, len(text.tokens))):
            token = text.tokens[here]
            if here > after and token.before not in ("", "-"):
                return text.tokens[here - 1].key in NOMINATIVE  # doesn't he?
            if not verb_forms(token.key).isdisjoint(forms) and likely(text, here).get("VERB", 1) > 0.3:
                return True
            if not (question or is_adverb(token.key)):
                return False
        return question and text.tokens[-1].key in NOMINATIVE

    return check


def _noun_follows(text: Text, at: int) -> bool:
    after = text.tokens[at + 1] if at + 1 < len(text.tokens) else None
    letter = text.surface(at) == "A" and at > 0 and not text.tokens[at].before  # She got an A
    if after is None or letter or set(after.before) & set(".,;:!?"):
        return False
    return not (after.key in PREPOSITIONS or after.key in BE or after.key in HAVE or after.key in MODALS)


def _auxiliary(text: Text, at: int) -> bool:
    key = text.tokens[at].key
    if key in DO:
        return _helps("base")(text, at)
    if key in HAVE:
        return _helps("participle")(text, at)
    return _helps("participle", "ing")(text, at) if key in BE else _helps("base")(text, at)


_AFTER = {"auxiliary": _auxiliary, "modal": _helps("base"), "article": _noun_follows}


def _after_be(text: Text, first: int) -> bool:
    """Whether the words are what something is or gets: "is used to cut bread"."""
    at = first - 1
    while at >= 0 and is_adverb(text.tokens[at].key):
        at -= 1
    before = text.tokens[at].key if at >= 0 else ""
    return before in BE or before in words("get gets got getting become became")


def _existential(text: Text, first: int, last: int) -> bool:
    """Whether *there* is not a place: not "over there is", nor "the girl there is nice"."""
    there = next(at for at in range(first, last + 1) if text.tokens[at].key == "there")
    if there > first or there == 0 or text.tokens[there].before:
        return True
    before, after = text.tokens[there - 1].key, _following(text, last)
    if before in _PLACES:
        return False
    if likely(text, there - 1).get("NOUN", 0) < 0.5 or after is None:
        return True
    return text.tokens[after].key in _LISTED or "NUM" in possible(text.tokens[after].key)


def _coordinated(text: Text, first: int, last: int) -> bool:
    """Whether what comes after *both* and after *and* is of one kind: not "both boys ran and I laughed"."""
    one, other = first + 1, _following(text, last)
    if other is None or one >= last or "," in text.tokens[last].before:
        return False
    subjects = text.tokens[one].key in NOMINATIVE, text.tokens[other].key in NOMINATIVE
    verbs = [likely(text, at).get("VERB", 0) > 0.5 for at in (one, other)]
    if not subjects[0] and subjects[1]:
        return False
    return verbs[0] or not verbs[1] or "past" not in verb_forms(text.tokens[other].key)


def measured(text: Text, at: int) -> bool:
    """Whether the word is counted as a unit is: "six foot", "about a foot long"."""
    before = text.tokens[at - 1].key if at else ""
    if before in ("a", "an", "one"):
        return before == "one" or (at + 1 < len(text.tokens) and text.tokens[at + 1].key in _LONG)
    return before[:1].isdigit() or before in _AMOUNTS or "NUM" in possible(before) or before in ("square", "cubic")


def has_object(text: Text, at: int) -> bool:
    """Whether a noun or pronoun that is not a time comes right after the verb at `at`."""
    after = text.tokens[at + 1] if at + 1 < len(text.tokens) else None
    if after is None or after.before or any(token.key in TIMES for token in text.tokens[at + 1 : at + 3]):
        return False
    determined = after.key in DETERMINERS or after.key in POSSESSIVES or after.key in OBJECTS
    return determined or sum(likely(text, at + 1).get(part, 0) for part in ("NOUN", "NUM", "PRON")) > 0.5


def verb_place(text: Text, at: int) -> str:
    """ "base" or "past" where a verb at `at` can only be that form, empty where it may be either."""
    here = at - 1
    while here >= 0 and is_adverb(text.tokens[here].key) and not text.tokens[here + 1].before:
        here -= 1
    before = text.tokens[here].key if here >= 0 and not text.tokens[here + 1].before else ""
    after = text.tokens[at + 1].key if at + 1 < len(text.tokens) else ""
    if before in ("", "please"):
        return "base" if after in DETERMINERS | POSSESSIVES | OBJECTS else ""
    if before in MODALS or before in DO or before == "to":
        return "base"
    if before in HAVE or before in BE:
        return "past"
    asked = {token.key for token in text.tokens[max(0, here - 3) : here]} & (MODALS | DO)
    if asked:
        return "base" if before in NOMINATIVE or "?" in text.sentence else ""
    if before in NOMINATIVE:
        return "past" if before in _SINGULAR else ""
    noun = before in lemmas(before).get("NOUN", ()) and likely(text, here).get("NOUN", 0) > 0.8
    return "past" if noun else ""
