"""The Write pane: words in, sentences out; those to be read first one by one, and the whole sheet as files."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import gradio as gr

from ...exporter.bank.bank import Bank
from ...exporter.bank.own import add_own, own_file, read_own
from ...exporter.common.errors import InputError
from ...exporter.language.levels import TRAINABLE, parse_level
from ...exporter.records.prompt import ListPrompt, wrap
from ..models.adapter import check_adapter
from ..models.asking import Ask
from ..models.host import adapter_names
from ..models.jobs import BUSY, Job, Stopped
from ..writing.frames import Reader, reader_of
from ..writing.known import training_sentences
from ..writing.lists import full_lists
from ..writing.output_formats import OutputFormat
from ..writing.review import following, keep, row_of, to_read, with_row
from ..writing.settings import BANK_MODES, EXERCISES, MOST_PER_WORD, WriteSettings
from ..writing.sheet import Look, Sheet, SheetRow
from ..writing.words import split_words, why_no_word
from ..writing.write import rewrite, write_sentences
from .gradio_compat import copyable, root_page
from .languages import say, text
from .markup import note
from .numbers import whole
from .pane import Pane
from .setting_labels import say_in
from .ui import Updates
from .write_view import DOWNLOADS, about_row, downloads, named, sheet_table, summary, told

NO_ADAPTER = ""
_HIDDEN = gr.update(visible=False)


@dataclass(frozen=True)
class RowShown:
    """Which row is shown, by its index, and whether its word was asked for again and brought no other sentence."""

    at: int
    same: bool = False


class WritePane(Pane):
    """`shown` of a job is the `RowShown` in its sheet, where it is not the first row to read."""

    name = "write"
    jobs = ("write",)

    def build(self) -> None:
        with gr.Row():
            self.words = self.make(gr.Textbox, "words", lines=5, value="happy, book, friend", scale=2, min_width=320)
            self.level = self.make(gr.Radio, "level", choices=list(TRAINABLE), value="A1")
        with self.make(gr.Accordion, "more", open=False):
            self._build_more()
        with gr.Row():
            self.write_button = self.button("run", variant="primary")
            self.make_stop_button()
        self.status = self.html("status")
        with gr.Column(visible=False) as self.after:
            self._build_review()
            with gr.Row():
                self.downloads = [self._download_button(one) for one in DOWNLOADS]
        self.sheet = self.html("sheet")

    def _build_more(self) -> None:
        with gr.Row():
            self.bank = self.make(gr.Dropdown, "bank", choices=named("bank", BANK_MODES), value=BANK_MODES[0])
            self.per_word = self.make(gr.Slider, "per_word", minimum=1, maximum=MOST_PER_WORD, step=1, value=1)
        with gr.Row():
            self.title = self.make(gr.Textbox, "title", value="")
            self.exercise = self.make(gr.Dropdown, "exercise", choices=named("exercise", EXERCISES), value=EXERCISES[0])
        with gr.Row():
            self.adapter = self.choice("adapter", self._adapters, "adapter")
            self.strict = self.make(gr.Checkbox, "strict", value=False)
        with gr.Row():
            self.candidates = self.make(gr.Slider, "candidates", minimum=1, maximum=16, step=1, value=4)
            self.tries = self.make(gr.Slider, "tries", minimum=1, maximum=10, step=1, value=4)
        label = text("write.prompt", lists=1)
        self.prompt = gr.Textbox(elem_id="cefr-write-prompt", label=label, lines=9, interactive=False, **copyable())
        self.count = self.html("count")

    def _build_review(self) -> None:
        """One sentence at a time, with a key for each button (`browser.py`)."""
        self.about = self.html("about")
        self.sentence = self.make(gr.Textbox, "edit", lines=1, max_lines=4)
        with gr.Row(equal_height=False):
            self.keep_button = self.button("keep", min_width=100)
            self.button("change", min_width=100)
            self.redo_button = self.button("redo", min_width=100)
            self.row = self.make(gr.Number, "row", value=1, precision=0, min_width=100)
        self.to_bank = self.make(gr.Checkbox, "to_bank", value=True)

    def _download_button(self, of: OutputFormat) -> Any:
        def label(language: str) -> str:
            return text("write.download", language, format=say(of.name, language))

        name = of.ending.removeprefix(".").replace(".", "-")
        return self.ui.worded(gr.DownloadButton, {"label": label}, elem_id=f"cefr-write-{name}", size="sm")

    def connect(self) -> None:
        asked = {"words": self.words, "level": self.level, "adapter": self.adapter}
        for listener in (self.words.change, self.level.change, self.adapter.change, root_page().load):
            self.on(listener, self.show_prompt, asked, [self.prompt, self.count], self.count)
        self.on(self.adapter.change, self.take_level, {"adapter": self.adapter}, [self.level])
        how = {"strict": self.strict, "candidates": self.candidates, "tries": self.tries}
        how |= {"bank": self.bank, "per_word": self.per_word, "title": self.title, "exercise": self.exercise}
        card = [self.about, self.sentence, self.row]
        results = [self.sheet, *self.downloads, self.after, *card]
        self.on(self.write_button.click, self.write, {**asked, **how}, results)
        self.on(self.redo_button.click, self.rewrite_row, {"row": self.row}, results)
        self.on(self.row.input, self.show_row, {"row": self.row}, [self.about, self.sentence])
        read = {"row": self.row, "sentence": self.sentence, "to_bank": self.to_bank}
        for listener in (self.keep_button.click, self.sentence.submit):
            self.on(listener, self.keep, read, results)
        self.rejoin(results)

    def _adapters(self, language: str) -> list[Any]:
        # What runs in llama.cpp or behind a server takes no adapter from here.
        names = [] if self.host.state().kind == "answers" else adapter_names(self.folders)
        return [*names, (text("write.none", language), NO_ADAPTER)]

    # Before writing

    def show_prompt(self, language: str, words: str, level: str, adapter: str | None) -> Updates:
        """The first prompt as the model will get it, and how many there will be."""
        if not (words or "").strip():
            return {self.prompt: "", self.count: ""}
        typed = split_words(words, text("write.words", language))
        asked = [word.entry.headword for word in typed if not why_no_word(word.text)]
        lists = full_lists(asked, asked, None)
        message = ListPrompt(parse_level(str(level), TRAINABLE), tuple(lists[0])).text
        chat = self.host.prompt_form(adapter or None) == "chat"
        label = text("write.message" if chat else "write.prompt", language, lists=f"1/{len(lists)}")
        count = text("write.count", language, words=len(asked), lists=len(lists))
        return {self.prompt: gr.update(value=message if chat else wrap(message), label=label), self.count: note(count)}

    def take_level(self, language: str, adapter: str | None) -> Updates:
        """An adapter knows its level."""
        if not adapter:
            return {}
        trained = check_adapter(self.adapter_folder(adapter)).level
        return {self.level: trained} if trained in TRAINABLE else {}

    # Writing

    def write(
        self,
        language: str,
        words: str,
        level: str,
        adapter: str | None,
        *,
        bank: Any,
        per_word: Any,
        title: Any,
        exercise: Any,
        strict: Any,
        candidates: Any,
        tries: Any,
    ) -> Iterator[Updates]:
        asked = split_words(str(words), text("write.words", language))
        bank, strict, state = str(bank or BANK_MODES[0]), bool(strict), self.host.state()
        if bank == "first" and state.kind == "none" and not state.name:  # no model is loaded
            bank = "only"
        settings = WriteSettings(
            parse_level(str(level), TRAINABLE),
            whole(candidates, "candidates"),
            whole(tries, "tries"),
            per_word=whole(per_word, "per_word"),
            beside=bank == "beside",
        )
        look = Look(str(title).strip(), str(exercise or EXERCISES[0]))
        # While an adapter is applied for everybody, the model as it is has it.
        applied, name = state.adapters, NO_ADAPTER
        if adapter:
            name = self.adapter_folder(adapter).name
        elif len(applied) == 1:
            name = applied[0]

        def work(job: Job) -> Sheet:
            sheet = Sheet((), settings.level, name, strict, look, bank)
            done: list[SheetRow] = []
            try:
                rows = write_sentences(
                    self._ask(sheet),
                    asked,
                    settings,
                    bank=self._bank(sheet),
                    known=self._known(name),
                    reader=self._reader(sheet),
                    finished=done.append,
                    progress=told(job, language),
                )
            except Stopped:
                job.result = replace(sheet, rows=tuple(done))
                raise
            return replace(sheet, rows=tuple(rows))

        yield from self._start(language, work, {self.sheet: "", self.after: _HIDDEN})

    # Reading what was written

    def show_row(self, language: str, row: Any) -> Updates:
        if row is None:  # it is being typed
            return {}
        _, sheet, at = self._shown(row)
        card = self._card(sheet, at, language)
        return {part: card[part] for part in (self.about, self.sentence)}

    def keep(self, language: str, row: Any, sentence: Any, to_bank: Any) -> Updates:
        """The sentence as it is in its field, and the next row."""
        job, before, at = self._shown(row)
        sheet = keep(before, at, str(sentence or ""))
        said = self._said(sheet, language)
        own = sheet.rows[at].found
        if to_bank and own is not None and sheet is not before:
            for _, problem in add_own(own_file(self.folders.user_data), [own]).rejected:
                reason = say_in(self.name, problem, language)
                said.append(text("write.not_in_bank", language, word=own.word, reason=reason))
        job.result, job.shown = sheet, RowShown(following(before, at))
        return {**self.show(job, language), self.status: note("\n".join(said), "good")}

    def rewrite_row(self, language: str, row: Any) -> Iterator[Updates]:
        _, before, at = self._shown(row)
        row_of(before, at)
        yield from self._start(language, partial(self._rewrite, language, before, at), {})

    def _shown(self, row: Any) -> tuple[Job, Sheet, int]:
        """The last sheet with the job that it is from, and the index of its row with this number."""
        self.refuse_when_shared()  # it may be another user's
        job, at = self.desk.last("write"), whole(row, "row") - 1
        if job is None or not isinstance(job.result, Sheet) or not 0 <= at < len(job.result.rows):
            raise InputError("There is no row {row}.", row=at + 1)
        if job.running:
            raise InputError(BUSY)
        return job, job.result, at

    def _rewrite(self, language: str, before: Sheet, at: int, job: Job) -> Sheet:
        job.result, job.shown = before, RowShown(at)  # is shown meanwhile, and if this fails
        settings = WriteSettings(before.level, seed=random.randrange(2**31))
        row = rewrite(
            self._ask(before),
            before.rows,
            at,
            settings,
            told(job, language),
            self._known(before.adapter),
            self._bank(before),
            self._reader(before),
        )
        job.shown = RowShown(at, same=row == before.rows[at])
        return with_row(before, at, row)

    def _start(self, language: str, work: Callable[[Job], Sheet], first: Updates) -> Iterator[Updates]:
        job = self.desk.start("write", work)
        yield first
        yield from self.follow(job, language)

    def _ask(self, sheet: Sheet) -> Ask | None:
        """Who writes what the bank lacks; nobody where only the bank is asked."""
        if sheet.bank == "only":
            return None
        return partial(self.host.answers, adapter=sheet.adapter or None, strict=sheet.strict)

    def _reader(self, sheet: Sheet) -> Reader | None:
        """Who says where a word fits: a model that runs in this Python."""
        if self.host.state().kind != "trainable":
            return None
        return reader_of(lambda: self.host.lend(sheet.adapter or None))

    def _bank(self, sheet: Sheet) -> Bank | None:
        return None if sheet.bank == "off" else Bank(read_own(own_file(self.folders.user_data)))

    def _known(self, adapter: str) -> Set[str]:
        """The sentences that the adapter was trained on, as far as they are still there."""
        return training_sentences(None, self.adapter_folder(adapter)) if adapter else frozenset()

    # Afterwards

    def show(self, job: Job, language: str) -> Updates:
        if not isinstance(job.result, Sheet):
            return {}
        sheet = job.result
        files = dict(zip(self.downloads, downloads(sheet), strict=False))
        at = job.shown.at if job.shown else next(iter(to_read(sheet)), 0)
        shown = {self.sheet: sheet_table(sheet, language), self.after: gr.update(visible=True)}
        return {**shown, **files, **self._card(sheet, at, language)}

    def _card(self, sheet: Sheet, at: int, language: str) -> Updates:
        """Row `at`, to be read."""
        return {
            self.about: about_row(sheet, at, language),
            self.sentence: sheet.rows[at].sentence or "",
            self.row: at + 1,
        }

    def ended(self, job: Job, language: str) -> Updates:
        if not isinstance(job.result, Sheet):
            return {}
        said = self._said(job.result, language)
        if job.shown and job.shown.same:
            said.append(text("write.no_other", language, word=job.result.rows[job.shown.at].word))
        return {self.status: note("\n".join(said), "good")}

    def _said(self, sheet: Sheet, language: str) -> list[str]:
        """What was written, and how much of it is to be read."""
        trained = check_adapter(self.adapter_folder(sheet.adapter)).level if sheet.adapter else ""
        return summary(sheet, trained, language)
