"""Words into checked sentences: ask for several candidates, take the best accepted one, ask again for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import replace
from itertools import chain
from random import Random
from typing import Any

from ...exporter.bank.bank import Bank, BankSentence
from ...exporter.common.errors import InputError, ModelError
from ...exporter.pairs.wordlist import ListedWord
from ...exporter.records.answers import parse_answer
from ...exporter.records.prompt import MAX_WORDS, ListPrompt
from ..models.asking import Ask, Progress, Reply, Sampling
from .accepted import Accepted, plain
from .checks import repeats, severity
from .critic import Critic, criticised
from .judging import distance, judged
from .lists import full_lists
from .settings import AT_ONCE, WriteSettings
from .sheet import SheetRow
from .words import as_listed, key, problem, word_id

# A retry of a few words costs nearly the same with more candidates, as long as they share a batch.
RETRY_ANSWERS, RETRY_FACTOR = 16, 4
# A retry samples at a higher temperature, or it would get the same sentences.
HOTTER = 0.3
# Of two accepted sentences the better one has the smaller sum of its distance to the level, FLUENCY times the negative
# mean log-probability (nats per token) and VARIETY times the share of its words that the sheet has already.
FLUENCY, VARIETY = 2.0, 1.5

Key = tuple[str, tuple[str, ...], str]

# Called with the try, how many words are done, and of how many.
Told = Callable[[int, int, int], object]
Finished = Callable[[SheetRow], object]


def write_sentences(
    ask: Ask | None,
    words: Sequence[str | ListedWord],
    settings: WriteSettings,
    *,
    bank: Bank | None = None,
    known: Set[str] = frozenset(),
    done: Iterable[SheetRow] = (),
    finished: Finished = lambda row: None,
    progress: Told = lambda attempt, done, total: None,
    critic: Critic | None = None,
) -> list[SheetRow]:
    """Rows for each of `words`, in their order; never raises for a word.

    `bank` is asked first, and the model for what it lacks; without `ask` there is no model. `known` are sentences
    (`accepted.plain`) that the model may not repeat; `done` rows of an earlier run, of which the accepted ones are
    kept; `finished` is called with each further accepted row that a model wrote. The `critic` decides what is doubtful.

    Raises ModelError only when nothing at all was written.
    """
    writing = _Writing(ask, words, settings, known, critic)
    if bank is not None:
        writing.take_from(bank, beside=settings.beside)
    if ask is not None:
        writing.take(done)
        writing.run(finished, progress)
    return writing.result()


def rewrite(
    ask: Ask | None,
    rows: Sequence[SheetRow],
    at: int,
    settings: WriteSettings,
    progress: Told = lambda attempt, done, total: None,
    known: Set[str] = frozenset(),
    bank: Bank | None = None,
) -> SheetRow:
    """Another sentence for row `at` of a sheet; the old row where there is none that is as good.

    Raises InputError where that row's word cannot be asked for.
    """
    old = rows[at]
    if old.skipped:
        raise InputError(
            "{word} cannot be asked for: {problem}. Choose another row.",
            word=repr(old.word[:80]),
            problem=old.problems[0],
        )
    writing = _Writing(ask, [row.listed or row.word for row in rows], settings, known)
    for row in rows:
        if row.sentence is not None and (row.accepted or row is old):
            writing.accepted.add(row.sentence)
    writing.asked = [as_listed(old.listed or old.word)]
    if bank is not None:
        writing.take_from(bank)
    if ask is not None:
        writing.run(lambda row: None, progress)
    name = writing.id(writing.asked[0])
    new = next(iter(writing.rows[name]), writing.best.get(name))
    return new if new is not None and (new.accepted or (new.used and not old.accepted)) else old


class _Writing:
    """A sheet while it is written.

    `rows` has the accepted rows of each word by its `key`, `best` the best rejected one, and `needs` says how many
    further sentences are asked of the model.
    """

    def __init__(
        self,
        ask: Ask | None,
        words: Sequence[str | ListedWord],
        settings: WriteSettings,
        known: Set[str],
        critic: Critic | None = None,
    ) -> None:
        self.ask, self.settings, self.known, self.critic = ask, settings, known, critic
        self.words = [as_listed(word) for word in words]
        self.skipped = _skipped(self.words, self.id)
        self.asked = [word for word, skip in zip(self.words, self.skipped, strict=True) if skip is None]
        self.rows: dict[Key, list[SheetRow]] = {self.id(word): [] for word in self.asked}
        self.best: dict[Key, SheetRow] = {}
        self.needs = {self.id(word): settings.per_word for word in self.asked}
        self.accepted = Accepted(len(self.asked) * settings.per_word)
        self.random = Random(settings.seed)

    def level(self, word: ListedWord | None) -> str:
        """The level at which `word` is asked for."""
        listed = word.level if word is not None and self.settings.levels_from_list else None
        return listed or self.settings.level

    def id(self, word: ListedWord) -> Key:
        """The same for two entries that ask for the same sentence."""
        return *word_id(word), self.level(word)

    def judged(self, rows: Sequence[SheetRow], known: Set[str] = frozenset()) -> list[SheetRow]:
        """`rows` as `judged` has them, each at its own level."""
        by_level: dict[str, list[SheetRow]] = {}
        for row in rows:
            by_level.setdefault(self.level(row.listed), []).append(row)
        done = {of: iter(judged(some, of, known, self.settings.classroom)) for of, some in by_level.items()}
        return [next(done[self.level(row.listed)]) for row in rows]

    def take_from(self, bank: Bank, *, beside: bool = False) -> None:
        """Take sentences from the bank; `beside` leaves the model as much to write as without it."""
        waiting = [(word, self.offers(bank, word)) for word in self.asked]
        while waiting:  # where the checks reject a sentence, the next one is tried
            picked = [row for word, offers in waiting for row in self.pick(word, offers)]
            for row in self.judged(picked):
                name = self.id(as_listed(row.listed or row.word))
                if row.accepted:
                    self.rows[name].append(row)
                    self.needs[name] -= not beside
                else:
                    self.best.setdefault(name, row)
            waiting = [(word, offers) for word, offers in waiting if offers and self.lacks(word)]
        if self.ask is None:
            for word in self.asked:
                if not self.rows[self.id(word)]:
                    self.best.setdefault(self.id(word), _row(word, reasons=("no entry",)))

    def lacks(self, word: ListedWord) -> int:
        """How many sentences of the bank are still wanted for `word`."""
        return self.settings.per_word - len(self.rows[self.id(word)])

    def offers(self, bank: Bank, word: ListedWord) -> list[BankSentence]:
        """The bank's sentences for `word`, the best first; once each, though a user's own may be in the package too."""
        there = bank.find(word.entry, self.level(word), self.settings.seed)
        return [*{plain(row.sentence): row for row in reversed(there)}.values()][::-1]

    def pick(self, word: ListedWord, offers: list[BankSentence]) -> Iterator[SheetRow]:
        """Take out of `offers` as many as are wanted: of equally good ones those that vary the sheet.

        With a seed, the order in which it has put them decides, so that another seed makes another sheet.
        """
        offers[:] = [row for row in offers if self.is_new(row.sentence)]
        order = {(row.source, row.level): at for at, row in reversed([*enumerate(offers)])}
        for _ in range(min(self.lacks(word), len(offers))):
            vary = self.settings.seed == 0
            cost = {
                row: (order[row.source, row.level], self.accepted.repetition(row.sentence) if vary else 0.0)
                for row in offers
            }
            best = min(offers, key=cost.__getitem__)
            offers.remove(best)
            self.accepted.add(best.sentence)
            yield _row(word, best.spelled(word.entry), found=best)

    def is_new(self, sentence: str) -> bool:
        return not self.accepted.has(sentence)

    def take(self, rows: Iterable[SheetRow]) -> None:
        """Keep the accepted ones of `rows`."""
        for row in rows:
            name = self.id(as_listed(row.listed or row.word))
            if row.accepted and row.sentence is not None and self.needs.get(name, 0) > 0:
                self.rows[name].append(row)
                self.needs[name] -= 1
                self.accepted.add(row.sentence)

    def result(self) -> list[SheetRow]:
        rows: list[SheetRow] = []
        for word, skip in zip(self.words, self.skipped, strict=True):
            if skip is not None:
                rows.append(skip)
                continue
            rows += self.rows[self.id(word)]
            if self.id(word) in self.best and (
                self.needs[self.id(word)] > 0 and (self.ask or not self.rows[self.id(word)])
            ):
                rows.append(self.best[self.id(word)])
        return rows

    def left(self) -> list[ListedWord]:
        return [word for word in self.asked if self.needs[self.id(word)] > 0]

    def blocks(self, left: Sequence[ListedWord], size: int) -> Iterator[Sequence[ListedWord]]:
        """`left` in blocks of `size` at most, each of one level."""
        for level in dict.fromkeys(map(self.level, left)):
            here = [word for word in left if self.level(word) == level]
            yield from (here[at : at + size] for at in range(0, len(here), size))

    def run(self, finished: Finished, progress: Told) -> None:
        for attempt in range(1, self.settings.tries + 1):
            left = self.left()
            done = len(self.asked) - len(left)
            size = AT_ONCE // self.settings.candidates * (MAX_WORDS if attempt == 1 else 1)
            for block in self.blocks(left, size):
                try:
                    self.write(block, attempt, done, finished, progress)
                except ModelError as error:
                    if not any(row.sentence for row in (*self.best.values(), *chain(*self.rows.values()))):
                        raise
                    self.give_up(error)
                    return
                done += len(block)

    def write(
        self,
        block: Sequence[ListedWord],
        attempt: int,
        done: int,
        finished: Callable[[SheetRow], object],
        progress: Told,
    ) -> None:
        """Ask for the words of `block`; `done` words of the sheet are done already."""

        def moved(answers: int, of: int) -> None:
            progress(attempt, done + len(block) * answers // max(1, of), len(self.asked))

        for word, candidates in zip(block, self.candidates(block, attempt, moved), strict=True):
            for row in self.choose(word, candidates, attempt):
                finished(row)

    def candidates(self, block: Sequence[ListedWord], attempt: int, moved: Progress) -> list[list[SheetRow]]:
        """What the model writes for each word of `block`: several sentences, judged by themselves."""
        assert self.ask is not None
        words = [*{key(word.entry.headword): word.entry.headword for word in block}.values()]
        level = self.level(block[0])
        companions = [word.entry.headword for word in self.asked if self.level(word) == level]
        copies, temperature = max(self.settings.candidates, self.settings.per_word), self.settings.temperature
        if attempt > 1:
            copies = max(copies, min(RETRY_FACTOR * copies, RETRY_ANSWERS // len(words)))
            temperature = min(2.0, temperature + HOTTER)
        lists: list[list[str]] = []
        temperatures: list[float] = []
        for copy in range(copies):
            greedy = attempt == 1 and copy == 0
            if attempt == 1:
                some = full_lists(words, companions, None if greedy else self.random)
            else:  # alone: the first word of a list is the one that is missed least
                some = [[word] for word in words]
            lists += some
            temperatures += [0.0 if greedy else temperature] * len(some)
        sampling = Sampling(tuple(temperatures), self.random.randrange(2**31))
        prompts = [ListPrompt(level, tuple(some)) for some in lists]
        replies = self.ask(prompts, sampling=sampling, progress=moved)
        found: dict[str, list[SheetRow]] = {key(word): [] for word in words}
        for prompt, reply in zip(prompts, replies, strict=True):
            for row in read_reply(prompt.words, reply):
                if key(row.word) in found:  # a companion's is not
                    found[key(row.word)].append(replace(row, tries=attempt))
        of_words = [
            [replace(row, word=word.text, listed=word) for row in found[key(word.entry.headword)]] for word in block
        ]
        rows = self.judged([row for some in of_words for row in some], self.known)
        if self.critic:
            rows = criticised(rows, [self.level(row.listed) for row in rows], self.critic)
        left = iter(rows)
        return [[next(left) for _ in some] for some in of_words]

    def choose(self, word: ListedWord, candidates: Sequence[SheetRow], attempt: int) -> list[SheetRow]:
        """The best accepted ones of `candidates`, as many as are needed; of the rejected ones the best is kept."""
        left = list(candidates)
        if before := self.best.pop(self.id(word), None):
            left.append(replace(before, tries=attempt))
        chosen: list[SheetRow] = []
        while left and self.needs[self.id(word)] > 0:
            left = [self.beside_others(row) if row.accepted else row for row in left]
            best = min(left, key=self.cost)
            if not best.accepted or best.sentence is None:
                self.best[self.id(word)] = best
                break
            left.remove(best)
            chosen.append(best)
            self.needs[self.id(word)] -= 1
            self.accepted.add(best.sentence)
        self.rows[self.id(word)] += chosen
        return chosen

    def beside_others(self, row: SheetRow) -> SheetRow:
        """`row` with the checks that it fails beside the accepted sentences of the sheet."""
        return replace(row, reasons=repeats(row.sentence or "", self.accepted))

    def cost(self, row: SheetRow) -> tuple[int, bool, float]:
        """The smaller, the better: the failed checks first, then doubt, then distance, fluency and variety."""
        cost = distance(row, self.level(row.listed)) - FLUENCY * (row.fluency or 0.0)
        return severity(row.reasons), row.doubtful, cost + VARIETY * self.accepted.repetition(row.sentence or "")

    def give_up(self, error: ModelError) -> None:
        for word in self.left():
            self.best.setdefault(self.id(word), _row(word, reasons=("server",), detail=error.problems[0]))


def _row(word: ListedWord, sentence: str | None = None, **more: Any) -> SheetRow:
    return SheetRow(word.text, sentence, listed=word, **more)


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


def _skipped(words: Sequence[ListedWord], name: Callable[[ListedWord], Key]) -> list[SheetRow | None]:
    """A row for each word that is not asked for: it is no word, or it is in an earlier row."""
    first: dict[Key, int] = {}
    rows: list[SheetRow | None] = []
    for number, word in enumerate(words, 1):
        if wrong := problem(word.text):
            rows.append(_row(word, reasons=("not a word",), detail=wrong))
        elif (before := first.setdefault(name(word), number)) != number:
            rows.append(_row(word, reasons=("repeated",), detail=str(before)))
        else:
            rows.append(None)
    return rows
