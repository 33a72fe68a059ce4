"""Words into checked sentences: ask for several candidates, take the best accepted one, ask again for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace
from random import Random

from ...exporter.bank.bank import Bank
from ...exporter.common.errors import InputError, ModelError
from ...exporter.pairs.wordlist import ListedWord
from ...exporter.records.answers import parse_answer
from ...exporter.records.prompt import MAX_WORDS, ListPrompt
from ..models.asking import Ask, OnAnswer, Reply, Sampling
from .critic import Critic, criticised
from .draft import Draft, Key, row_for
from .frames import Reader, framed
from .from_bank import take_from
from .lists import full_lists
from .settings import AT_ONCE, WriteSettings
from .sheet import SheetRow
from .words import as_listed, key

# A retry of a few words costs nearly the same with more candidates, as long as they share a batch.
RETRY_ANSWERS, RETRY_FACTOR = 16, 4
# A retry samples at a higher temperature, or it would get the same sentences.
HOTTER = 0.3

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
    reader: Reader | None = None,
) -> list[SheetRow]:
    """Rows for each of `words`, in their order; never raises for a word.

    `bank` is asked first, and the model for what it lacks; without `ask` there is no model. With a `reader`, the bank's
    sentences for similar words come before what the model writes itself. `known` are sentences (`accepted.plain`) that
    the model may not repeat; `done` rows of an earlier run, of which the accepted ones are kept; `finished` is called
    with each further accepted row that a model wrote. The `critic` decides what is doubtful.

    Raises ModelError only when nothing at all was written.
    """
    draft = Draft(words, settings, known)
    if bank is not None:
        take_from(bank, draft, beside=settings.beside)
    if ask is not None:
        draft.take(done)
        _Writing(ask, draft, critic).run(bank, reader, finished, progress)
    elif bank is not None:
        for word in draft.asked:
            if not draft.rows[draft.key(word)]:
                draft.best.setdefault(draft.key(word), row_for(word, reasons=("no entry",)))
    return draft.result(by_model=ask is not None)


def rewrite(
    ask: Ask | None,
    rows: Sequence[SheetRow],
    at: int,
    settings: WriteSettings,
    progress: Told = lambda attempt, done, total: None,
    known: Set[str] = frozenset(),
    bank: Bank | None = None,
    reader: Reader | None = None,
) -> SheetRow:
    """Another sentence for row `at` of a sheet, as `write_sentences` does it; the old row where none is as good.

    Raises InputError where that row's word cannot be asked for.
    """
    old = rows[at]
    if old.skipped:
        raise InputError(
            "{word} cannot be asked for: {problem}. Choose another row.",
            word=repr(old.word[:80]),
            problem=old.problems[0],
        )
    draft = Draft([row.listed or row.word for row in rows], settings, known)
    for row in rows:
        if row.sentence is not None and (row.accepted or row is old):
            draft.accepted.add(row.sentence)
    draft.asked = [as_listed(old.listed or old.word)]
    if bank is not None:
        take_from(bank, draft)
    if ask is not None:
        _Writing(ask, draft).run(bank, reader, lambda row: None, progress)
    name = draft.key(draft.asked[0])
    new = next(iter(draft.rows[name]), draft.best.get(name))
    return new if new is not None and (new.accepted or (new.used and not old.accepted)) else old


class _Writing:
    """A model at work on a draft."""

    def __init__(self, ask: Ask, draft: Draft, critic: Critic | None = None) -> None:
        self.ask, self.draft, self.settings, self.critic = ask, draft, draft.settings, critic
        self.random = Random(draft.settings.seed)
        self.framed: dict[Key, list[SheetRow]] = {}

    def run(self, bank: Bank | None, reader: Reader | None, finished: Finished, progress: Told) -> None:
        """Similar words' sentences first, where there is a `reader`; then the model writes what is still wanted."""
        if bank is not None and reader is not None and not self.settings.beside:
            self.frame(bank, reader, finished, progress)
        self.ask_often(finished, progress)

    def frame(self, bank: Bank, reader: Reader, finished: Finished, progress: Told) -> None:
        """Take the sure ones of the bank's sentences for similar words, and keep the others as candidates."""
        asked, draft = len(self.draft.asked), self.draft
        for level, words in draft.by_level(draft.left()).items():
            for at in range(0, len(words), MAX_WORDS):
                progress(1, asked - len(draft.left()), asked)  # may stop the work
                some = words[at : at + MAX_WORDS]
                for row in self.judged(framed(some, level, bank, reader)):
                    self.framed.setdefault(draft.key(as_listed(row.listed or row.word)), []).append(row)
                for word in some:
                    sure = [row for row in self.framed.get(draft.key(word), ()) if row.status == "ok"]
                    if self.settings.seed:  # another one each time
                        sure = [row for row in sure if not draft.accepted.has(row.sentence or "")]
                        sure = self.random.sample(sure, min(len(sure), draft.needs[draft.key(word)]))
                    for row in draft.choose(word, sure, 0):
                        finished(row)

    def judged(self, rows: Sequence[SheetRow]) -> list[SheetRow]:
        rows = self.draft.judged(rows, self.draft.known)
        if self.critic is None:
            return rows
        return criticised(rows, [self.draft.level(row.listed) for row in rows], self.critic)

    def ask_often(self, finished: Finished, progress: Told) -> None:
        for attempt in range(1, self.settings.tries + 1):
            left = self.draft.left()
            done = len(self.draft.asked) - len(left)
            size = AT_ONCE // self.settings.candidates * (MAX_WORDS if attempt == 1 else 1)
            for some in self.draft.by_level(left).values():
                for at in range(0, len(some), size):
                    block = some[at : at + size]
                    try:
                        self.write(block, attempt, done, finished, progress)
                    except ModelError as error:
                        if not self.draft.has_sentences():
                            raise
                        self.give_up(error)
                        return
                    done += len(block)

    def write(self, block: Sequence[ListedWord], attempt: int, done: int, finished: Finished, progress: Told) -> None:
        """Ask for the words of `block`; `done` words of the sheet are done already."""

        def moved(answers: int, of: int) -> None:
            progress(attempt, done + len(block) * answers // max(1, of), len(self.draft.asked))

        for word, candidates in zip(block, self.candidates(block, attempt, moved), strict=True):
            for row in self.draft.choose(word, candidates, attempt):
                finished(row)

    def candidates(self, block: Sequence[ListedWord], attempt: int, moved: OnAnswer) -> list[list[SheetRow]]:
        """The candidates for each word of `block`: several sentences by the model, judged by themselves, and frames."""
        words = [*{key(word.entry.headword): word.entry.headword for word in block}.values()]
        lists, temperatures = self.lists(block, words, attempt)
        sampling = Sampling(tuple(temperatures), self.random.randrange(2**31))
        prompts = [ListPrompt(self.draft.level(block[0]), tuple(some)) for some in lists]
        replies = self.ask(prompts, sampling=sampling, progress=moved)
        written: dict[str, list[SheetRow]] = {key(word): [] for word in words}
        for prompt, reply in zip(prompts, replies, strict=True):
            for row in rows_of(prompt.words, reply):
                if key(row.word) in written:  # a companion's is not
                    written[key(row.word)].append(replace(row, tries=attempt))
        of_words = [
            [replace(row, word=word.text, listed=word) for row in written[key(word.entry.headword)]] for word in block
        ]
        rows = iter(self.judged([row for some in of_words for row in some]))
        return [
            [*(next(rows) for _ in some), *self.framed.pop(self.draft.key(word), ())]
            for word, some in zip(block, of_words, strict=True)
        ]

    def lists(
        self, block: Sequence[ListedWord], words: Sequence[str], attempt: int
    ) -> tuple[list[list[str]], list[float]]:
        """The lists in which the `words` of `block` are asked for, each with its temperature."""
        level = self.draft.level(block[0])
        companions = [word.entry.headword for word in self.draft.asked if self.draft.level(word) == level]
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
        return lists, temperatures

    def give_up(self, error: ModelError) -> None:
        for word in self.draft.left():
            row = row_for(word, reasons=("server",), detail=error.problems[0])
            self.draft.best.setdefault(self.draft.key(word), row)


def rows_of(words: Sequence[str], reply: Reply) -> list[SheetRow]:
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
