"""Words into checked sentences: ask for several candidates, take the best accepted one, ask again for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from random import Random

from ...exporter.common.errors import InputError, ModelError, Option, out_of_range
from ...exporter.language.levels import TRAINABLE
from ...exporter.records.answers import parse_answer
from ...exporter.records.prompt import MAX_WORDS, ListPrompt
from ..models.asking import Ask, Progress, Reply, Sampling
from .accepted import Accepted
from .checks import repeats, severity
from .judging import distance, judged
from .lists import full_lists
from .sheet import SheetRow
from .words import key, problem

# Answers asked for in one go: enough for a full batch, few enough that finished rows are safe soon.
AT_ONCE = 64
# A retry of a few words costs nearly the same with more candidates, as long as they share a batch.
RETRY_ANSWERS, RETRY_FACTOR = 16, 4
# A retry samples at a higher temperature, or it would get the same sentences.
HOTTER = 0.3
# Of two accepted sentences the better one has the smaller sum of its distance to the level, FLUENCY times the negative
# mean log-probability (nats per token) and VARIETY times the share of its words that the sheet has already.
FLUENCY, VARIETY = 0.25, 1.5

# Called with the try, how many words are done, and of how many.
Told = Callable[[int, int, int], object]


@dataclass(frozen=True)
class WriteSettings:
    """How sentences are written: `candidates` for each word, the first of them greedy, in at most `tries` tries."""

    level: str
    candidates: int = 4
    tries: int = 4
    temperature: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        if self.level not in TRAINABLE:
            raise InputError(
                "Sentences cannot be written for level {level}. Choose one of {levels}.",
                level=repr(self.level),
                levels=", ".join(TRAINABLE),
            )
        for name, low, high in (("candidates", 1, AT_ONCE), ("tries", 1, 20)):
            if not low <= (value := getattr(self, name)) <= high:
                raise out_of_range(name, value, low, high)
        if not 0 < self.temperature <= 2:
            raise InputError(
                "{setting} {value} is out of range: above 0, at most {high}.",
                setting=Option("temperature"),
                value=f"{self.temperature:g}",
                high=2,
            )


def write_sentences(
    ask: Ask,
    words: Sequence[str],
    settings: WriteSettings,
    *,
    known: Set[str] = frozenset(),
    done: Iterable[SheetRow] = (),
    finished: Callable[[SheetRow], object] = lambda row: None,
    progress: Told = lambda attempt, done, total: None,
) -> list[SheetRow]:
    """A row for each of `words`, in their order; never raises for a word.

    `known` are sentences (`accepted.plain`) that may not be repeated; `done` rows of an earlier run, of which the
    accepted ones are kept; `finished` is called with each further accepted row.

    Raises ModelError only when nothing at all was written.
    """
    writing = _Writing(ask, words, settings, known)
    writing.take(done)
    writing.run(finished, progress)
    return writing.result()


def rewrite(
    ask: Ask,
    rows: Sequence[SheetRow],
    at: int,
    settings: WriteSettings,
    progress: Told = lambda attempt, done, total: None,
    known: Set[str] = frozenset(),
) -> SheetRow:
    """Another sentence for row `at` of a sheet; the old row where the model finds none that is as good.

    Raises InputError where that row's word cannot be asked for.
    """
    old = rows[at]
    if old.skipped:
        raise InputError(
            "{word} cannot be asked for: {problem}. Choose another row.",
            word=repr(old.word[:80]),
            problem=old.problems[0],
        )
    writing = _Writing(ask, [row.word for row in rows], settings, known)
    writing.take(row for i, row in enumerate(rows) if i != at)
    if old.sentence is not None:
        writing.accepted.add(old.sentence)
    writing.asked = [old.word]
    writing.run(lambda row: None, progress)
    new = writing.rows[key(old.word)]
    return new if new.accepted or (new.used and not old.accepted) else old


class _Writing:
    """A sheet while it is written. `rows` has the best row so far of each word, by its `key`."""

    def __init__(self, ask: Ask, words: Sequence[str], settings: WriteSettings, known: Set[str]) -> None:
        self.ask, self.words, self.settings, self.known = ask, words, settings, known
        self.skipped = _skipped(words)
        self.asked = [word for word, skip in zip(words, self.skipped, strict=True) if skip is None]
        self.companions = self.asked
        self.rows: dict[str, SheetRow] = {}
        self.accepted = Accepted(len(self.asked))
        self.random = Random(settings.seed)

    def take(self, rows: Iterable[SheetRow]) -> None:
        """Keep the accepted ones of `rows`."""
        wanted = set(map(key, self.asked))
        for row in rows:
            name = key(row.word)
            if row.accepted and row.sentence is not None and name in wanted and name not in self.rows:
                self.rows[name] = row
                self.accepted.add(row.sentence)

    def result(self) -> list[SheetRow]:
        return [skip or self.rows[key(word)] for word, skip in zip(self.words, self.skipped, strict=True)]

    def left(self) -> list[str]:
        return [word for word in self.asked if key(word) not in self.rows or not self.rows[key(word)].accepted]

    def run(self, finished: Callable[[SheetRow], object], progress: Told) -> None:
        for attempt in range(1, self.settings.tries + 1):
            left = self.left()
            done = len(self.asked) - len(left)
            size = AT_ONCE // self.settings.candidates * (MAX_WORDS if attempt == 1 else 1)
            for block in (left[at : at + size] for at in range(0, len(left), size)):
                try:
                    self.write(block, attempt, done, finished, progress)
                except ModelError as error:
                    if not any(row.sentence for row in self.rows.values()):
                        raise
                    self.give_up(error)
                    return
                done += len(block)

    def write(
        self, block: Sequence[str], attempt: int, done: int, finished: Callable[[SheetRow], object], progress: Told
    ) -> None:
        """Ask for the words of `block`; `done` words of the sheet are done already."""

        def moved(answers: int, of: int) -> None:
            progress(attempt, done + len(block) * answers // max(1, of), len(self.asked))

        candidates = self.candidates(block, attempt, moved)
        for word in block:
            if (row := self.choose(word, candidates[key(word)], attempt)).accepted:
                finished(row)

    def candidates(self, words: Sequence[str], attempt: int, moved: Progress) -> Mapping[str, list[SheetRow]]:
        """What the model writes for `words`, by their `key`: several sentences each, judged by themselves."""
        copies, temperature = self.settings.candidates, self.settings.temperature
        if attempt > 1:
            copies = max(copies, min(RETRY_FACTOR * copies, RETRY_ANSWERS // len(words)))
            temperature = min(2.0, temperature + HOTTER)
        lists: list[list[str]] = []
        temperatures: list[float] = []
        for copy in range(copies):
            greedy = attempt == 1 and copy == 0
            if attempt == 1:
                some = full_lists(words, self.companions, None if greedy else self.random)
            else:  # alone: the first word of a list is the one that is missed least
                some = [[word] for word in words]
            lists += some
            temperatures += [0.0 if greedy else temperature] * len(some)
        sampling = Sampling(tuple(temperatures), self.random.randrange(2**31))
        prompts = [ListPrompt(self.settings.level, tuple(some)) for some in lists]
        replies = self.ask(prompts, sampling=sampling, progress=moved)
        found: dict[str, list[SheetRow]] = {key(word): [] for word in words}
        for prompt, reply in zip(prompts, replies, strict=True):
            for row in read_reply(prompt.words, reply):
                if key(row.word) in found:  # a companion's is not
                    found[key(row.word)].append(replace(row, tries=attempt))
        rows = iter(judged([row for some in found.values() for row in some], self.settings.level, self.known))
        return {word: [next(rows) for _ in some] for word, some in found.items()}

    def choose(self, word: str, candidates: Sequence[SheetRow], attempt: int) -> SheetRow:
        """The best of `candidates`, an accepted one if there is one; kept unless an earlier row was better."""
        rows = [self.beside_others(row) if row.accepted else row for row in candidates]
        if before := self.rows.get(key(word)):
            rows.append(replace(before, tries=attempt))
        best = replace(min(rows, key=self.cost), word=word)
        self.rows[key(word)] = best
        if best.accepted and best.sentence is not None:
            self.accepted.add(best.sentence)
        return best

    def beside_others(self, row: SheetRow) -> SheetRow:
        """`row` with the checks that it fails beside the accepted sentences of the sheet."""
        return replace(row, reasons=repeats(row.sentence or "", self.accepted))

    def cost(self, row: SheetRow) -> tuple[int, float]:
        """The smaller, the better: the failed checks first, then distance, fluency and variety."""
        cost = distance(row, self.settings.level) - FLUENCY * (row.fluency or 0.0)
        return severity(row.reasons), cost + VARIETY * self.accepted.repetition(row.sentence or "")

    def give_up(self, error: ModelError) -> None:
        for word in self.left():
            self.rows.setdefault(key(word), SheetRow(word, reasons=("server",), detail=error.problems[0]))


def read_reply(words: Sequence[str], reply: Reply) -> list[SheetRow]:
    """What `reply` holds for each of the words that were asked for, not checked yet."""
    rows = []
    for word, sentence in zip(words, parse_answer(reply.text, len(words), words).sentences, strict=True):
        if sentence is not None:
            rows.append(SheetRow(word, sentence, fluency=_fluency(reply, sentence)))
        elif reply.problem is not None:
            rows.append(SheetRow(word, reasons=("server",), detail=reply.problem))
        else:
            rows.append(SheetRow(word, reasons=("missing",)))
    return rows


def _fluency(reply: Reply, sentence: str) -> float | None:
    lines = zip(reply.text.split("\n"), reply.fluency, strict=False)
    return next((fluency for line, fluency in lines if sentence in line), None)


def _skipped(words: Sequence[str]) -> list[SheetRow | None]:
    """A row for each word that is not asked for: it is no word, or it stands in an earlier row."""
    first: dict[str, int] = {}
    rows: list[SheetRow | None] = []
    for number, word in enumerate(words, 1):
        if wrong := problem(word):
            rows.append(SheetRow(word, reasons=("not a word",), detail=wrong))
        elif (before := first.setdefault(key(word), number)) != number:
            rows.append(SheetRow(word, reasons=("repeated",), detail=str(before)))
        else:
            rows.append(None)
    return rows
