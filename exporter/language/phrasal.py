"""Whether the particle of a phrasal verb is a preposition of its own: "ran into the kitchen", "came in March".

Between verb and particle there may be an object ("put the lid on the pan"), or the two are neighbours by chance. What
comes after the particle tells: a place after a verb of moving or looking, a time, a means.
"""

from __future__ import annotations

from .lexicon import lemmas
from .reading import Text, is_adverb
from .tagger import likely, possible
from .wordsets import BE, DETERMINERS, OBJECTS, PARTICLES, POSSESSIVES, TIMES, words

_LOCATIVE = words("on off up down in over through across along around round by about")
_WAYS = words(
    "road street lane path motorway highway avenue corridor track trail hill mountain slope stair staircase ladder "
    "step bridge corner aisle drive junction"
)
_PLACES = _WAYS | words(
    "hole front side "
    "room kitchen bedroom bathroom hall house home flat apartment building office school classroom shop store "
    "supermarket market church hospital station airport library museum hotel restaurant cafe bar pub garage barn tent "
    "garden yard playground park field forest wood jungle desert valley cliff cave beach sea ocean lake river water "
    "stream pond pool canal harbour harbor island town city village country square farm gate fence wall door doorway "
    "window roof floor ceiling tree tower castle prison zoo theatre theater cinema stadium gym border shore coast bank "
    "factory shed cabin tunnel bush crowd car bus train boat ship face cheek"
)
_SEEN = _PLACES | words("mirror eye face camera distance box bag oven fridge sun sky glass hole microscope telescope")
_BARE = words("school bed prison hospital church town class work home")  # places without an article
# With these particles the verbs have a meaning of their own, and with a place after them the ordinary one.
_LITERAL = {
    "into": words("run look come go"),
    "up": words("look run go come grow"),
    "down": words("look run go come"),
    "over": words("go get run look"),
    "through": words("go get look run fall come"),
    "across": words("come run get"),
    "out": words("run fall look work"),
    "off": words("go come run"),
    "by": words("come go get stand"),
    "along": words("come go get"),
}
_TURNS = words("up down into on")
# Verbs that have no object with the particle, so that a noun after it is the preposition's.
_NO_OBJECT = {
    "in": words("come go step sit stand stay move lie fall drop"),
    "on": words("come go move walk drive stay hang hold"),
}
_STATES = words("holiday foot business horseback strike purpose vacation time tv television")
_MEANS = words(
    "bus car train plane taxi cab bike bicycle boat ship tram underground metro ferry coach lorry van helicopter air "
    "sea rail phone post mail email hand mistake chance accident noon midnight then now"
)
_MONTHS = words(
    "january february march april may june july august september october november december spring summer autumn winter "
    "morning mornings afternoon afternoons evening evenings"
)
_DAYS = words(
    "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays "
    "sundays weekdays weekends"
)
_NUMBERED = words("a an several many few some half about over nearly almost")
_FIXED = words("long ever now example instance free sure good")  # after *for*
_ASKED = words("ask pay beg hope wish")
_COUNTED = words("get come wait stay stand last")


def is_preposition(text: Text, at: int) -> bool:
    """Whether the particle at `at`, to which an object has come, is a preposition: "got the box up the stairs"."""
    key, after = text.tokens[at].key, _key(text, at + 1)
    if key == "out":  # carried him out of the room, or out in the garden
        return after == "of" or (after in ("in", "on", "at") and not {*_phrase(text, at + 2)[-1:]}.isdisjoint(_PLACES))
    if key not in _LOCATIVE or not after:
        return False
    if key == "over" and after in ("here", "there"):
        return True
    if after == "to" and key in ("up", "down"):
        return not {*_phrase(text, at + 2)[-1:]}.isdisjoint(_PLACES)  # took the lift up to the roof
    timed = any(token.key in TIMES or token.key in ("longer", "more") for token in text.tokens[at + 1 : at + 4])
    if timed or after in _DAYS or is_adverb(after):
        return False
    return after in DETERMINERS or after in POSSESSIVES or after in OBJECTS or _is(text, at + 1, "NOUN", "NUM")


def is_chance(text: Text, places: list[int]) -> bool:
    """Whether verb and particle, at `places`, are neighbours by chance."""
    verb, particles = places[0], [text.tokens[at].key for at in places[1:]]
    if len(particles) != 1 and particles != ["out", "of"]:
        return False
    particle, last = particles[0], places[-1]
    lemma = lemmas(text.tokens[verb].key).get("VERB", ())
    if particles == ["out"] and _key(text, last + 1) == "of":
        if "fall" in lemma:
            return True
        last += 1
    after = [_key(text, last + 1), _key(text, last + 2)]
    literal = not _LITERAL.get(particle, frozenset()).isdisjoint(lemma)
    if literal and after[0] in ("and", "or") and after[1] in PARTICLES:
        return True  # looked up and down
    if particle == "after" and after[0] in ("i", "he", "she", "we", "they"):
        return True  # How did it look after they painted it?
    if particle == "out" and literal and after[0] in ("into", "onto", "through"):
        return True  # ran out into the garden
    if particle == "up" and after[0] == "to" and _is(text, last + 2, "NUM"):
        return True  # up to ten
    phrase = _phrase(text, last + 1)
    if not phrase:
        return False
    if text.tokens[0].key in ("which", "what") and _is(text, 1, "NOUN") and text.tokens[1].key not in TIMES:
        return True  # Which road do I take after the bridge?
    determined = phrase[0] in DETERMINERS or phrase[0] in POSSESSIVES
    if text.tokens[verb].key in BE and determined and particle in _LOCATIVE:
        return True  # The lamp is over the table.
    if _is_time(particle, lemma, phrase, determined) or (particle == "by" and phrase[-1] in _MEANS and not determined):
        return True
    if not _NO_OBJECT.get(particle, frozenset()).isdisjoint(lemma):
        return TIMES.isdisjoint(phrase) and (particle == "in" or determined or phrase[0] in _STATES)
    noun = {phrase[-1], *lemmas(phrase[-1]).get("NOUN", ())}
    if "turn" in lemma and particle in _TURNS:
        return not noun.isdisjoint(_WAYS)
    if not literal or (particle == "across" and phrase[0] in ("a", "an")) or not (determined or noun & _BARE):
        return False
    return not noun.isdisjoint(_SEEN if "look" in lemma else _PLACES)


def _is_time(particle: str, verb: tuple[str, ...], phrase: list[str], determined: bool) -> bool:
    """Whether a particle and the words after it say when, or how long."""
    number = phrase[0][0].isdigit() or "NUM" in possible(phrase[0])
    if particle == "on":
        return not _DAYS.isdisjoint(phrase) or (number and not _MONTHS.isdisjoint(phrase))
    if particle == "in":
        return not _MONTHS.isdisjoint(phrase) or (number and len(phrase[0]) == 4)
    if particle == "for":
        long = (number or phrase[0] in _NUMBERED or not determined) and phrase[-1] in TIMES
        return (long and _ASKED.isdisjoint(verb)) or phrase[0] in _FIXED
    return number and (particle == "by" or (particle in ("over", "about") and not _COUNTED.isdisjoint(verb)))


def _key(text: Text, at: int) -> str:
    """The word at `at`; empty where a mark comes before it or the sentence ends."""
    return text.tokens[at].key if at < len(text.tokens) and text.tokens[at].before in ("", "-") else ""


def _is(text: Text, at: int, *parts: str) -> bool:
    return bool(_key(text, at)) and sum(likely(text, at).get(part, 0) for part in parts) > 0.6


def _phrase(text: Text, at: int) -> list[str]:
    """The words of the noun phrase that begins at `at`, up to its noun; empty where none does."""
    found: list[str] = []
    while (key := _key(text, at)) and (
        key in DETERMINERS or key in POSSESSIVES or key == "'s" or _is(text, at, "NOUN", "ADJ", "NUM", "DET")
    ):
        if found and _is(text, at, "NUM") and _is(text, at - 1, "NOUN"):
            break  # out of town three days a week
        found.append(key)
        at += 1
    return found
