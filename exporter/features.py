"""What a sentence is like, as numbers: its words' levels and frequencies, its length, its clauses and verb forms.

No parser: the verb forms come from the dictionary's inflections and the words around them.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from .annotate import Token
from .lexicon import RAREST

_BE = frozenset("be am is are was were been being 'm 're".split())  # noqa: SIM905
_HAVE = frozenset("have has had 've having".split())  # noqa: SIM905
_MODALS = frozenset("can could may might must shall should will would 'll 'd ca wo sha cannot ought".split())  # noqa: SIM905
_SUBORDINATORS = frozenset(
    "although because before after if once since so that though unless until when whenever whereas wherever whether "  # noqa: SIM905
    "while as than".split()
)
_RELATIVE = frozenset("which who whom whose where that what how why".split())  # noqa: SIM905
_COORDINATORS = frozenset("and or but nor yet".split())  # noqa: SIM905
_PREPOSITIONS = frozenset(
    "of in to for with on at by from into through about between against during without under around among within "  # noqa: SIM905
    "along across behind toward towards upon beyond via per despite throughout".split()
)
_FUNCTION = frozenset(
    "the a an this that these those i you he she it we they me him her us them my your his its our their mine yours "  # noqa: SIM905
    "not n't no yes and or but so if of in to for with on at by from as there here 's all some any each every do does "
    "did than then too very also".split()
).union(_BE, _HAVE, _MODALS, _RELATIVE, _SUBORDINATORS, _PREPOSITIONS, _COORDINATORS)
_DO = frozenset(("do", "does", "did"))
_SUBJECTS = frozenset("i you he she it we they who which".split())  # noqa: SIM905
_OBJECTS = frozenset("me him us them itself himself herself themselves".split())  # noqa: SIM905
_PERSONAL = frozenset("i you we me us my your our mine yours".split())  # noqa: SIM905
_THIRD = frozenset("he she they him her them his their it its".split())  # noqa: SIM905
_DETERMINERS = frozenset("the a an this that these those my your his her its our their some any no every each".split())  # noqa: SIM905
_NOMINAL = re.compile(r"(?:tion|sion|ment|ness|ity|ance|ence|ism|ship|hood|ure|cy)s?$")
_LATINATE = re.compile(r"(?:ous|ive|al|ic|able|ible|ary|ory|ate|ify|ize|ise|ated|ized|ical|ially)$")
_VOWELS = re.compile(r"[aeiouy]+")


class Structure(NamedTuple):
    """Counts behind the grammar features, which the explanation shows as well."""

    clauses: int
    tenses: tuple[str, ...]
    finite: int
    past: int
    perfect: int
    passive: int
    progressive: int
    modal: int
    infinitive: int
    ing: int
    participle: int
    first_verb: int


def structure(words: list[Token]) -> Structure:
    """Clauses and verb forms of a sentence, by its words in order."""
    count = dict.fromkeys(
        ("finite", "past", "perfect", "passive", "progressive", "modal", "to", "ing", "participle"), 0
    )
    seen: set[str] = set()
    first_verb, helper, since, before = -1, "", 9, None  # the last auxiliary, how many words ago; the last word
    for at, token in enumerate(words):
        after = words[at + 1].lower if at + 1 < len(words) else ""
        since += 1
        found, helps = _verb(token, before, after, helper if since <= 3 else "")
        for what in found:
            if what in count:
                count[what] += 1
            if what in _TENSES:
                seen.add(what)
        if helps:
            helper, since = helps, 0
        elif "finite" in found or "to" in found:
            helper = ""
        if first_verb < 0 and ("finite" in found or "modal" in found):
            first_verb = at
        before = token
    return Structure(
        max(1, count["finite"]), tuple(sorted(seen, key=_TENSES.index)), count["finite"], count["past"], count["perfect"],
        count["passive"], count["progressive"], count["modal"], count["to"], count["ing"], count["participle"],
        first_verb if first_verb >= 0 else len(words),
    )  # fmt: skip


def _verb(token: Token, before: Token | None, after: str, helper: str) -> tuple[tuple[str, ...], str]:
    """What `token` is as a verb, and the auxiliary it is. `helper` is the auxiliary up to three words before."""
    lower, word = token.lower, token.word
    if word is None or token.kind != "word":
        return (), ""
    last = before.lower if before is not None else ""
    if lower in _MODALS:
        return ("modal", "finite"), "modal"
    if lower in _HAVE:
        bare = helper in ("modal", "do") or last == "to" or lower == "having"
        return () if bare else ("finite", "past") if lower == "had" else ("finite", "present"), "have"
    if lower in _BE:
        return _be(lower, helper), "be"
    if lower in _DO:
        return ("finite", "past") if lower == "did" else ("finite", "present") if helper == "" else (), "do"
    if word.verb == "ing":
        return ("ing", "progressive") if helper == "be" and last not in _PREPOSITIONS else ("ing",), ""
    if word.verb == "past":
        if helper in ("have", "be"):
            return ("perfect",) if helper == "have" else ("passive",), ""
        inside = last in _DETERMINERS or last in _PREPOSITIONS
        return ("participle",) if inside else ("finite", "past"), ""
    if word.verb not in ("base", "s") or lower in _FUNCTION:
        return (), ""
    if last == "to":
        return ("to",), ""
    if helper in ("modal", "do"):
        return (), helper  # "can swim and run"
    if last in _SUBJECTS or (not word.noun and word.rank < 6 and last not in _DETERMINERS):
        return ("finite", "present"), ""
    between = before is not None and before.word is not None and before.word.noun and last not in _FUNCTION
    return ("finite", "present") if between and (after in _DETERMINERS or after in _OBJECTS) else (), ""


def _be(lower: str, helper: str) -> tuple[str, ...]:
    if helper == "have":
        return ("perfect",)
    if lower in ("was", "were"):
        return ("finite", "past")
    return () if lower in ("be", "been", "being") else ("finite", "present")


_TENSES = ("present", "past", "perfect", "progressive", "passive", "modal")

NAMES = (
    "log_words", "words", "characters", "letters", "syllables", "long7", "long10", "long7_share", "longest",
    "rank_mean", "rank_max", "rank_second", "rank_top3", "content_rank",
    "from_a2", "from_b1", "from_b2", "from_c1", "from_c2",
    "a2_share", "b1_share", "b2_share", "c1_share", "c2_share",
    "zipf_mean", "zipf_min", "zipf_second", "zipf_low3", "zipf_low5", "rare5", "rare45", "rare4", "rare35", "rare3",
    "rarity", "names", "names_share", "name_runs", "numbers", "estimates", "unknown",
    "commas", "colons", "brackets", "quotes", "subordinators", "relatives", "coordinators", "prepositions",
    "preposition_share", "of", "finite", "past", "perfect", "passive", "progressive", "modal", "infinitive", "ing",
    "participle", "first_verb", "nominal", "latinate", "suffix_share", "personal", "third", "determiner_share",
    "question", "function_share", "content", "log_content", "stretch", "repeated",
    "past_perfect", "conditional",
)  # fmt: skip


def features(tokens: list[Token]) -> list[float]:
    """The numbers named in NAMES. `tokens` holds at least one word."""
    words = [t for t in tokens if t.word is not None]
    n = len(words)
    plain = [t for t in words if t.kind == "word"]
    content = [t for t in plain if t.lower not in _FUNCTION]
    m, c = max(1, len(plain)), max(1, len(content))
    lengths = [len(t.lower) for t in plain] or [0]
    ranks = sorted((t.word.rank for t in plain if t.word), reverse=True) + [1, 1, 1]
    content_ranks = [t.word.rank for t in content if t.word]
    zipfs = sorted(t.word.zipf for t in content if t.word)
    low = (zipfs + [5.5] * 5)[:5]
    at_least = [sum(r >= level for r in ranks) for level in range(2, 7)]
    rare = [sum(z < cut for z in zipfs) for cut in (5.0, 4.5, 4.0, 3.5, 3.0)]
    names = sum(t.kind == "name" for t in words)
    runs = sum(a.kind == "name" and b.kind != "name" for a, b in zip(words, [*words[1:], words[0]], strict=True))
    marks = [t.text for t in tokens if t.word is None]
    lowers = [t.lower for t in words]
    nominal = sum(len(t.lower) > 5 and _NOMINAL.search(t.lower) is not None for t in content)
    latinate = sum(len(t.lower) > 5 and _LATINATE.search(t.lower) is not None for t in content)
    prepositions = sum(w in _PREPOSITIONS for w in lowers)
    shape = structure(words)
    stretch = longest = 0
    for token in tokens:
        stretch = 0 if token.word is None else stretch + 1
        longest = max(longest, stretch)
    return [
        math.log(n), n, sum(len(w) for w in lowers), sum(lengths) / m,
        sum(max(1, len(_VOWELS.findall(t.lower))) for t in plain) / m,
        sum(x >= 7 for x in lengths), sum(x >= 10 for x in lengths), sum(x >= 7 for x in lengths) / m, max(lengths),
        sum(ranks[: len(plain)]) / m, ranks[0], ranks[1], sum(ranks[:3]) / 3, sum(content_ranks) / c,
        *at_least, *(x / m for x in at_least),
        sum(zipfs) / c if zipfs else 5.5, low[0], low[1], sum(low[:3]) / 3, sum(low) / 5, *rare,
        sum(max(0.0, 5.0 - z) for z in zipfs),
        names, names / n, runs, sum(t.kind == "number" for t in words),
        sum(t.word.source == "estimate" for t in plain if t.word), sum(t.word.zipf <= RAREST for t in plain if t.word),
        marks.count(","), sum(marks.count(x) for x in ":;-"), marks.count("("), marks.count('"'),
        sum(w in _SUBORDINATORS for w in lowers), sum(w in _RELATIVE for w in lowers),
        sum(w in _COORDINATORS for w in lowers), prepositions, prepositions / n, lowers.count("of"),
        shape.finite, shape.past, shape.perfect, shape.passive, shape.progressive, shape.modal, shape.infinitive,
        shape.ing, shape.participle, shape.first_verb,
        nominal, latinate, (nominal + latinate) / c,
        sum(w in _PERSONAL for w in lowers), sum(w in _THIRD for w in lowers), sum(w in _DETERMINERS for w in lowers) / n,
        float("?" in marks), (len(plain) - len(content)) / m, len(content), math.log1p(len(content)), longest,
        n - len(set(lowers)),
        shape.perfect if "had" in lowers else 0, shape.modal if "if" in lowers or "unless" in lowers else 0,
    ]  # fmt: skip
