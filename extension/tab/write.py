"""The Write pane: words in, the exact prompt, sentences out, one row again, downloads."""

from __future__ import annotations

import csv
import io
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr

from ...exporter.errors import InputError
from ...exporter.levels import TRAINABLE, parse_level
from ...exporter.profile import profiles
from ...exporter.prompt import MIN_WORDS, list_prompt, wrap
from ..host.base import GREEDY, Sampling, adapter_folder, adapter_names
from ..host.standalone import check_adapter
from ..jobs import Job
from ..writing.sentences import Written, chunks, write_sentences
from ..writing.words import split_words
from .data import whole
from .gradio_compat import copyable, root_page
from .pictures import note, table
from .texts import text
from .ui import Ui, Updates

NONE = ""
REDO_TEMPERATURE = 0.8


@dataclass(frozen=True)
class Sheet:
    """What was written: `rows` for `level`, by `adapter` (empty: the model as it is)."""

    rows: tuple[Written, ...]
    level: str
    adapter: str


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
            adapter = ui.choice("write.adapter", adapters, "adapter")
            run = ui.button("write.run", variant="primary")
        with gr.Column():
            prompt = gr.Textbox(
                elem_id="cefr-write-prompt",
                label=text("write.prompt", lists=1),
                lines=9,
                interactive=False,
                **copyable(),
            )
            counted = gr.HTML(elem_id="cefr-write-count")
    status = gr.HTML(elem_id="cefr-write-status")
    sheet = gr.HTML(elem_id="cefr-write-sheet")
    with gr.Row(visible=False) as after:
        row = ui.make(gr.Number, "write.row", value=1, precision=0)
        redo = ui.button("write.redo")
        as_csv = ui.make(gr.DownloadButton, "write.csv")
        as_tsv = ui.make(gr.DownloadButton, "write.tsv")

    def look(language: str, typed: str, at: str) -> Updates:
        if not typed.strip():
            return {prompt: "", counted: ""}
        asked = split_words(typed, text("write.words", language))
        lists = chunks(asked)
        said = text("write.count", language, words=len(asked), lists=len(lists))
        if len(asked) < MIN_WORDS:
            said += " " + text("write.few", language)
        whole_prompt = wrap(list_prompt(lists[0], parse_level(str(at), TRAINABLE)))
        label = text("write.prompt", language, lists=f"1/{len(lists)}")
        return {prompt: gr.update(value=whole_prompt, label=label), counted: note(said)}

    def show(job: Job, language: str) -> Updates:
        if not isinstance(job.result, Sheet):
            return {}
        files = dict(zip((as_csv, as_tsv), _files(job.result), strict=True))
        return {sheet: _table(job.result, language), after: gr.update(visible=True), **files}

    def begin(language: str, typed: str, at: str, chosen: str | None) -> Iterator[Updates]:
        asked = split_words(str(typed), text("write.words", language))
        goal = parse_level(str(at), TRAINABLE)
        # While an adapter is applied for everybody, the model as it is has it.
        applied = ui.host.state().adapters
        name = adapter_folder(folders, chosen).name if chosen else applied[0] if len(applied) == 1 else NONE

        def work(job: Job) -> Sheet:
            return Sheet(tuple(_ask(ui, job, language, asked, goal, name, GREEDY)), goal, name)

        yield from follow(language, work, {sheet: "", after: gr.update(visible=False)})

    def again(language: str, number: Any) -> Iterator[Updates]:
        last = ui.host.desk.last("write")
        before = last.result if last is not None else None
        index = whole(number, text("write.row", language)) - 1
        if not isinstance(before, Sheet) or not 0 <= index < len(before.rows):
            raise InputError(text("write.no_row", language, row=index + 1))

        def work(job: Job) -> Sheet:
            job.result = before  # stays in sight, and stays if this fails
            sampling = Sampling(REDO_TEMPERATURE, random.randrange(2**31))
            words_of_it = [before.rows[index].word]
            new = _ask(ui, job, language, words_of_it, before.level, before.adapter, sampling)
            return Sheet((*before.rows[:index], new[0], *before.rows[index + 1 :]), before.level, before.adapter)

        yield from follow(language, work, {})

    def follow(language: str, work: Any, first: Updates) -> Iterator[Updates]:
        job = ui.host.desk.start("write", work)
        yield first
        yield from ui.follow(job, language, lambda j: show(j, language), status)
        yield ended(job, language)

    def ended(job: Job, language: str) -> Updates:
        if not isinstance(job.result, Sheet) or job.error:
            return {}
        rows, found = job.result.rows, job.result
        lines = [text("write.done", language, used=sum(r.used for r in rows), words=len(rows))]
        trained = check_adapter(adapter_folder(folders, found.adapter)).get("level") if found.adapter else None
        if trained not in (None, found.level):
            values = {"name": found.adapter, "trained": trained, "level": found.level}
            lines.append(text("write.other_level", language, **values))
        return {status: note("\n".join(lines), "good")}

    def from_card(language: str, chosen: str | None) -> Updates:
        """An adapter knows its level."""
        if not chosen:
            return {}
        trained = check_adapter(adapter_folder(folders, chosen)).get("level")
        return {level: trained} if trained in TRAINABLE else {}

    results = [status, sheet, as_csv, as_tsv, after]
    for listener in (words.change, level.change, root_page().load):
        ui.on(listener, look, [words, level], [prompt, counted], counted)
    ui.on(adapter.change, from_card, [adapter], [level], status)
    ui.on(run.click, begin, [words, level, adapter], results, status)
    ui.on(redo.click, again, [row], results, status)
    ui.rejoin(ui.host.desk, "write", show, status, results[1:], ended)


def _ask(
    ui: Ui, job: Job, language: str, words: list[str], level: str, adapter: str, sampling: Sampling
) -> list[Written]:
    writing = text("write.writing", language)
    return write_sentences(
        lambda prompts, sizes: ui.host.answers(
            prompts, sizes, adapter or None, sampling, lambda done, total: job.progress(writing, done, total)
        ),
        words,
        level,
    )


def _table(found: Sheet, language: str) -> str:
    keys = ("number", "word", "sentence", "used", "sentence_level", "above")
    rows, flagged = [], []
    for i, (row, (at, above)) in enumerate(zip(found.rows, _judged(found), strict=True)):
        if not row.used:
            flagged.append(i)
        said = row.sentence if row.sentence is not None else text("write.no_sentence", language)
        used = text("write.yes" if row.used else "write.no", language)
        rows.append([str(i + 1), row.word, said, used, at, above])
    return table([text(f"write.{k}", language) for k in keys], rows, flagged)


@lru_cache(maxsize=8)  # it is asked for each time the page is brought up to date
def _judged(found: Sheet) -> list[tuple[str, str]]:
    """Level and words above the target of each sentence, by the judge; empty where there is no sentence."""
    return [(p.level, ", ".join(p.above)) for p in profiles([r.sentence or "" for r in found.rows], found.level)]


@lru_cache(maxsize=8)
def _files(found: Sheet) -> tuple[str, str]:
    """The sheet as CSV and as Anki's TSV (sentence, word, tags), in a folder of the system for such files."""
    folder = Path(tempfile.mkdtemp(prefix="cefr-"))
    table_file, anki = folder / f"sentences-{found.level.lower()}.csv", folder / f"anki-{found.level.lower()}.tsv"
    text_out = io.StringIO(newline="")
    writer = csv.writer(text_out, lineterminator="\r\n")
    writer.writerow(["word", "sentence", "used", "level", "above", "target", "adapter"])
    for row, (level, above) in zip(found.rows, _judged(found), strict=True):
        used = "yes" if row.used else "no"
        writer.writerow([row.word, row.sentence or "", used, level, above, found.level, found.adapter])
    table_file.write_bytes(b"\xef\xbb\xbf" + text_out.getvalue().encode())  # Excel wants to be told that it is UTF-8
    lines = ["#separator:tab", "#html:false", "#tags column:3"]
    lines += [f"{r.sentence}\t{r.word}\tcefr::{found.level}" for r in found.rows if r.used]
    anki.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return str(table_file), str(anki)
