"""Which part of speech a word is where it is used, for those that are several: the book and to book."""

from __future__ import annotations

from collections.abc import Iterator

from .lexicon import lemmas
from .reading import Text, is_adverb, is_participle, verb_forms
from .tagger import likely, possible
from .wordsets import BE, DETERMINERS, DO, HAVE, MODALS, PARTICLES, POSSESSIVES, PREPOSITIONS, PRONOUNS, TIMES, words

_SUBJECTS = words("i you he she it we they")
_AFTER_ARTICLE = words("NOUN ADJ NUM PRON DET")
_DEGREES = words("lot bit little least most best latter")
_BEFORE_NOUNS = words("a an the my your his its our their")
_CAUSING = words("make let help see hear watch have")
_DAYS = words("today tomorrow yesterday tonight")
_POINTING = words("this that these those her")
# Verbs that say what something is, and not how something is done: "feels hard".
_LINKING = words(
    "be feel look seem become get go stay keep taste smell sound turn grow make find remain have let hold lie stand sit"
)
_BEFORE_CLAUSES = words("since before after until till")
_UNLIKELY = 0.3  # a part of speech that is no likelier than this is denied


def is_verb(text: Text, at: int) -> bool:
    """Whether the head of a phrase at `at` can be a verb there: "his hand in the dark" has no "hand in"."""
    key = text.tokens[at].key
    if key in BE or key in HAVE or key in MODALS or "NOUN" not in possible(key):
        return True
    before = text.tokens[at - 1].key if at and not text.tokens[at].before else ""
    if is_asked(text, at):
        return True
    forms = verb_forms(key)
    if "base" in forms and (before in PREPOSITIONS - {"to"} or _is_described(text, at)):
        return False  # a lot of work out there, a quick look after lunch
    if before == "her" and at > 1 and not _CAUSING.isdisjoint(lemmas(text.tokens[at - 2].key).get("VERB", ())):
        return True  # makes her stand out
    if before in _BEFORE_NOUNS and "ing" not in forms:
        return False
    chances = likely(text, at)
    if at and chances.get("ADV", 0) > 0.5:
        return False  # walked back up the hill
    return chances.get("NOUN", 0) < 1 - _UNLIKELY


def is_compound(text: Text, first: int, last: int, verb: float) -> bool:
    """Whether the nouns of a compound are nouns in the sentence, by how likely the last is a verb at most.

    As its entry writes it, it is a verb only where no other comes before: "the bus stops", not "I like bus stops".
    """
    if (verb < 0.5 and only_verb(text, last)) or is_asked(text, last):
        return False  # my head aches; does the bus stop here?
    if likely(text, last).get("VERB", 0) > verb:
        forms = verb_forms(text.tokens[last].key)
        return verb > 0.5 and ("s" not in forms or any(_may_be_verb(text, at) for at in range(first)))
    before = text.tokens[first - 1].key if first and not text.tokens[first].before else ""
    return (
        before not in _SUBJECTS
        or likely(text, first).get("VERB", 0) < 0.9
        or "ing" in verb_forms(text.tokens[first].key)
    )


def is_asked(text: Text, at: int) -> bool:
    """Whether the word is the verb of a question with *do*, because no other word is: "What do the letters stand for?"

    The subject is before it.
    """
    if "?" not in text.sentence or "base" not in verb_forms(text.tokens[at].key):
        return False
    asks = next((here for here in range(at - 1) if text.tokens[here].key in DO), None)
    return asks is not None and not any(_may_be_verb(text, here) for here in _all_but(text, at, asks))


def _is_described(text: Text, at: int) -> bool:
    """Whether an article and adjectives are right before the word: "a quick look"."""
    here = at - 1
    while here > 0 and not text.tokens[here + 1].before and likely(text, here).get("ADJ", 0) > 0.6:
        here -= 1
    return 0 <= here < at - 1 and not text.tokens[here + 1].before and text.tokens[here].key in _BEFORE_NOUNS


def only_verb(text: Text, at: int) -> bool:
    """Whether the word must be the verb, because no other word is, and a subject comes before: "the price rose"."""
    forms = verb_forms(text.tokens[at].key) - {"ing"}
    if not at or not forms or text.tokens[at].before or "VERB" not in possible(text.tokens[at].key):
        return False
    subject = text.tokens[at - 1].key
    nouns = lemmas(subject).get("NOUN", ())
    plural = (bool(nouns) and subject not in nouns) or subject in ("people", "police")
    agrees = "past" in forms or ("base" in forms if plural else "s" in forms)
    if not agrees or likely(text, at - 1).get("NOUN", 0) < 0.5:
        return False
    return not any(_may_be_verb(text, other) and not _after_to(text, other) for other in _all_but(text, at))


def _all_but(text: Text, *places: int) -> Iterator[int]:
    return (at for at in range(len(text.tokens)) if at not in places)


def _after_to(text: Text, at: int) -> bool:
    """Whether the word is at most an infinitive, and so not the verb that a sentence needs: "drives to work"."""
    return at > 0 and text.tokens[at - 1].key == "to" and not text.tokens[at].before


def _may_be_verb(text: Text, at: int) -> bool:
    return "VERB" in possible(text.tokens[at].key) and likely(text, at).get("VERB", 0) > 0.25


def fits(parts: tuple[str, ...], text: Text, at: int) -> bool:
    """Whether the word at `at` can be one of `parts` there."""
    if not parts or "INTJ" in parts:
        return parts != ("INTJ",) or text.tokens[at].key not in DETERMINERS or _is_set_off(text, at)
    key, allowed = text.tokens[at].key, _allowed(parts, text, at)
    if not allowed:
        return False
    if allowed.isdisjoint(possible(key)):
        before = text.tokens[at - 1].key if at else ""
        # Who wrote the list knows more than the dictionary, but "produces" is not a noun, and "might" is one only in
        # "all her might".
        owned = before in DETERMINERS or before in POSSESSIVES
        return verb_forms(key) != {"s"} and (key not in MODALS or owned)
    if only_verb(text, at) or is_asked(text, at):
        return "VERB" in allowed
    if allowed == {"VERB"} and verb_forms(key) == {"base"} and _what_before(text, at) == "be":
        return False  # There is still hope.
    clause = (_may_be_verb(text, here) for here in range(at + 1, len(text.tokens)))
    if allowed == {"CONJ"} and key in _BEFORE_CLAUSES and not any(clause):
        return False  # since Monday
    if "NOUN" in parts and key == "mine" and at and likely(text, at - 1).get("NOUN", 0) > 0.5:
        return True
    pronoun = "PRON" in parts and key in PRONOUNS
    if (_AFTER_ARTICLE.isdisjoint(parts) or pronoun) and "NOUN" in possible(key) and _ends_nouns(text, at):
        return False  # "a well", "a mine"
    return sum(chance for part, chance in likely(text, at).items() if part in allowed) > _UNLIKELY


def _is_set_off(text: Text, at: int) -> bool:
    """Whether nothing that belongs to the word comes after it: "No, sir", "No thanks", not "no money"."""
    after = text.tokens[at + 1] if at + 1 < len(text.tokens) else None
    return after is None or bool(after.before) or after.key.startswith("thank")


def _ends_nouns(text: Text, at: int) -> bool:
    """Whether the word comes after an article and nothing that can be a noun or an adjective after it: "a well"."""
    if (
        not at
        or text.tokens[at].before
        or text.tokens[at - 1].key not in ("a", "an", "the")
        or text.tokens[at].key in _DEGREES
    ):
        return False
    after = text.tokens[at + 1] if at + 1 < len(text.tokens) and not text.tokens[at + 1].before else None
    return after is None or {"NOUN", "ADJ"}.isdisjoint(possible(after.key))


def _allowed(parts: tuple[str, ...], text: Text, at: int) -> set[str]:
    """`parts`, and what else the tagger may call them here: grammars differ."""
    key, allowed = text.tokens[at].key, set(parts)
    before = text.tokens[at - 1].key if at and not text.tokens[at].before else ""
    after = text.tokens[at + 1].key if at + 1 < len(text.tokens) and not text.tokens[at + 1].before else ""
    if allowed & {"DET", "PRON", "NUM"} and key not in _POINTING:  # many, one
        allowed |= {"DET", "PRON", "NUM", "ADJ"}
    if (
        "VERB" in parts and key.endswith("ing") and "VERB" in possible(key) and before not in DETERMINERS
    ):  # I like running
        allowed.add("NOUN")
    if "ADJ" in parts and key in POSSESSIVES:
        allowed.add("DET")
    if "PRON" in parts or ("ADV" in parts and key in _DAYS):  # a lot, today
        allowed.add("NOUN")
    if (
        is_participle(key) and key.endswith("ed") and ("VERB" in parts or before in BE)
    ):  # an abandoned house, is divided
        allowed |= {"VERB", "ADJ"} if {"VERB", "ADJ"} & allowed else set()
    if key not in PARTICLES and {"ADJ", "ADV"} & allowed and {"ADJ", "ADV"} <= {*possible(key)}:
        noun_next = bool(after) and likely(text, at + 1).get("NOUN", 0) > 0.5 and after not in _DAYS
        before_it = "" if noun_next else _what_before(text, at)
        if before_it == "be" and (not after or after in _DAYS):  # is late today
            allowed = allowed | {"ADV", "NOUN", "VERB"} if "ADJ" in parts else allowed - {"ADV"}
        if before_it == "verb":  # walks too fast
            allowed = allowed | {"ADJ"} if "ADV" in parts else allowed - {"ADJ"}
    if "PREP" in parts and key in PARTICLES and after in DETERMINERS | POSSESSIVES:
        allowed.add("ADV")  # "ran down the hill" is like "put down the bag"
    if "DET" in parts and key in _POINTING and after:  # that dress, which the tagger takes for a pronoun
        chances = likely(text, at + 1)
        allowed |= {"PRON"} if chances.get("NOUN", 0) + chances.get("ADJ", 0) > 0.5 else set()
    noun_follows = bool(after) and not {"NOUN", "ADJ"}.isdisjoint(possible(after))
    if before == "the" and {"DET", "NUM"} & {*parts} and not noun_follows:  # the first
        allowed.add("NOUN")
    if (
        "NOUN" in parts
        and not noun_follows
        and (before in DETERMINERS or before in POSSESSIVES or _is_described(text, at))
    ):  # the first to arrive, wait a second
        allowed |= {"ADJ", "NUM", "PRON"}
    return allowed


def _what_before(text: Text, at: int) -> str:
    """Whether the word comes after "be" or after another "verb" that says how something is done; else empty."""
    if text.tokens[0].key in BE and "?" in text.sentence:  # Are you well?
        verbs = (_may_be_verb(text, here) for here in range(1, at))
        return "" if any(verbs) else "be"
    here = at - 1
    while here > 0 and not text.tokens[here + 1].before and _is_between(text.tokens[here].key):
        here -= 1
    if here < 0 or text.tokens[here + 1].before:
        return ""
    key = text.tokens[here].key
    if key in BE:
        return "be"
    acts = likely(text, here).get("VERB", 0) > 0.7 and _LINKING.isdisjoint(lemmas(key).get("VERB", ()))
    return "verb" if acts else ""


def _is_between(key: str) -> bool:
    """Whether the word may be between a verb and what says how: "gets up late", "is ten minutes late"."""
    return is_adverb(key) or key in PARTICLES or key in TIMES or "NUM" in possible(key)
