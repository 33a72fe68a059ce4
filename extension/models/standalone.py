"""The host without a webui: our own loader, or an OpenAI-compatible server that only answers."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any

from ...exporter.common.errors import ModelError, Option
from ...exporter.common.webui import Webui
from ...exporter.records.prompt import ListPrompt
from .asking import GREEDY, Progress, Reply, Sampling, no_progress
from .host import (
    APPLIED,
    Applied,
    ModelState,
    adapter_folder,
    ask,
    prompt_form_of,
    put_on_proved,
    take_off,
    with_adapter,
)
from .jobs import Desk
from .loading import Loaded, check_model_name, load, load_tokenizer
from .pristine import NotRestored, adapter_stays_on, restoring
from .server import Server

_NO_MODEL = "No model was chosen. Start the studio with {option}."


class Standalone:
    """Lends the model `model`, loaded at its first use; or asks the server `api`."""

    def __init__(self, folders: Webui, model: str | None = None, api: Server | None = None) -> None:
        if model is not None:
            check_model_name(model)
        self.desk, self.files_desk = Desk(), Desk()
        self.folders = folders
        self.strict_chat = False  # there is no Chat here
        self.chat_before: dict[str, Any] = {}
        self.training_off = "" if importlib.util.find_spec("torch") else "portable"
        self._name, self._api = model, api
        self._loaded: Loaded | None = None
        self._tokenizer: Any = None
        self._applied: str | None = None
        self._lock = threading.RLock()

    def state(self) -> ModelState:
        if self._api is not None:
            return ModelState(self._api.url, "answers", "API")
        if self._name is None or self.training_off:
            return ModelState("", "none")
        applied = (self._applied,) if self._applied else ()
        return ModelState(self._name, "trainable", "Transformers", applied)

    def tokenizer(self) -> Any:
        """The tokenizer alone, without waiting for the model. Raises ModelError."""
        if self._tokenizer is None:
            if self._name is None or self.training_off:
                raise ModelError(_NO_MODEL, option=Option("model"))
            self._tokenizer = load_tokenizer(self._name)
        return self._tokenizer

    def counter(self) -> Callable[[str], int] | None:
        if self._name is None or self.training_off:
            return None
        tokenizer = self.tokenizer()
        return lambda text: len(tokenizer.encode(text))

    def prompt_form(self, adapter: str | None) -> str:
        if self._api is not None:
            return self._api.prompt_form
        name = adapter or self._applied
        return prompt_form_of(self.folders.loras / name) if name else "instruct"

    def _model(self) -> Loaded:
        if self._name is None:
            raise ModelError(_NO_MODEL, option=Option("model"))
        if self._loaded is None:
            self._loaded = load(self._name)
        return self._loaded

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else uses the model meanwhile. One that stays changed is loaded again when it is needed next."""
        with self._lock:
            try:
                yield
            except NotRestored:
                self._loaded = self._applied = None
                raise

    @contextmanager
    def lend(self, adapter: str | None = None) -> Iterator[Loaded]:
        with self._alone():
            loaded = self._model()
            if self._applied == adapter:
                with adapter_stays_on(loaded.model) if adapter else nullcontext():
                    yield loaded
            elif self._applied is not None:
                raise ModelError(APPLIED, adapter=self._applied)
            else:
                with with_adapter(loaded, adapter_folder(self.folders, str(adapter))) as adapted:
                    yield adapted

    def answers(
        self,
        prompts: Sequence[ListPrompt],
        adapter: str | None,
        *,
        sampling: Sampling = GREEDY,
        progress: Progress = no_progress,
        strict: bool = False,
    ) -> list[Reply]:
        if self._api is not None:
            return replace(self._api, strict=strict).ask(prompts, sampling=sampling, progress=progress)
        with self.lend(adapter) as loaded:
            return ask(loaded, prompts, sampling=sampling, progress=progress, strict=strict)

    def apply(self, adapter: str | None) -> Applied | None:
        with self._alone():
            loaded = self._model()
            folder = adapter_folder(self.folders, adapter) if adapter is not None else None
            if self._applied is not None:
                with restoring():
                    loaded = Loaded(loaded.name, take_off(loaded.model), loaded.tokenizer)
                    self._loaded, self._applied = loaded, None
            if folder is None:
                return None
            adapted, applied = put_on_proved(loaded, folder)
            self._loaded, self._applied = adapted, applied.adapter
            return applied

    def chat_fields(self) -> dict[str, tuple[Any, Any]]:
        return {}
