"""What dictionaries, course books and word lists write beside a word, read into its parts.

`put sth off`, `have/has got`, `colour (BrE)`, `close 1`, `light adj.`, `(be) able to`, `as ... as`: the headword and
its alternatives as items that a matcher can look for, and what is said about it (`labels.py`).
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from .beside import thing, tidy, without_explanation, without_translation
from .brackets import MAYBE, in_brackets
from .labels import POS, Labels
from .lexicon import lexicon
from .reading import verb_forms
from .wordsets import COLLOCATING, PARTICLES, PHRASE_WORDS, PREPOSITIONS, REFLEXIVES, words


class Kind(Enum):
    """What an item of an entry is to be matched by."""

    WORD = "one of its words"
    GAP = "..."
    THING = "sb, sth"
    WHOSE = "one's, your, sb's"
    SELF = "oneself"
    DO = "do sth"
    DOING = "doing sth"
    DONE = "have sth done"


class Item(NamedTuple):
    """One word of an entry, or what is written in place of one. `written` are its alternatives."""

    kind: Kind
    written: tuple[str, ...]
    optional: bool = False


Items = tuple[Item, ...]


class Notation(NamedTuple):
    """An entry as parts. `parts` are coarse parts of speech (`lexicon.PARTS_OF_SPEECH`)."""

    alternatives: tuple[Items, ...]
    parts: tuple[str, ...]
    sense: str
    variety: str
    level: str
    gloss: str = ""  # what a bracket explains


_GROUP = re.compile(r"[(\[{<]([^()\[\]{}<>]*)[)\]}>]")
_DOTS = re.compile(r"\s*(?:\.{2,}|…|_{2,}|~+|\s[-–—]{1,2}\s|\+)+\s*")
_GAP = "…"  # how a gap is written between the steps of this reading
_FORM = re.compile(r"^(?:pl|plural|pt|pp|past)\.?:? (?=\S)")  # mouse, pl. mice
_SB_OR_STH = re.compile(
    r"\b(?:(?:s\.?b|so|somebody|someone)\.?/(?:s\.?th|something)|(?:s\.?th|something)\.?/(?:s\.?b|somebody|someone))\b\.?"
)
_OWNERS = words("one's sb's sth's somebody's someone's my your his her its our their whose")
_AFTER_ARTICLE = words("few little bit lot great while couple number good")
_ARTICLES = words("a an the der die das")
_SEQUENCES = words("yes no oh well hey hi hello sorry please ready now")
_INF, _ING = words("do inf infinitive to-inf v"), words("doing v-ing verb-ing ving -ing ing gerund")


def read_notation(text: str) -> Notation:
    """`text` as parts. Whatever cannot be read as notation is part of the headword."""
    if text.isascii() and text.isalpha():
        return Notation(((Item(Kind.WORD, (text,)),),), (), "", "", "")
    labels = Labels()
    also: list[str] = []
    bare = without_explanation(labels.lead(tidy(text)))
    glosses: list[str] = []
    bare = _GROUP.sub(lambda m: in_brackets(m, labels, also, glosses), bare).strip()
    bare = without_translation(labels.strip(bare) or tidy(text))
    bare = _DOTS.sub(f" {_GAP} ", bare.replace("+ to ", "to ")).strip()
    pieces = [piece for part in _listed(bare) for piece in _slashes(part)] + also
    items = (_items(piece) for piece in pieces)
    if not labels.parts and pieces and re.match(rf"{MAYBE}?to ", pieces[0]):
        labels.parts += _infinitive(pieces[0].split())
    alternatives = tuple(dict.fromkeys(some for some in items if some))
    return Notation(
        alternatives, tuple(dict.fromkeys(labels.parts)), labels.sense, labels.variety, labels.level, *glosses[:1]
    )


def _infinitive(tokens: list[str]) -> list[str]:
    """The part of speech that *to* says: "to run" is a verb, "to and fro" and "to school" are not."""
    key = tokens[1].lower().strip(MAYBE)
    plain = "base" in verb_forms(key) and (len(tokens) == 2 or key not in PREPOSITIONS)
    return ["VERB"] if plain else []


def headword(items: Items) -> str:
    """What a prompt asks for: the entry without notation, and the first alternative of each word."""
    found: list[str] = []
    for at, item in enumerate(items):
        after = items[at + 1] if at + 1 < len(items) else None
        if item.kind is Kind.THING and (after is None or PARTICLES.intersection(after.written)):
            continue
        if item.kind is Kind.DO and found and found[-1] == "to":
            continue
        if item.kind in (Kind.DO, Kind.DOING):
            found.append(f"{item.written[0]} something")
        else:
            found.append(item.written[0])
    return " ".join(found)


def _listed(text: str) -> list[str]:
    """Alternatives between commas and semicolons. "Yes, please" is one."""
    pieces = [_FORM.sub("", piece.strip()) for piece in re.split(r"[;,]", text) if piece.strip()]
    if not pieces:
        return []
    pieces = [piece for piece in pieces if piece.lower() not in _ARTICLES] or pieces
    single = (
        all(" " not in piece for piece in (re.sub("^to ", "", pieces[0]), *pieces[1:]))
        and pieces[0].lower() not in _SEQUENCES
    )
    return pieces if ";" in text or single else [" ".join(pieces)]


def _slashes(text: str) -> list[str]:
    """Alternatives between slashes where they are whole entries; a slash inside a phrase is left for its item."""
    if late := re.fullmatch(r"(not) (yet|any ?more|either|at all)", text):
        return [text, f"{late[1]} {_GAP} {late[2]}"]
    if "do/doing" in text:
        return [text.replace("do/doing", "do"), text.replace("do/doing", "doing")]
    text = _SB_OR_STH.sub("sb", re.sub(r" ?/ ?", "/", text))
    text = re.sub(r"\b(sth|sb)/doing (?:sth|sb)\b", r"\1", text)
    if longer := re.fullmatch(r"(.*\S )?(\w+)/(out of|next to|on to)( .+)", text):  # fall in/out of love
        return [f"{longer[1] or ''}{some}{longer[4]}" for some in (longer[2], longer[3])]
    pieces = [piece.split() for piece in text.split("/") if piece.strip()]
    if len(pieces) < 2:
        return ["/".join(" ".join(piece) for piece in pieces)] if pieces else []
    whole = [" ".join(piece) for piece in pieces]
    if all(len(piece) == 1 for piece in pieces):
        return whole
    first, last = pieces[0], pieces[-1]
    if first[0] == last[0] or first == last[-len(first) :] or last == first[-len(last) :]:
        return whole  # mobile/mobile phone
    opening, left, right = (word.lower().lstrip(MAYBE) for word in (first[0], first[-1], last[0]))
    if all(len(piece) > 1 for piece in pieces):
        small = left in PHRASE_WORDS and right in PHRASE_WORDS  # turn on/off the light
        alike = _are_alike(left, right) and not _are_alike(opening, right)  # be good/bad at
        return [text] if small or alike else whole  # put on/take off
    plain = not PHRASE_WORDS.intersection(text.lower().replace("/", " ").split())
    said = {"ADJ", "ADV"} & (_first_parts(left) | _first_parts(right))  # turn left/right
    opens = opening.endswith("ing") or ("NOUN" in _first_parts(opening) and opening not in COLLOCATING)
    named = plain and opens and not said and len(first) == 2 and len(last) == 1  # living room/lounge
    return [text, *whole] if named else [text]


def _are_alike(one: str, other: str) -> bool:
    return not _first_parts(one).isdisjoint(_first_parts(other))


def _first_parts(word: str) -> set[str]:
    """What a word is first of all: the parts of speech as which it is easiest."""
    parts = lexicon().levels.get(word, {})
    return {part for part, level in parts.items() if level[0] == min(parts.values())[0]}


def _items(text: str) -> Items:
    tokens = [token for token in (_strip(token) for token in text.split()) if token]
    if (len(tokens) > 1 and tokens[0].lower() in ("to", "the")) or (
        len(tokens) > 1 and tokens[0].lower() in ("a", "an", "a/an") and tokens[1].lower() not in _AFTER_ARTICLE
    ):
        tokens = tokens[1:]
    items: list[Item] = []
    for at, token in enumerate(tokens):
        optional = token.startswith(MAYBE)
        items.append(_item(token.lstrip(MAYBE), tokens, at)._replace(optional=optional))
    loose = (Kind.GAP, Kind.THING)
    merged = [
        item
        for at, item in enumerate(items)
        if not (item.kind in loose and at and items[at - 1].kind in _TAKES)
        and not (item.kind is Kind.GAP and items[at + 1 : at + 2] and items[at + 1].kind in (Kind.DO, Kind.DOING))
    ]
    while merged and merged[-1].kind is Kind.GAP:
        merged.pop()
    while merged and merged[0].kind in loose:
        merged.pop(0)
    return tuple(merged) if any(item.kind is Kind.WORD for item in merged) else ()


_TAKES = (Kind.GAP, Kind.DO, Kind.DOING)  # what follows belongs to it: "do sth"


def _strip(token: str) -> str:
    if re.fullmatch(rf"{MAYBE}?(?:\w\.)+\w?\.?", token):
        return token  # a.m.
    bare = re.sub(r"^[\"“”!?.,:;]+|[\"“”!?.,:;]+$", "", token)
    return "" if re.fullmatch(r"[-–—&=*]+", bare) else bare


def _item(token: str, tokens: list[str], at: int) -> Item:
    lower, last = token.lower(), at + 1 == len(tokens)
    if token == _GAP:
        return Item(Kind.GAP, ("...",))
    if len(tokens) == 1:
        return Item(Kind.WORD, _letters(token))
    if (placeholder := thing(token)) and not (at == 0 and lower == placeholder):
        return Item(Kind.THING, (placeholder,))
    if lower in _OWNERS and not last:
        return Item(Kind.WHOSE, ("somebody's",) if lower[:2] == "sb" else (token,))
    if lower in REFLEXIVES:
        return Item(Kind.SELF, (token,))
    after = "" if last else tokens[at + 1].lstrip(MAYBE)
    if lower == "done" and at and thing(tokens[at - 1]):
        return Item(Kind.DONE, (token,))
    if (
        last
        and lower == "do"
        and at > 1
        and tokens[at - 1] == "to"
        and (
            tokens[at - 2] == _GAP
            or thing(tokens[at - 2])
            or tokens[at - 2].strip(".") in POS
            or _first_parts(tokens[at - 2]) == {"VERB"}
        )
    ):
        return Item(Kind.DO, ("do",))
    if at and "/" in token and all(some.strip(".") in POS or some in _ING for some in lower.split("/")):
        return Item(Kind.THING, ("something",))
    if at and lower in _ING and (lower != "doing" or last or thing(after)):
        return Item(Kind.DOING, ("doing",))
    if at and lower in _INF and (lower != "do" or thing(after)):
        return Item(Kind.DO, ("do",))
    if (at and tokens[at - 1] == _GAP and lower.strip(".") in POS) or (at and token in ("A", "B", "X", "Y")):
        return Item(Kind.GAP, ("...",))
    written = tuple(dict.fromkeys(w for part in token.split("/") if part for w in _letters(part)))
    return Item(Kind.WORD, written or (token,))


def _letters(token: str) -> tuple[str, ...]:
    """The spellings of `colo(u)r`, and of `analys(e/z)e`; the plural of `student(s)` comes last."""
    match = re.fullmatch(r"([^()]*)\(([^()]*)\)([^()]*)", token)
    if not match:
        return (token,)
    before, inside, after = match.groups()
    if not before and not after:
        return (inside or token,)
    if "/" in inside:
        return tuple(before + some + after for some in inside.split("/"))
    spellings = (before + inside + after, before + after)
    return spellings[::-1] if inside in ("s", "es") else spellings
