"""What lends us a model: the webui, or our own loader. Everything else asks the model through this."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ...exporter.common.errors import ModelError
from ...exporter.common.files import is_text
from ...exporter.common.webui import Webui
from ...exporter.records.prompt import ListPrompt
from .adapter import apply_adapter, check_adapter
from .asking import GREEDY, OnAnswer, Reply, Sampling, no_progress
from .jobs import Desk
from .limits import device_limits
from .loading import Loaded
from .pristine import adapter_stays_on, put_back, restoring, take_layers_out

APPLIED = "The adapter {adapter} is applied. Remove it first."


@dataclass(frozen=True)
class ModelState:
    """What is loaded. `kind`: `none`, `trainable` (a Transformers model) or `answers` (it can only be asked).

    `adapters` are the names of the LoRAs that are applied; `dirty` says that another trainer has changed
    the model, which is reloaded before we use it.
    """

    name: str
    kind: str
    loader: str = ""
    adapters: tuple[str, ...] = ()
    dirty: bool = False


@dataclass(frozen=True)
class Applied:
    """The proof that an adapter works: the layers it changed, and the largest change of a logit."""

    adapter: str
    layers: int
    difference: float


@dataclass(frozen=True)
class ChatField:
    """A component of the host's own page, and what it holds while an adapter is applied: `value`, or the adapter."""

    component: Any
    value: Any = None
    holds_adapter: bool = False


class Host(Protocol):
    """A model on loan, and the folders that go with it.

    `training_off` is why nobody may train or change the model here: empty, `portable` (no torch in this Python) or
    `multi-user`. `desk` runs the jobs that need the model, `files_desk` those that need only files; both outlive the
    page, which the webui builds again when its interface is restarted.
    """

    desk: Desk
    files_desk: Desk
    folders: Webui
    strict_chat: bool  # whether answers to list prompts in Chat are restricted to the vocabulary of their level
    chat_before: dict[str, Any]  # what the `chat_fields` held before an adapter was applied

    @property
    def training_off(self) -> str: ...

    def state(self) -> ModelState: ...

    def tokenizer(self) -> Any:
        """The model's tokenizer. Raises ModelError where there is none."""
        ...

    def counter(self) -> Callable[[str], int] | None:
        """Counts a text's tokens, special tokens included, with the model's tokenizer; None where there is none."""
        ...

    def prompt_form(self, adapter: str | None) -> str:
        """The prompt form that `adapter`, or without one the loaded model, expects: `instruct` or `chat`."""
        ...

    def lend(self, adapter: str | None = None) -> AbstractContextManager[Loaded]:
        """The model for our exclusive use: bare, or with `adapter` (a name in the loras folder).

        Raises ModelError: no model, not a Transformers model, or another LoRA is applied.
        """
        ...

    def answers(
        self,
        prompts: Sequence[ListPrompt],
        adapter: str | None,
        *,
        sampling: Sampling = GREEDY,
        progress: OnAnswer = no_progress,
        strict: bool = False,
    ) -> list[Reply]:
        """The model's answers to `prompts`, in order.

        `strict` restricts each answer to the vocabulary of its prompt's level and words. Raises InputError where the
        loader or the server does not keep to it.
        """
        ...

    def apply(self, adapter: str | None) -> Applied | None:
        """Apply `adapter` (None: remove all) for everyone who uses the model, and prove that it works.

        Raises ModelError when it cannot be applied, or changes nothing.
        """
        ...

    def chat_fields(self) -> Mapping[str, ChatField]:
        """What Chat needs to ask as the adapter was trained, by a name that the host chooses."""
        ...


class Lender:
    """What both hosts do alike: lend the model with an adapter or without, and apply an adapter for everybody.

    A host says how nobody else uses the model meanwhile (`_alone`), gives it as it is (`_ready`), and takes it as it is
    from now on (`_keep`); `_given_back` is called when it was lent while the adapters `applied` were on.
    """

    def __init__(self, folders: Webui) -> None:
        self.desk, self.files_desk = Desk(), Desk()
        self.folders = folders
        self.strict_chat = False
        self.chat_before: dict[str, Any] = {}

    def state(self) -> ModelState:
        raise NotImplementedError

    def _alone(self) -> AbstractContextManager[None]:
        raise NotImplementedError

    def _ready(self) -> Loaded:
        raise NotImplementedError

    def _keep(self, loaded: Loaded, adapters: list[str]) -> None:
        raise NotImplementedError

    def _given_back(self, applied: tuple[str, ...]) -> None:
        pass

    @contextmanager
    def lend(self, adapter: str | None = None) -> Iterator[Loaded]:
        with self._alone():
            loaded = self._ready()
            applied = self.state().adapters
            try:
                if applied == ((adapter,) if adapter else ()):
                    with adapter_stays_on(loaded.model) if adapter else nullcontext():
                        yield loaded
                elif applied:
                    raise ModelError(APPLIED, adapter=", ".join(applied))
                else:
                    with with_adapter(loaded, adapter_folder(self.folders, str(adapter))) as adapted:
                        yield adapted
            finally:
                self._given_back(applied)

    def apply(self, adapter: str | None) -> Applied | None:
        with self._alone():
            loaded = self._ready()
            folder = adapter_folder(self.folders, adapter) if adapter is not None else None
            if self.state().adapters:
                with restoring():
                    loaded = Loaded(loaded.name, _take_off(loaded.model), loaded.tokenizer)
                    self._keep(loaded, [])
            if folder is None:
                return None
            adapted, applied = _put_on_proved(loaded, folder)
            self._keep(adapted, [applied.adapter])
            return applied


def adapter_names(folders: Webui) -> list[str]:
    """The adapters in the loras folder, newest first."""
    try:
        # A name with a dot is a folder that is being replaced.
        adapters = [
            p
            for p in folders.loras.iterdir()
            if not p.name.startswith(".") and is_text(p.name) and (p / "adapter_config.json").is_file()
        ]
        return [p.name for p in sorted(adapters, key=lambda p: p.stat().st_mtime, reverse=True)]
    except OSError:
        return []


def adapter_folder(folders: Webui, name: str) -> Path:
    """The folder of the adapter `name`. Raises ModelError unless it is one that `adapter_names` lists."""
    if name not in adapter_names(folders):
        raise ModelError("There is no adapter {name} in {folder}.", name=repr(name[:80]), folder=folders.loras)
    folder = folders.loras / name
    if folder.resolve().parent != folders.loras.resolve():
        raise ModelError(
            "{name} is a link to a place outside {folder}. Copy the adapter into that folder.",
            name=repr(name),
            folder=folders.loras,
        )
    check_adapter(folder)
    return folder


@contextmanager
def with_adapter(loaded: Loaded, folder: Path) -> Iterator[Loaded]:
    """`loaded` with the adapter in `folder` for the length of the block; afterwards as it was."""
    with put_back(loaded.model):
        yield _put_on(loaded, folder)


def prompt_form_of(folder: Path) -> str:
    """The prompt form that the adapter in `folder` was trained with; `instruct` where other software trained it."""
    return check_adapter(folder).form


def _put_on(loaded: Loaded, folder: Path) -> Loaded:
    """The model with the adapter in it, ready to answer. Raises ModelError when they do not fit."""
    model = apply_adapter(loaded.model, folder, loaded.name, folder.name)
    return Loaded(loaded.name, model, loaded.tokenizer, prompt_form_of(folder))


def _take_off(adapted: Any) -> Any:
    """The model that `_put_on_proved` was given, without the adapter."""
    base = adapted.get_base_model()
    take_layers_out(base)
    return base


def _put_on_proved(loaded: Loaded, folder: Path) -> tuple[Loaded, Applied]:
    """The model with the adapter in it, and the proof that it works. After an error the model is as it was."""
    with put_back(loaded.model, only_after_an_error=True):
        adapted = _put_on(loaded, folder)
        return adapted, prove(adapted, folder.name)


def ask(loaded: Loaded, prompts: Sequence[ListPrompt], **how: Any) -> list[Reply]:
    """The answers of a model on loan; `how` is as in `Host.answers`."""
    from .generate import generate

    return generate(loaded.model, loaded.tokenizer, prompts, prompt_form=loaded.prompt_form, **how)


@device_limits()
def prove(loaded: Loaded, adapter: str) -> Applied:
    """Ask the model one prompt with and without `adapter`. Raises ModelError when that makes no difference."""
    import torch

    from .prompt_form import prompt_ids

    model = loaded.model
    if adapter not in getattr(model, "peft_config", {}):
        raise ModelError(
            "The adapter {adapter} is not in the model. Reload the model and apply it again.", adapter=adapter
        )
    layers = sum(1 for name, _ in model.named_modules() if name.endswith("lora_A"))
    prompt = ListPrompt("A1", ("happy", "book"))
    ids = torch.tensor([prompt_ids(loaded.tokenizer, prompt, loaded.prompt_form)], device=model.device)
    with torch.inference_mode():
        adapted = model(input_ids=ids).logits[0, -1].float()
        with model.disable_adapter():
            bare = model(input_ids=ids).logits[0, -1].float()
    difference = float((adapted - bare).abs().max())
    if math.isnan(difference):
        raise ModelError(
            "With the adapter {adapter} the model computes NaN. Its training has failed: train it again with a lower "
            "learning rate.",
            adapter=adapter,
        )
    if not difference > 0:
        raise ModelError(
            "The adapter {adapter} changes nothing: its weights are zero. Train it again, or for longer.",
            adapter=adapter,
        )
    return Applied(adapter, layers, difference)
