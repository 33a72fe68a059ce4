"""The adapter folder: what peft and the webui read, what Training PRO's users look for, and our own metadata."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...exporter.common.checked import checked, read_object
from ...exporter.common.errors import InputError, ModelError, Option, Problem, TargetError
from ...exporter.common.files import atomic_folder, replaced, target_error
from ...exporter.common.lock import only_one
from ...exporter.common.versions import installed
from ...exporter.records.prompt import PROMPT_VERSION, Example, Record
from ..models.metadata import Data, Metadata
from . import plots
from .checkpoint import RESUME
from .log import NAME as LOG
from .log import LogEntry
from .model_card import NAME as README
from .model_card import model_card
from .settings import TrainSettings
from .source import RecipeSource

# What a run leaves that came to nothing, unless there is a checkpoint in it.
_PROBE = ".probe"
_NOTHING = {LOG, RESUME, ".part", _PROBE}
_LOG = "training_log.json"


@dataclass(frozen=True)
class Outcome:
    """What a run was and came to. `log` has an entry for every step and every evaluation."""

    settings: TrainSettings
    base: str
    base_class: str
    dataset: str
    records: int
    longer: int
    longest: int  # tokens of the longest record
    steps: int
    planned: int
    early: bool  # the evaluation loss fell no more
    kept: int  # the step whose adapter is the result
    train_loss: float
    seconds: float
    log: Sequence[LogEntry]
    recipe: RecipeSource
    failure: Problem | None = None  # why the run ended by itself before its time

    @property
    def stopped(self) -> bool:
        """Whether the run was stopped before its end."""
        return self.steps < self.planned and not self.early and self.failure is None

    @property
    def skipped(self) -> int:
        """Steps whose gradients were not finite, so that they changed nothing."""
        return sum(e.skipped for e in self.log)

    @property
    def kept_loss(self) -> float:
        """The evaluation loss of the adapter that is the result. NaN where nothing was evaluated."""
        of_kept = [e.eval_loss for e in self.log if e.eval_loss is not None and e.current_steps == self.kept]
        return of_kept[-1] if of_kept else math.nan

    @property
    def eval_losses(self) -> list[float]:
        return [e.eval_loss for e in self.log if e.eval_loss is not None]


@contextmanager
def run_folder(out: Path, *, resume: bool = False, force: bool = False) -> Iterator[None]:
    """`out` for one run alone: as it is, to `resume` the run in it, or empty for a new one.

    With `force`, the adapter that it held is kept beside it until there is another. It comes back when the run leaves
    nothing in `out`, or, if it was killed before it had anything to resume from, with the next run.

    Raises:
        TargetError: `out` holds something, another run is writing it, or it cannot be written.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(only_one(out))
            if not resume:
                _bring_back(out)
                _empty(out, force=force)
        except OSError as error:
            raise target_error(out, error) from error
        try:
            yield
        finally:
            _bring_back(out)


def _empty(out: Path, *, force: bool) -> None:
    """Make the folder, or refuse one that holds something."""
    kept = replaced(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        if not force:
            raise _taken(out, kept)
        check_replaceable(out)
        if kept.is_dir():  # `out` has no adapter; the one before it is still the one to keep
            shutil.rmtree(out)
        else:
            out.rename(kept)
    out.mkdir(parents=True, exist_ok=True)
    probe = out / _PROBE
    probe.touch()
    probe.unlink()


def _taken(out: Path, kept: Path) -> TargetError:
    problems = [Problem("{folder} already holds something. Choose another {out}, or replace it with {force}.")]
    if (out / RESUME).is_dir():
        problems = [Problem("{folder} holds an unfinished run. Resume it ({resume}), or choose another {out}.")]
    if kept.is_dir():
        problems.append(Problem("The adapter that it was to replace is in {kept}."))
    options = {name: Option(name) for name in ("out", "force", "resume")}
    values = {"folder": out, "kept": kept, **options}
    return TargetError(*(Problem(problem.message, values) for problem in problems))


def _bring_back(out: Path) -> None:
    """Before and after a run: the adapter that it has replaced goes, or comes back where the run came to nothing."""
    kept = replaced(out)
    if (out / "adapter_config.json").exists():
        shutil.rmtree(kept, ignore_errors=True)
    elif out.is_dir() and not out.is_symlink() and _came_to_nothing(out):
        shutil.rmtree(out)
    if kept.is_dir() and not out.exists():
        kept.rename(out)


def _came_to_nothing(out: Path) -> bool:
    return {p.name for p in out.iterdir()} <= _NOTHING and not any(out.glob(f"{RESUME}/checkpoint-*"))


def check_replaceable(out: Path) -> None:
    """Raises TargetError unless `out` is a folder that a training made."""
    ours = ("adapter_config.json", LOG, "checkpoint-*")
    if not out.is_dir() or not any(any(out.glob(name)) for name in ours):
        message = "{folder} is not an adapter folder, so it is not replaced. Choose another {option}."
        raise TargetError(message, folder=out, option=Option("out"))


def save_adapter(
    model: Any, out: Path, outcome: Outcome, records: Sequence[Record | Example], weights: Path | None = None
) -> None:
    """Write the folder `out`. The weights come under a temporary name and are renamed last; then it is drawn.

    They are those in the folder `weights` where it is given, else those of `model`.

    Raises:
        TargetError: the disk is full or the folder cannot be written.
    """
    part = out / ".part"
    shutil.rmtree(part, ignore_errors=True)  # of a process that was killed
    try:
        with _said(out):
            if weights is None:
                save_weights(model, part)
            else:
                shutil.copytree(weights, part)
            metadata = _metadata(outcome, records)
            _json(part / "training_parameters.json", _parameters(out.name, outcome))
            _json(part / _LOG, _training_log(outcome))
            _json(part / plots.GRAPH, [e.to_json() for e in outcome.log if e.loss is not None])
            metadata.save(part)
            (part / README).write_text(model_card(out.name, metadata, outcome, records), encoding="utf-8")
            for file in sorted(part.iterdir(), key=lambda f: f.name == "adapter_config.json"):
                file.replace(out / file.name)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    with suppress(ModelError):  # without matplotlib there are no pictures; the adapter is whole
        plots.draw(out, out.name, outcome.log)


def save_checkpoint(model: Any, out: Path, step: int, loss: float) -> None:
    """Write the adapter as it is now to `out/checkpoint-STEP-loss-X_XX`. Raises TargetError."""
    folder = out / f"checkpoint-{step}-loss-{loss:.2f}".replace(".", "_")
    with _said(out), atomic_folder(folder) as part:
        save_weights(model, part)


def save_weights(model: Any, folder: Path) -> None:
    """The adapter alone, as peft reads it."""
    model.save_pretrained(str(folder), save_embedding_layers=False)
    (folder / README).unlink(missing_ok=True)  # peft's empty template


@contextmanager
def _said(out: Path) -> Iterator[None]:
    """What the libraries raise when they cannot write, as an error about `out`."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, SafetensorError) as error:
        raise target_error(out, error) from error


def fingerprint(records: Sequence[Record | Example]) -> str:
    """SHA-256 over the texts of `records`, in order."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(record.text.encode() + b"\0")
    return digest.hexdigest()


def _metadata(outcome: Outcome, records: Sequence[Record | Example]) -> Metadata:
    settings, losses = asdict(outcome.settings), outcome.eval_losses
    return Metadata(
        level=settings.pop("level"),
        prompt_version=PROMPT_VERSION,
        form=outcome.settings.form,
        base_model=outcome.base,
        data=Data(outcome.dataset, outcome.records, fingerprint(records)),
        settings=settings,
        recipe=outcome.recipe.to_json(),
        adapter_of_step=outcome.kept,
        steps=outcome.steps,
        planned_steps=outcome.planned,
        seconds=round(outcome.seconds, 1),
        eval_loss={"before": losses[0], "after": outcome.kept_loss} if losses else None,
        versions={
            name: installed(name) or "not installed"
            for name in ("cefr-sentences", "torch", "transformers", "peft", "accelerate")
        },
    )


def _parameters(name: str, outcome: Outcome) -> dict[str, Any]:
    """What Training PRO's "copy parameters from" takes: its sliders know no 0, and its menus the stems of files."""
    stem, _, kind = outcome.dataset.rpartition(".")
    text = kind == "txt"
    return {
        "lora_name": name,
        "dataset": "None" if text else stem,
        "raw_text_file": stem if text else "None",
        "format": "None" if text else "cefr-sentences",
        **outcome.settings.as_training_pro(),
        "cutoff_len": outcome.settings.cutoff or -(-max(outcome.longest, 32) // 32) * 32,
        "warmup_steps": outcome.settings.warmup_steps(outcome.planned),
    }


def _training_log(outcome: Outcome) -> dict[str, Any]:
    last = next((e.to_json() for e in reversed(outcome.log) if e.loss is not None), {})
    return {
        "base_model_name": outcome.base,
        "base_model_class": outcome.base_class,
        **last,
        "train_loss": outcome.train_loss,
        "train_runtime": outcome.seconds,
        "train_samples_per_second": outcome.records * outcome.settings.epochs / outcome.seconds,
        "total_steps": outcome.steps,
        "projections": "-".join(outcome.settings.projections),
    }


def final_loss(adapter: Path) -> float | None:
    """The training loss in the log of an adapter's folder; None where it does not tell."""
    try:
        return checked(_Final, read_object(adapter / _LOG)).train_loss
    except (InputError, ValueError):
        return None


@dataclass(frozen=True)
class _Final:
    train_loss: float | None = None


def _json(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def training_of(adapter: Path, trained: Metadata) -> Path | None:
    """The training file that the metadata of an adapter in a webui's folder name, if it is there."""
    file = trained.data.file
    if not file or Path(file).name != file:
        return None
    path = adapter.resolve().parent.parent / "training" / "datasets" / file
    return path if path.is_file() else None
