"""The Data pane: a table of pairs into training files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr

from ...exporter.common.errors import InputError
from ...exporter.common.webui import Webui
from ...exporter.language.levels import TRAINABLE, parse_level
from ...exporter.pairs.checking import starter_pairs
from ...exporter.records.export import ExportSettings, export
from ...exporter.records.formats import FORMATS, read_records
from ...exporter.records.mix import Mix
from ...exporter.records.prompt import HARD_CUT
from ...exporter.records.slicer import SlicerReport, report
from ...exporter.records.summary import Summary
from ..models.jobs import Job
from . import paths
from .pictures import escape, histogram, note, records, table
from .texts import text
from .ui import Ui, Updates

STARTER = ""  # the choice that is no file
# Records whose tokens are counted for the picture; enough to see the spread, few enough for a slow tokenizer.
_COUNTED = 500


def build(ui: Ui) -> None:
    folders = ui.host.folders

    def tables(language: str) -> list[Any]:
        return [(text("data.starter", language), STARTER), *paths.tables(folders.datasets)]

    with gr.Row():
        with gr.Column():
            source = ui.choice("data.table", tables, value=STARTER)
            sent = ui.make(gr.File, "data.upload", type="filepath", file_count="single", height=110)
            level = ui.make(gr.Radio, "data.level", choices=list(TRAINABLE), value="A1")
            name = ui.make(gr.Textbox, "data.name", value="a1", max_lines=1)
        with gr.Column():
            number = ui.make(gr.Number, "data.records", value=400, precision=0)
            share = ui.make(gr.Slider, "data.share", minimum=0, maximum=0.5, step=0.05, value=0.1)
            mix = ui.make(gr.Textbox, "data.mix", value="10:70,8-9:20,6-7:10", max_lines=1)
            chunk = ui.make(gr.Number, "data.chunk", value=256, precision=0)
            replace = ui.make(gr.Checkbox, "data.replace", value=False)
    with gr.Row():
        look = ui.button("data.check")
        write = ui.button("data.export", variant="primary")
    status = gr.HTML(elem_id="cefr-data-status")
    found = gr.HTML(elem_id="cefr-data-found")

    def show(job: Job, language: str) -> Updates:
        return {found: _found(job.result, language)} if job.result else {}

    def work(publish: bool) -> Any:
        def handler(language: str, *values: Any) -> Any:
            if publish and ui.host.training_off == "multi-user":
                raise InputError(text("off", language))
            pairs, settings, force, length = _asked(folders, *values)

            def run(job: Job) -> dict[str, Any]:
                with tempfile.TemporaryDirectory() as scratch:
                    target: Any = folders if publish else Path(scratch)
                    summary = export(pairs, settings, target, force=force and publish, progress=job.progress)
                    made = read_records(summary.files["train_txt"])
                texts = [r.text for r in made]
                return {
                    "summary": summary,
                    "preview": texts[:3],
                    "chunk": length,
                    "cut": _sliced(ui.host.counter(), texts, length),
                }

            job = ui.host.files_desk.start("data", run)
            yield {found: ""}
            yield from ui.follow(job, language, lambda j: show(j, language), status)
            if publish and job.result:
                made = {**ui.select("dataset", f"{settings.name}.txt")}
                made |= ui.select("evaluation", f"{settings.name}_eval.txt") if settings.eval_records else {}
                yield {status: note(text("data.exported", language, folder=_short(folders)), "good"), **made}

        return handler

    def named(language: str, chosen: str, file: str | None, at: str) -> Updates:
        stem = Path(file).stem if file else Path(chosen).stem if chosen else ""
        clean = "".join(c if c.isalnum() or c in "-_" else "-" for c in stem)[:60].strip("-")
        new = f"{clean}-{at.lower()}" if clean and at.lower() not in clean.lower() else clean or at.lower()
        return {name: f"{new}-train" if new == clean else new}

    asked = [source, sent, level, name, number, share, mix, chunk, replace]
    ui.on(look.click, work(False), asked, [status, found], status)
    ui.on(write.click, work(True), asked, [status, found], status)
    for listener in (source.input, sent.upload, sent.clear, level.input):
        ui.on(listener, named, [source, sent, level], [name], status)
    ui.rejoin(ui.host.files_desk, "data", show, status, [found])


def _asked(
    folders: Any,
    source: str,
    sent: str | None,
    level: str,
    name: str,
    number: Any,
    share: Any,
    mix: str,
    chunk: Any,
    replace: bool,
) -> tuple[Path, ExportSettings, bool, int]:
    """What the fields say, checked. Raises InputError."""
    level = parse_level(str(level), TRAINABLE)
    if sent:
        pairs = paths.upload(sent)
    elif source == STARTER or source is None:
        pairs = starter_pairs(level)
    else:
        pairs = paths.dataset(folders.datasets, source, paths.tables(folders.datasets))
    settings = ExportSettings(
        level=level,
        name=str(name or ""),
        records=whole(number, "records"),
        mix=Mix.parse(str(mix)),
        eval_share=float(share),
    )
    length = whole(chunk, "chunk length")
    if not 16 <= length <= 1_000_000:
        raise InputError(f"The chunk length {length} is out of range: 16 to 1,000,000 tokens.")
    for made in FORMATS.values():
        for side in ("train", "eval"):
            paths.inside(folders.datasets, made.path(folders.datasets, settings.name, side).name)
    return pairs, settings, bool(replace), length


def _short(folders: Webui) -> Path:
    """The datasets folder, as seen from the webui's where it lies inside."""
    inside = folders.root in folders.datasets.parents and folders.root != folders.user_data
    return folders.datasets.relative_to(folders.root) if inside else folders.datasets


def _sliced(count: Callable[[str], int] | None, texts: list[str], chunk: int) -> SlicerReport | None:
    """Token lengths of the first records, and what Training PRO would do with them; None without a tokenizer."""
    if count is None:
        return None
    return report(HARD_CUT.join(texts[:_COUNTED]), lru_cache(maxsize=None)(count), chunk, overlap=False)


def whole(value: Any, what: str) -> int:
    """`value` of a number field. Raises InputError when it is none."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{str(value)[:40]!r} is no whole number for {what}.") from None


def _found(result: dict[str, Any], language: str) -> str:
    summary: Summary = result["summary"]

    def say(key: str, **values: Any) -> str:
        return text(f"data.{key}", language, **values)

    kinds = ("read", "used", "other_level", "doubled", "blank", "rejected")
    parts = [table([say(k) for k in kinds], [[getattr(summary.rows, k) for k in kinds]])]
    if rejects := summary.first_failed_rows:
        parts.append(f"<h4>{escape(say('rejects'))}</h4>")
        body = [[r.row, r.word[:40], str(r.reason)] for r in rejects]
        parts.append(table([say("row"), say("word"), say("reason")], body))
    head = [say(k) for k in ("side", "records", "words", "sentences", "uses", "sizes")]
    body = [
        [
            side,
            made.records,
            made.words,
            made.sentences,
            "-".join(str(n) for n in dict.fromkeys(made.uses_per_sentence)),
            ", ".join(f"{n}: {c:,}" for n, c in made.words_per_record.items()),
        ]
        for side, made in summary.sides.items()
    ]
    parts.append(table(head, body))
    parts.append(f"<h4>{escape(say('lengths'))}</h4>")
    cut, chunk = result["cut"], result["chunk"]
    if cut is not None:
        parts.append(histogram(cut.lengths, chunk, say("tokens"), say("over", chunk=chunk)))
        said = say("slicer", cut=f"{cut.cut:,}", records=f"{cut.records:,}", safe=f"{cut.safe_chunk:,}")
        parts.append(f"<p>{escape(said)}</p>")
    else:
        parts.append(f"<p>{escape(say('no_tokens'))}</p>")
    parts.append(f"<h4>{escape(say('preview'))}</h4>{records(result['preview'])}")
    return "".join(parts)
