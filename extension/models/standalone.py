"""The host without a webui: our own loader, or an OpenAI-compatible server that only answers."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ...exporter.common.errors import ModelError, Option
from ...exporter.common.webui import Webui
from ...exporter.records.prompt import ListPrompt
from .asking import GREEDY, OnAnswer, Reply, Sampling, no_progress
from .host import ChatField, Lender, ModelState, ask, prompt_form_of
from .loading import Loaded, check_model_name, load, load_tokenizer
from .pristine import NotRestored
from .server import Server

_NO_MODEL = "No model was chosen. Start the studio with {option}."


class Standalone(Lender):
    """Lends the model `model`, loaded at its first use; or asks the server `api`."""

    def __init__(self, folders: Webui, model: str | None = None, api: Server | None = None) -> None:
        if model is not None:
            check_model_name(model)
        super().__init__(folders)
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

    def _ready(self) -> Loaded:
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

    def _keep(self, loaded: Loaded, adapters: list[str]) -> None:
        self._loaded, self._applied = loaded, next(iter(adapters), None)

    def answers(
        self,
        prompts: Sequence[ListPrompt],
        adapter: str | None,
        *,
        sampling: Sampling = GREEDY,
        progress: OnAnswer = no_progress,
        strict: bool = False,
    ) -> list[Reply]:
        if self._api is not None:
            return replace(self._api, strict=strict).ask(prompts, sampling=sampling, progress=progress)
        with self.lend(adapter) as loaded:
            return ask(loaded, prompts, sampling=sampling, progress=progress, strict=strict)

    def chat_fields(self) -> dict[str, ChatField]:
        return {}
