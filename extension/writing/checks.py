"""The checks on a written sentence: one list, in which everything about a check is said once.

To add a check, add it to CHECKS. Its place there is its severity, its reason is shown in the command, in the tab and in
every output format. Level, length and words are judged by `language.profile`, the use of a word by
`language.entry`; no model is asked.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field

from ...exporter.language.annotate import Token, annotate
from ...exporter.language.entry import Entry
from ...exporter.language.levels import LEVELS
from ...exporter.language.lexicon import lexicon
from ...exporter.language.profile import Profile
from ...exporter.language.wordsets import FUNCTION
from ...exporter.pairs.sentence import SENTENCE_CHECKS
from ...exporter.records.prompt import CLOSING, OPENING
from .accepted import Accepted, plain
from .expressions import only_inside
from .topics import unsuitable

MIN_WORDS = 3
_PROMPT = re.compile(rf"\d\. [A-Z]|{OPENING}|{CLOSING}")
_END = re.compile(r"[.!?…][\"'”’)]*$")
_BEFORE_NOUNS = frozenset(["DET", "ADJ", "PREP"])
_SHORT_VERBS = frozenset(["'s", "'m", "'re", "'ll", "'d", "'ve", "let"])
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass(frozen=True)
class Candidate:
    """A sentence that the model wrote for `word` at the level `target`, as the checks see it.

    `pos` is the part of speech that the list asks for; `classroom` says that topics count. `profile` is the judge's;
    `known` are the sentences of the training data, as `accepted.plain` makes them.
    """

    sentence: str
    word: str
    target: str
    profile: Profile
    known: Set[str] = field(default=frozenset())
    pos: str = ""
    classroom: bool = True

    @property
    def entry(self) -> Entry:
        return Entry.parse(self.word, self.pos)

    @property
    def levels_above(self) -> int:
        """How many levels the sentence lies above the target; negative below it."""
        return LEVELS.index(self.profile.level) - LEVELS.index(self.target) if self.profile.level else 0


@dataclass(frozen=True)
class Check:
    """Something that may be wrong with a row. `name` is in JSON files, `reason` tells people.

    `reason` is an English template and the key of its translations; `{detail}` in it is the row's own detail.
    `fails` looks at a sentence by itself, `repeats` at a sentence beside those that are accepted. A check without
    either is made where the row is made. `skips`: the model is not asked at all.
    """

    name: str
    reason: str
    fails: Callable[[Candidate], object] | None = None
    repeats: Callable[[str, Accepted], object] | None = None
    skips: bool = False


def _as_of_pairs(*names: str) -> Callable[[Candidate], object]:
    """The checks of these `names`, which the pairs of a table have to pass too."""
    return lambda c: any(SENTENCE_CHECKS[name](c.sentence, c.entry) for name in names)


def _markup(candidate: Candidate) -> object:
    of_pairs = _as_of_pairs("break", "control", "encoding", "markup")
    return _PROMPT.search(candidate.sentence) or of_pairs(candidate)


def _fragment(candidate: Candidate) -> object:
    sentence = candidate.sentence
    if _as_of_pairs("only the word")(candidate):
        return True
    first = next((c for c in sentence if c.isalnum()), "")
    begins = first.isupper() or first.isdigit()
    return len(_WORD.findall(sentence)) < MIN_WORDS or not _END.search(sentence) or not begins


def _no_verb(candidate: Candidate) -> bool:
    """Whether no word of a statement can be a finite verb. "Happy birthday!" needs none."""
    if not candidate.sentence.rstrip("\"'").endswith("."):
        return False
    tokens = annotate(candidate.sentence)
    return not any(_may_be_verb(token, before) for before, token in zip([None, *tokens], tokens, strict=False))


def _may_be_verb(token: Token, before: Token | None) -> bool:
    """Whether it may be a finite verb. What can be a noun is none after an article, an adjective or a preposition."""
    if token.lower in _SHORT_VERBS:
        return True
    if token.word is None or token.word.verb not in ("base", "s", "past"):
        return False
    parts = lexicon().levels.get(before.lower, {}) if before else {}
    return not (token.word.noun and token.word.verb != "past" and _BEFORE_NOUNS & {*parts})


def _twice(candidate: Candidate) -> bool:
    """Whether a word with a meaning of its own is there twice ("I laugh when I laugh.")."""
    word, sentence = candidate.entry.headword, candidate.sentence
    if not word.isalpha() or word.lower() in FUNCTION:
        return False
    spans = candidate.entry.spans(sentence)
    # "ice cream" is one use of *icecream*.
    between = [sentence[end:start] for (_, end), (start, _) in itertools.pairwise(spans)]
    return any(gap not in (" ", "-", "") for gap in between)


def _topic(candidate: Candidate) -> str:
    asked = candidate.entry.spans(candidate.sentence) if candidate.classroom else ()
    words = frozenset(candidate.sentence[start:end].lower() for start, end in asked)
    return unsuitable(candidate.sentence, words) if candidate.classroom else ""


# The worst first: of two rejected sentences the one with the milder problem is kept.
CHECKS = (
    Check("not a word", "it is not a word: {detail}", skips=True),
    Check("repeated", "it was asked for before, in row {detail}", skips=True),
    Check("server", "the server gave no answer: {detail}"),
    Check("missing", "the model wrote no sentence for it"),
    Check("no entry", "the bank has no (more) sentences for it"),
    Check("fragment", "that is not a whole sentence", _fragment),
    Check("markup", "markup or a piece of the prompt is in it", _markup),
    Check("several", "that is more than one sentence", _as_of_pairs("several", "long")),
    Check("foreign", "not English: hardly any of its words are known", _as_of_pairs("foreign")),
    Check("unused", "the word is not in it", _as_of_pairs("unused")),
    Check("no verb", "there is no verb in it", _no_verb),
    Check("twice", "the word is in it twice", _twice),
    Check("inside", "the word is only a part of another expression in it", lambda c: only_inside(c.entry, c.sentence)),
    Check("unsuitable", "its topic does not suit a classroom", _topic),
    Check("hard", "it is too hard for the level", lambda c: c.levels_above > 1),
    Check("easy", "it is too easy for the level", lambda c: c.levels_above < -1),
    Check("copy", "it is a sentence of the training data", lambda c: plain(c.sentence) in c.known),
    Check("duplicate", "another row has the same sentence", repeats=lambda s, others: others.has(s)),
    Check("similar", "another row has nearly the same sentence", repeats=lambda s, others: others.has_similar(s)),
    Check("opening", "too many rows begin like it", repeats=lambda s, others: others.has_enough_openings(s)),
)
BY_NAME = {check.name: check for check in CHECKS}


def failed(candidate: Candidate, without: Set[str] = frozenset()) -> tuple[str, ...]:
    """The names of the checks that the sentence fails by itself, the worst first; those in `without` are not made."""
    made = (check for check in CHECKS if check.fails is not None and check.name not in without)
    return tuple(check.name for check in made if check.fails is not None and check.fails(candidate))


def repeats(sentence: str, accepted: Accepted) -> tuple[str, ...]:
    """The names of the checks that the sentence fails beside those that are accepted, the worst first."""
    return tuple(check.name for check in CHECKS if check.repeats is not None and check.repeats(sentence, accepted))


def severity(names: Iterable[str]) -> int:
    """A number for these failed checks: the larger, the worse. One check outweighs all that follow it in CHECKS."""
    weights = {check.name: 2**i for i, check in enumerate(reversed(CHECKS), 1)}
    return sum(weights[name] for name in names)
