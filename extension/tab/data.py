"""The Data pane: a table of pairs into training files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr

from ...exporter.common.errors import InputError, Option
from ...exporter.common.webui import Webui
from ...exporter.language.levels import TRAINABLE, parse_level
from ...exporter.pairs.checking import starter_pairs
from ...exporter.records.export import ExportSettings, export
from ...exporter.records.formats import FORMATS
from ...exporter.records.mix import Mix
from ...exporter.records.prompt import HARD_CUT
from ...exporter.records.reading import read_records
from ...exporter.records.slicer import SlicerReport, report
from ...exporter.records.summary import Summary
from ..models.jobs import Desk, Job
from ..training.preflight import FEW_RECORDS, problem
from . import paths
from .languages import number, text
from .markup import Markup, element, join, note, records, table
from .numbers import decimal, whole
from .pane import Pane
from .setting_labels import say_in
from .ui import Updates

STARTER = ""  # the choice that is not a file
# Records whose tokens are counted for the picture; enough to see the spread, few enough for a slow tokenizer.
_COUNTED = 500


@dataclass(frozen=True)
class DataFields:
    """What the fields of the pane hold, as the page sends it."""

    table: Any
    upload: Any
    level: Any
    name: Any
    records: Any
    share: Any
    mix: Any
    chunk: Any
    replace: Any


@dataclass(frozen=True)
class Exported:
    """What an export made, and what Training PRO would do with it; `cut` is None without a tokenizer."""

    summary: Summary
    preview: tuple[str, ...]
    chunk: int
    cut: SlicerReport | None


class DataPane(Pane):
    name = "data"
    jobs = ("data",)

    @property
    def desk(self) -> Desk:
        return self.host.files_desk  # it needs no model

    def build(self) -> None:
        with gr.Row():
            with gr.Column():
                source = self.choice("table", self._tables, value=STARTER)
                upload = self.make(gr.File, "upload", type="filepath", file_count="single", height=110)
            with gr.Column():
                level = self.make(gr.Radio, "level", choices=list(TRAINABLE), value="A1")
                name = self.make(gr.Textbox, "name", value="a1", max_lines=1)
                number = self.make(gr.Number, "records", value=400, precision=0)
        with self.make(gr.Accordion, "more", open=False):
            with gr.Row():
                share = self.make(gr.Slider, "share", minimum=0, maximum=0.5, step=0.05, value=0.1)
                mix = self.make(gr.Textbox, "mix", value="10:70,8-9:20,6-7:10", max_lines=1)
                chunk = self.make(gr.Number, "chunk", value=256, precision=0)
            replace = self.make(gr.Checkbox, "replace", value=False)
        self.fields = DataFields(source, upload, level, name, number, share, mix, chunk, replace)
        with gr.Row():
            self.check_button = self.button("check")
            self.export_button = self.button("export", variant="primary")
            self.make_stop_button()
        self.status = self.html("status")
        self.result = self.html("found")

    def connect(self) -> None:
        fields = self.fields
        self.on(self.check_button.click, self.check, vars(fields), [self.result])
        self.on(self.export_button.click, self.export, vars(fields), [self.result])
        named = {"table": fields.table, "upload": fields.upload, "level": fields.level}
        for listener in (fields.table.input, fields.upload.upload, fields.upload.clear, fields.level.input):
            self.on(listener, self.suggest_name, named, [fields.name, fields.table])
        self.rejoin([self.result])

    def _tables(self, language: str) -> list[Any]:
        return [(text("data.starter", language), STARTER), *paths.tables(self.folders.datasets)]

    # Events

    def check(self, language: str, **given: Any) -> Iterator[Updates]:
        """An export into a folder that is thrown away."""
        yield from self._run(language, DataFields(**given), publish=False)

    def export(self, language: str, **given: Any) -> Iterator[Updates]:
        self.refuse_when_shared()
        yield from self._run(language, DataFields(**given), publish=True)

    def suggest_name(self, language: str, table: str, upload: str | None, level: str) -> Updates:
        """A name for the files, from that of the table. While one has been sent, none is to be chosen."""
        level = str(level or "")
        stem = Path(upload or table or "").stem
        clean = "".join(c if c.isalnum() or c in "-_" else "-" for c in stem)[:60].strip("-")
        new = f"{clean}-{level.lower()}" if clean and level.lower() not in clean.lower() else clean or level.lower()
        hidden = gr.update(visible=not upload)
        return {self.fields.name: f"{new}-train" if new == clean else new, self.fields.table: hidden}

    def _run(self, language: str, fields: DataFields, *, publish: bool) -> Iterator[Updates]:
        pairs, settings, chunk = self._pairs(fields), _settings(fields), _chunk(fields)
        for made in FORMATS.values():
            for side in ("train", "eval"):
                paths.inside(self.folders.datasets, made.path(self.folders.datasets, settings.name, side).name)

        def work(job: Job) -> Exported:
            with tempfile.TemporaryDirectory() as scratch:
                target: Any = self.folders if publish else Path(scratch)
                progress = _progress(job, language)
                summary = export(pairs, settings, target, force=publish and bool(fields.replace), progress=progress)
                made = [record.text for record in read_records(summary.files["train_txt"])]
            return Exported(summary, tuple(made[:2]), chunk, _sliced(self.host.counter(), made, chunk))

        job = self.desk.start(self.name, work)
        yield {self.result: ""}
        yield from self.follow(job, language)
        if publish and job.result:
            yield self._published(settings, language)

    def _pairs(self, fields: DataFields) -> Path:
        """The chosen table. Raises InputError."""
        if fields.upload:
            return paths.upload(fields.upload)
        if fields.table == STARTER or fields.table is None:
            return starter_pairs(parse_level(str(fields.level), TRAINABLE))
        return paths.dataset(self.folders.datasets, fields.table, paths.tables(self.folders.datasets))

    def _published(self, settings: ExportSettings, language: str) -> Updates:
        """The files have been written: say where, and choose them in the other panes."""
        updates = self.ui.select("dataset", f"{settings.name}.txt")
        if settings.eval_records:
            updates |= self.ui.select("evaluation", f"{settings.name}_eval.txt")
        done = [text("data.exported", language, folder=_short(self.folders))]
        if (records := settings.records - settings.eval_records) < FEW_RECORDS:
            few = problem("few_records", records=records, needed=FEW_RECORDS)
            done.append(say_in(self.name, few, language))
        return {self.status: note("\n".join(done), "" if len(done) > 1 else "good"), **updates}

    def show(self, job: Job, language: str) -> Updates:
        return {self.result: _result(job.result, language)} if job.result else {}


def _settings(fields: DataFields) -> ExportSettings:
    """What the fields say, checked. Raises InputError."""
    return ExportSettings(
        level=parse_level(str(fields.level), TRAINABLE),
        name=str(fields.name or ""),
        records=whole(fields.records, "records"),
        mix=Mix.parse(str(fields.mix)),
        eval_share=decimal(fields.share, "eval_share"),
    )


def _chunk(fields: DataFields) -> int:
    length = whole(fields.chunk, "chunk")
    if not 16 <= length <= 1_000_000:
        raise InputError("{option} {length} is out of range: 16 to 1,000,000.", option=Option("chunk"), length=length)
    return length


def _progress(job: Job, language: str) -> Callable[[str, int, int], None]:
    """What tells the job how far the export is, in the reader's language."""
    return lambda what, done, total: job.progress(text(f"data.doing.{what}", language), done, total)


def _short(folders: Webui) -> Path:
    """The datasets folder, as seen from the webui's where it lies inside."""
    inside = folders.root in folders.datasets.parents and folders.root != folders.user_data
    return folders.datasets.relative_to(folders.root) if inside else folders.datasets


def _sliced(count: Callable[[str], int] | None, texts: list[str], chunk: int) -> SlicerReport | None:
    """Token lengths of the first records, and what Training PRO would do with them; None without a tokenizer."""
    if count is None:
        return None
    some = texts[:_COUNTED]
    return report(HARD_CUT.join(some), some, lru_cache(maxsize=None)(count), chunk, overlap=False)


def _result(exported: Exported, language: str) -> Markup:
    """What became of the rows, in a sentence; two records; and the figures for those who want them."""
    summary = exported.summary
    return join(
        element("p", element("b", _used(summary, language))),
        _rejects(summary, language),
        element("h4", text("data.preview", language)),
        records(exported.preview),
        element(
            "details",
            element("summary", text("data.figures", language)),
            _rows(summary, language),
            _sides(summary, language),
            element("h4", text("data.lengths", language)),
            _lengths(exported, language),
        ),
    )


def _used(summary: Summary, language: str) -> str:
    rows = summary.rows
    left_out = rows.read - rows.used
    key = "data.all_used" if not left_out else "data.some_used"
    return text(key, language, read=rows.read, used=rows.used, left=left_out)


def _rejects(summary: Summary, language: str) -> Markup:
    """The first rows that were rejected, and why."""
    if not (rejects := summary.first_failed_rows):
        return Markup()
    body = [[row.row, row.word[:40], say_in("data", row.reason, language)] for row in rejects]
    heads = _heads(("row", "word", "reason"), language)
    return join(element("h4", text("data.rejects", language)), table(heads, body))


def _rows(summary: Summary, language: str) -> Markup:
    """What became of the rows of the table."""
    kinds = ("read", "used", "other_level", "doubled", "blank", "rejected")
    counted = table(_heads(kinds, language), [[_count(getattr(summary.rows, kind), language) for kind in kinds]])
    said = [say_in("data", problem, language) for problem in (*summary.cleaned.said, *summary.notes)]
    return join(counted, *(element("p", line) for line in said))


def _sides(summary: Summary, language: str) -> Markup:
    """What the files for training and for evaluation hold."""
    body = [
        [
            text(f"data.side.{side}", language),
            *(_count(n, language) for n in (made.records, made.words, made.sentences)),
            "-".join(str(n) for n in dict.fromkeys(made.uses_per_sentence)),
            ", ".join(f"{n}: {_count(count, language)}" for n, count in made.words_per_record.items()),
        ]
        for side, made in summary.sides.items()
    ]
    return table(_heads(("side", "count", "words", "sentences", "uses", "sizes"), language), body)


def _lengths(exported: Exported, language: str) -> Markup:
    cut = exported.cut
    if cut is None:
        return element("p", text("data.no_tokens", language))
    values: dict[str, object] = {"shortest": min(cut.lengths), "longest": max(cut.lengths), "chunk": exported.chunk}
    values |= {"cut": cut.cut, "records": cut.records, "safe": cut.safe_chunk}
    return element("p", text("data.slicer", language, **values))


def _count(n: int, language: str) -> str:
    return number(f"{n:,}", language)


def _heads(keys: tuple[str, ...], language: str) -> list[str]:
    return [text(f"data.{key}", language) for key in keys]
