"""The Write pane: words in, the exact prompt, sentences out, one row again, downloads."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr

from ...exporter.bank.bank import Bank
from ...exporter.bank.own import own_file, read_own
from ...exporter.common.errors import InputError
from ...exporter.language.levels import TRAINABLE, parse_level
from ...exporter.records.prompt import ListPrompt, wrap
from ..models.adapter import check_adapter
from ..models.asking import Ask
from ..models.host import adapter_names
from ..models.jobs import Job, Stopped
from ..writing.known import training_sentences
from ..writing.lists import full_lists
from ..writing.output_formats import OutputFormat
from ..writing.settings import BANK_MODES, EXERCISES, MOST_PER_WORD, WriteSettings
from ..writing.sheet import Look, Sheet, SheetRow
from ..writing.words import problem, split_words
from ..writing.write import rewrite, write_sentences
from .gradio_compat import copyable, root_page
from .languages import say, text
from .markup import note
from .numbers import whole
from .pane import Pane
from .ui import Updates
from .write_view import DOWNLOADS, downloads, sheet_table, summary

NO_ADAPTER = ""
_HIDDEN = gr.update(visible=False)


class WritePane(Pane):
    name = "write"
    jobs = ("write",)

    def build(self) -> None:
        with gr.Row():
            with gr.Column():
                self._build_fields()
            with gr.Column():
                self.prompt = gr.Textbox(
                    elem_id="cefr-write-prompt",
                    label=text("write.prompt", lists=1),
                    lines=9,
                    interactive=False,
                    **copyable(),
                )
                self.count = self.html("count")
        self.status = self.html("status")
        self.sheet = self.html("sheet")
        with gr.Row(visible=False) as self.after:
            self.row = self.make(gr.Number, "row", value=1, precision=0)
            self.redo_button = self.button("redo")
            self.downloads = [self._download_button(one) for one in DOWNLOADS]

    def _build_fields(self) -> None:
        self.words = self.make(gr.Textbox, "words", lines=5, value="happy, book, friend")
        self.level = self.make(gr.Radio, "level", choices=list(TRAINABLE), value="A1")
        with gr.Row():
            self.candidates = self.make(gr.Slider, "candidates", minimum=1, maximum=16, step=1, value=4)
            self.tries = self.make(gr.Slider, "tries", minimum=1, maximum=10, step=1, value=4)
        with gr.Row():
            self.bank = self.choice("bank", _named("bank", BANK_MODES), value=BANK_MODES[0])
            self.per_word = self.make(gr.Slider, "per_word", minimum=1, maximum=MOST_PER_WORD, step=1, value=1)
        self.adapter = self.choice("adapter", self._adapters, "adapter")
        self.strict = self.make(gr.Checkbox, "strict", value=False)
        with gr.Row():
            self.title = self.make(gr.Textbox, "title", value="")
            self.exercise = self.choice("exercise", _named("exercise", EXERCISES), value=EXERCISES[0])
        with gr.Row():
            self.write_button = self.button("run", variant="primary")
            self.make_stop_button()

    def _download_button(self, of: OutputFormat) -> Any:
        def label(language: str) -> str:
            return text("write.download", language, format=say(of.name, language))

        name = of.ending.removeprefix(".")
        return self.ui.worded(gr.DownloadButton, {"label": label}, visible=of.available, elem_id=f"cefr-write-{name}")

    def connect(self) -> None:
        asked = {"words": self.words, "level": self.level, "adapter": self.adapter}
        for listener in (self.words.change, self.level.change, self.adapter.change, root_page().load):
            self.on(listener, self.show_prompt, asked, [self.prompt, self.count], self.count)
        self.on(self.adapter.change, self.take_level, {"adapter": self.adapter}, [self.level])
        how = {"strict": self.strict, "candidates": self.candidates, "tries": self.tries}
        how |= {"bank": self.bank, "per_word": self.per_word, "title": self.title, "exercise": self.exercise}
        results = [self.sheet, *self.downloads, self.after]
        self.on(self.write_button.click, self.write, {**asked, **how}, results)
        self.on(self.redo_button.click, self.rewrite_row, {"row": self.row}, results)
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
        asked = [word.entry.headword for word in typed if not problem(word.text)]
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

    def write(self, language: str, words: str, level: str, adapter: str | None, **how: Any) -> Iterator[Updates]:
        asked = split_words(str(words), text("write.words", language))
        bank, strict = str(how["bank"] or BANK_MODES[0]), bool(how["strict"])
        settings = WriteSettings(
            parse_level(str(level), TRAINABLE),
            whole(how["candidates"], "candidates"),
            whole(how["tries"], "tries"),
            per_word=whole(how["per_word"], "per_word"),
            beside=bank == "beside",
        )
        look = Look(str(how["title"]).strip(), str(how["exercise"] or EXERCISES[0]))
        # While an adapter is applied for everybody, the model as it is has it.
        applied = self.host.state().adapters
        name = NO_ADAPTER
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
                    finished=done.append,
                    progress=_progress(job, language),
                )
            except Stopped:
                job.result = replace(sheet, rows=tuple(done))
                raise
            return replace(sheet, rows=tuple(rows))

        yield from self._start(language, work, {self.sheet: "", self.after: _HIDDEN})

    def rewrite_row(self, language: str, row: Any) -> Iterator[Updates]:
        self.refuse_when_shared()  # the last sheet may be another user's
        last = self.desk.last("write")
        before = last.result if last is not None else None
        index = whole(row, "row") - 1
        if not isinstance(before, Sheet) or not 0 <= index < len(before.rows):
            raise InputError("There is no row {row}.", row=index + 1)
        yield from self._start(language, partial(self._rewrite, language, before, index), {})

    def _rewrite(self, language: str, before: Sheet, index: int, job: Job) -> Sheet:
        job.result = before  # is shown meanwhile, and if this fails
        settings = WriteSettings(before.level, seed=random.randrange(2**31))
        row = rewrite(
            self._ask(before),
            before.rows,
            index,
            settings,
            _progress(job, language),
            self._known(before.adapter),
            self._bank(before),
        )
        return replace(before, rows=(*before.rows[:index], row, *before.rows[index + 1 :]))

    def _start(self, language: str, work: Callable[[Job], Sheet], first: Updates) -> Iterator[Updates]:
        job = self.desk.start("write", work)
        yield first
        yield from self.follow(job, language)

    def _ask(self, sheet: Sheet) -> Ask | None:
        """Who writes what the bank lacks; nobody where only the bank is asked."""
        if sheet.bank == "only":
            return None
        return partial(self.host.answers, adapter=sheet.adapter or None, strict=sheet.strict)

    def _bank(self, sheet: Sheet) -> Bank | None:
        return None if sheet.bank == "off" else Bank(read_own(own_file(self.folders.user_data)))

    def _known(self, adapter: str) -> Set[str]:
        """The sentences that the adapter was trained on, as far as they are still there."""
        return training_sentences(None, self.adapter_folder(adapter)) if adapter else frozenset()

    # Afterwards

    def show(self, job: Job, language: str) -> Updates:
        if not isinstance(job.result, Sheet):
            return {}
        files = dict(zip(self.downloads, downloads(job.result), strict=False))
        return {self.sheet: sheet_table(job.result, language), self.after: gr.update(visible=True), **files}

    def ended(self, job: Job, language: str) -> Updates:
        if not isinstance(job.result, Sheet):
            return {}
        adapter = job.result.adapter
        trained = check_adapter(self.adapter_folder(adapter)).level if adapter else ""
        return {self.status: note(summary(job.result, trained, language), "good")}


def _named(key: str, values: Sequence[str]) -> Callable[[str], list[Any]]:
    """`values` as choices, each by its name in the language of the page."""
    return lambda language: [(text(f"write.{key}.{value}", language), value) for value in values]


def _progress(job: Job, language: str) -> Callable[[int, int, int], None]:
    def report(attempt: int, done: int, total: int) -> None:
        key = "write.writing" if attempt == 1 else "write.once_more"
        job.progress(text(key, language, attempt=attempt), done, total)

    return report
