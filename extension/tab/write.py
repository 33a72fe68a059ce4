"""The Write pane: words in, the exact prompt, sentences out, one row again, downloads."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Set
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import gradio as gr

from ...exporter.common.errors import InputError
from ...exporter.language.levels import TRAINABLE, parse_level
from ...exporter.records.prompt import ListPrompt, wrap
from ..models.asking import Ask
from ..models.host import adapter_folder, adapter_names
from ..models.jobs import Job
from ..models.loading import check_adapter
from ..writing.known import training_sentences
from ..writing.lists import full_lists
from ..writing.output_formats import OUTPUT_FORMATS, write_sheet
from ..writing.sheet import Sheet, count
from ..writing.words import problem, split_words
from ..writing.write import WriteSettings, rewrite, write_sentences
from .data import whole
from .gradio_compat import copyable, root_page
from .pictures import note, table
from .texts import text
from .ui import Ui, Updates

NONE = ""
_HIDDEN = gr.update(visible=False)
_DOWNLOADS = [f for f in OUTPUT_FORMATS if f.in_tab]


def build(ui: Ui) -> None:
    folders = ui.host.folders

    def adapters(language: str) -> list[Any]:
        # What runs in llama.cpp or behind a server takes no adapter of ours.
        names = [] if ui.host.state().kind == "answers" else adapter_names(folders)
        return [*names, (text("write.none", language), NONE)]

    with gr.Row():
        with gr.Column():
            words = ui.make(gr.Textbox, "write.words", lines=5, value="happy, book, friend")
            level = ui.make(gr.Radio, "write.level", choices=list(TRAINABLE), value="A1")
            with gr.Row():
                candidates = ui.make(gr.Slider, "write.candidates", minimum=1, maximum=16, step=1, value=4)
                tries = ui.make(gr.Slider, "write.tries", minimum=1, maximum=10, step=1, value=4)
            adapter = ui.choice("write.adapter", adapters, "adapter")
            strict = ui.make(gr.Checkbox, "write.strict", value=False)
            run = ui.button("write.run", variant="primary")
        with gr.Column():
            prompt = gr.Textbox(
                elem_id="cefr-write-prompt",
                label=text("write.prompt", lists=1),
                lines=9,
                interactive=False,
                **copyable(),
            )
            counted_words = gr.HTML(elem_id="cefr-write-count")
    status = gr.HTML(elem_id="cefr-write-status")
    sheet = gr.HTML(elem_id="cefr-write-sheet")
    with gr.Row(visible=False) as after:
        row = ui.make(gr.Number, "write.row", value=1, precision=0)
        redo = ui.button("write.redo")
        downloads = [ui.make(gr.DownloadButton, f"write{f.ending}", visible=f.available) for f in _DOWNLOADS]

    def look(language: str, typed: str, at: str, chosen: str | None) -> Updates:
        if not typed.strip():
            return {prompt: "", counted_words: ""}
        asked = [word for word in split_words(typed, text("write.words", language)) if not problem(word)]
        lists = full_lists(asked, asked, None)
        said = text("write.count", language, words=len(asked), lists=len(lists))
        message = ListPrompt(parse_level(str(at), TRAINABLE), tuple(lists[0])).text
        chat = ui.host.prompt_form(chosen or None) == "chat"
        label = text("write.message" if chat else "write.prompt", language, lists=f"1/{len(lists)}")
        shown = gr.update(value=message if chat else wrap(message), label=label)
        return {prompt: shown, counted_words: note(said)}

    def show(job: Job, language: str) -> Updates:
        if not isinstance(job.result, Sheet):
            return {}
        files = dict(zip(downloads, _files(job.result), strict=False))
        return {sheet: _table(job.result, language), after: gr.update(visible=True), **files}

    def begin(language: str, typed: str, at: str, chosen: str | None, held: Any, *numbers: Any) -> Iterator[Updates]:
        asked = split_words(str(typed), text("write.words", language))
        goal = parse_level(str(at), TRAINABLE)
        labels = ("write.candidates", "write.tries")
        settings = WriteSettings(goal, *(whole(n, text(k, language)) for n, k in zip(numbers, labels, strict=True)))
        # While an adapter is applied for everybody, the model as it is has it.
        applied = ui.host.state().adapters
        name = adapter_folder(folders, chosen).name if chosen else applied[0] if len(applied) == 1 else NONE
        work = partial(_write, ui, language, asked, settings, name, bool(held))
        yield from follow(language, work, {sheet: "", after: _HIDDEN})

    def again(language: str, number: Any) -> Iterator[Updates]:
        last = ui.host.desk.last("write")
        before = last.result if last is not None else None
        index = whole(number, text("write.row", language)) - 1
        if not isinstance(before, Sheet) or not 0 <= index < len(before.rows):
            raise InputError(text("write.no_row", language, row=index + 1))
        yield from follow(language, partial(_write_anew, ui, language, before, index), {})

    def follow(language: str, work: Any, first: Updates) -> Iterator[Updates]:
        job = ui.host.desk.start("write", work)
        yield first
        yield from ui.follow(job, language, lambda j: show(j, language), status)
        yield ended(job, language)

    def ended(job: Job, language: str) -> Updates:
        if not isinstance(job.result, Sheet) or job.error:
            return {}
        return {status: note(_summary(ui, job.result, language), "good")}

    def from_card(language: str, chosen: str | None) -> Updates:
        """An adapter knows its level."""
        if not chosen:
            return {}
        trained = check_adapter(adapter_folder(folders, chosen)).get("level")
        return {level: trained} if trained in TRAINABLE else {}

    results = [status, sheet, *downloads, after]
    for listener in (words.change, level.change, adapter.change, root_page().load):
        ui.on(listener, look, [words, level, adapter], [prompt, counted_words], counted_words)
    ui.on(adapter.change, from_card, [adapter], [level], status)
    ui.on(run.click, begin, [words, level, adapter, strict, candidates, tries], results, status)
    ui.on(redo.click, again, [row], results, status)
    ui.rejoin(ui.host.desk, "write", show, status, results[1:], ended)


def _write(
    ui: Ui, language: str, words: list[str], settings: WriteSettings, adapter: str, strict: bool, job: Job
) -> Sheet:
    ask, known = _ask(ui, adapter, strict), _known(ui, adapter)
    rows = write_sentences(ask, words, settings, known=known, progress=_told(job, language))
    return Sheet(tuple(rows), settings.level, adapter, strict)


def _known(ui: Ui, adapter: str) -> Set[str]:
    """The sentences that the adapter was trained on, as far as they are still there."""
    return training_sentences(None, adapter_folder(ui.host.folders, adapter)) if adapter else frozenset()


def _write_anew(ui: Ui, language: str, before: Sheet, index: int, job: Job) -> Sheet:
    job.result = before  # stays in sight, and stays if this fails
    settings = WriteSettings(before.level, seed=random.randrange(2**31))
    ask, known = _ask(ui, before.adapter, before.strict), _known(ui, before.adapter)
    row = rewrite(ask, before.rows, index, settings, _told(job, language), known)
    return replace(before, rows=(*before.rows[:index], row, *before.rows[index + 1 :]))


def _summary(ui: Ui, found: Sheet, language: str) -> str:
    n = count(found.rows)
    lines = [text("write.done", language, used=sum(row.used for row in found.rows), words=n.asked)]
    lines += [text(f"write.some_{k}", language, n=v) for k, v in (("flagged", n.rejected), ("skipped", n.skipped)) if v]
    card = check_adapter(adapter_folder(ui.host.folders, found.adapter)) if found.adapter else {}
    if (trained := card.get("level")) not in (None, found.level):
        values = {"name": found.adapter, "trained": trained, "level": found.level}
        lines.append(text("write.other_level", language, **values))
    return "\n".join(lines)


def _ask(ui: Ui, adapter: str, strict: bool) -> Ask:
    return partial(ui.host.answers, adapter=adapter or None, strict=strict)


def _told(job: Job, language: str) -> Callable[[int, int, int], None]:
    def told(attempt: int, done: int, total: int) -> None:
        key = "write.writing" if attempt == 1 else "write.once_more"
        job.progress(text(key, language, attempt=attempt), done, total)

    return told


def _table(found: Sheet, language: str) -> str:
    keys = ("number", "word", "sentence", "used", "sentence_level", "above", "tried", "reason")
    rows = []
    for i, row in enumerate(found.rows):
        said = row.sentence if row.sentence is not None else text("write.no_sentence", language)
        used = text("write.yes" if row.used else "write.no", language)
        why = "; ".join(text(f"write.reason.{reason}", language, detail=row.detail) for reason in row.reasons)
        rows.append([str(i + 1), row.word, said, used, row.level, ", ".join(row.above), str(row.tries), why])
    flagged = [i for i, row in enumerate(found.rows) if not row.accepted]
    return table([text(f"write.{k}", language) for k in keys], rows, flagged)


@lru_cache(maxsize=8)  # it is asked for each time the page is brought up to date
def _files(found: Sheet) -> list[str]:
    """The sheet as a table and as decks for Anki, in a folder of the system for such files."""
    folder = Path(tempfile.mkdtemp(prefix="cefr-"))
    names = [f.file_name(found.level) for f in _DOWNLOADS if f.available]
    for name in names:
        write_sheet(folder / name, found)
    return [str(folder / name) for name in names]
