"""The host inside text-generation-webui, both lines (v3.15 and v4.7): its loaded model, its folders, its Chat.

Only this file imports the webui's `modules`, and only when it is asked something: the webui sets its model,
its lock and its components while it starts.
"""

from __future__ import annotations

import importlib
import importlib.util
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ...exporter.common.errors import InputError, ModelError
from ...exporter.common.webui import Webui
from ...exporter.records.prompt import wrap
from ..install.template import instruction_template
from .host import (
    GREEDY,
    NO_STRICT,
    Applied,
    ModelState,
    Progress,
    Sampling,
    adapter_folder,
    form_of,
    prove,
    put_on,
    take_off,
    with_adapter,
)
from .jobs import Desk, stopping
from .loading import META, Loaded

_PROBLEM = {
    "none": "No model is loaded. Load a Transformers model in the Model tab first.",
    "answers": "{name} runs in {loader}, which can answer but cannot be trained or take this adapter. Load the "
    "Transformers version of the same model (a folder with config.json and .safetensors files) in the Model tab.",
}


def _module(name: str) -> Any:
    return importlib.import_module(f"modules.{name}")


class InWebui:
    """Lends the model that the webui has loaded. `shared` is its module of that name."""

    def __init__(self) -> None:
        self.desk, self.files_desk = Desk(), Desk()
        self.strict_chat = False
        self.shared = _module("shared")
        root = Path(str(self.shared.__file__)).resolve().parent.parent
        args = self.shared.args
        # v3 keeps its data in its own folder; v4 says where they are.
        user_data = Path(getattr(self.shared, "user_data_dir", root / "user_data"))
        self.folders = Webui(
            root,
            (root / user_data).resolve(),
            lora_dir=(root / args.lora_dir).resolve(),
            model_dir=(root / args.model_dir).resolve(),
        )

    @property
    def training_off(self) -> str:
        # Asked each time: the webui's Session tab changes its flags while it runs.
        if getattr(self.shared.args, "multi_user", False):
            return "multi-user"
        return "" if all(importlib.util.find_spec(m) for m in ("torch", "transformers", "peft")) else "portable"

    def state(self) -> ModelState:
        shared = self.shared
        name = str(shared.model_name)
        if shared.model is None:
            # v4 and v3 put an idle model away and keep its name
            return ModelState("" if name == "None" else name, "none")
        loader = str(shared.args.loader or "")
        trainable = loader == "Transformers" and hasattr(shared.model, "named_modules")
        return ModelState(
            name,
            "trainable" if trainable else "answers",
            loader,
            tuple(shared.lora_names),
            bool(shared.model_dirty_from_training),
        )

    def tokenizer(self) -> Any:
        """The tokenizer of the loaded model. Raises ModelError where there is none."""
        if self.shared.tokenizer is None:
            raise ModelError(_PROBLEM["none"])
        return self.shared.tokenizer

    def counter(self) -> Callable[[str], int] | None:
        if self.shared.tokenizer is None:
            return None
        return _module("text_generation").get_encoded_length

    def ours(self, adapters: Sequence[str]) -> bool:
        """Whether these are adapters of ours, which ask for our prompt in its own form."""
        known = bool(adapters) and all((self.folders.loras / name / META).is_file() for name in adapters)
        return known and self._form(adapters) == "instruct"

    def form(self, adapter: str | None) -> str:
        return self._form((adapter,) if adapter else self.state().adapters)

    def _form(self, adapters: Sequence[str]) -> str:
        try:
            return form_of(self.folders.loras / adapters[0]) if len(adapters) == 1 else "instruct"
        except ModelError:  # not one that we could have trained
            return "instruct"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the webui's lock: it answers one question at a time. A job that is stopped need not wait for it."""
        lock = self.shared.generation_lock  # made after the webui has loaded its model
        while lock is not None and not lock.acquire(timeout=1):
            if stopping():
                raise ModelError("Stopped while waiting for Chat to end its answer.")
        try:
            yield
        finally:
            _module("models").last_generation_time = time.time()  # or an idle model is put away at once
            if lock is not None:
                lock.release()

    def _reload(self) -> None:
        """Load the model anew, keeping its name: the webui's own `reload_model` forgets it (v3.15, v4.7)."""
        name, models = self.shared.model_name, _module("models")
        models.unload_model()
        self.shared.model, self.shared.tokenizer = models.load_model(name)
        if self.shared.model is None:
            raise ModelError(f"The webui could not load {name} again. Load it in the Model tab.")

    def _ready(self) -> Loaded:
        """The model as the webui has it, after putting away what another trainer left in it."""
        shared = self.shared
        if shared.model is None and shared.model_name not in (None, "None"):
            shared.model, shared.tokenizer = _module("models").load_model(shared.model_name)
        elif shared.model is not None and shared.model_dirty_from_training:
            # The webui's trainer and Training PRO say "dirty" when they begin, and train in a thread of this name.
            if any("threaded_run" in thread.name for thread in threading.enumerate()):
                raise ModelError("Another training is running in this webui. Wait until it has ended.")
            self._reload()
        state = self.state()
        if state.kind != "trainable":
            raise ModelError(_PROBLEM[state.kind].format(name=state.name, loader=state.loader))
        return Loaded(state.name, shared.model, shared.tokenizer, self._form(state.adapters))

    @contextmanager
    def lend(self, adapter: str | None = None) -> Iterator[Loaded]:
        with self._alone():
            loaded = self._ready()
            applied = self.state().adapters
            try:
                if applied == ((adapter,) if adapter else ()):
                    yield loaded
                elif applied:
                    raise ModelError(f"The LoRA {', '.join(applied)} is applied. Take it off first.")
                else:
                    with with_adapter(loaded, adapter_folder(self.folders, str(adapter))) as adapted:
                        yield adapted
            finally:
                if self.shared.model is not None and self.state().adapters != applied:
                    # Somebody has applied a LoRA in the Model tab meanwhile; its layers went with ours.
                    self.shared.model_dirty_from_training = True

    def answers(
        self,
        instructions: Sequence[str],
        words: Sequence[int],
        adapter: str | None,
        sampling: Sampling = GREEDY,
        progress: Progress = lambda done, total: None,
        *,
        strict: bool = False,
    ) -> list[str]:
        from .generate import generate

        if self.shared.model is None and self.state().name:
            with self._alone(), suppress(ModelError):
                self._ready()  # an idle model is loaded again; what kind it is shows then
        if self.state().kind == "answers" and adapter is None:
            if strict:
                raise InputError(NO_STRICT)
            return self._ask_the_loader(instructions, words, sampling, progress)
        with self.lend(adapter) as loaded:
            return generate(
                loaded.model,
                loaded.tokenizer,
                instructions,
                words,
                sampling=sampling,
                form=loaded.form,
                progress=progress,
                strict=strict,
            )

    def _ask_the_loader(
        self, instructions: Sequence[str], words: Sequence[int], sampling: Sampling, progress: Progress
    ) -> list[str]:
        """llama.cpp, ExLlama and the like, through the webui's own generation."""
        from .generate import HEADING, answer_tokens

        generation = _module("text_generation")
        answers = []
        temperatures = sampling.temperatures(len(instructions))
        for instruction, n, temperature in zip(instructions, words, temperatures, strict=True):
            progress(len(answers), len(instructions))
            state = {
                **self.shared.settings,
                "max_new_tokens": answer_tokens(n),
                "auto_max_new_tokens": False,
                "temperature": temperature or 0.01,
                "do_sample": bool(temperature),
                "top_k": 0 if temperature else 1,
                "seed": sampling.seed + len(answers),
                "stream": False,
                "custom_stopping_strings": "",
            }
            replies = list(generation.generate_reply(wrap(instruction), state, stopping_strings=[HEADING]))
            answers.append(replies[-1].split(HEADING)[0] if replies else "")
        progress(len(answers), len(instructions))
        return answers

    def apply(self, adapter: str | None) -> Applied | None:
        """By ourselves, not by the webui's `add_lora_to_model`: that makes a bfloat16 model float16 for good, keeps
        the old weights of an adapter that was trained anew under its name, and says nothing in either case.
        """
        if self.training_off:
            raise ModelError("LoRAs cannot be changed here: the webui runs for several users, or without torch.")
        shared = self.shared
        with self._alone():
            loaded = self._ready()
            folder = adapter_folder(self.folders, adapter) if adapter is not None else None
            if shared.lora_names:
                shared.model, shared.lora_names = take_off(shared.model), []
                loaded = Loaded(loaded.name, shared.model, loaded.tokenizer)
            if folder is None:
                return None
            adapted = put_on(loaded, folder)
            try:
                applied = prove(adapted, folder.name)
            except ModelError:
                take_off(adapted.model)
                raise
            shared.model, shared.lora_names = adapted.model, [folder.name]
            return applied

    def chat_fields(self) -> dict[str, tuple[Any, Any]]:
        """Instruct mode, our instruction template, and the LoRA menu of the Model tab."""
        wanted = {"mode": "instruct", "instruction_template_str": instruction_template(), "lora_menu": None}
        known = self.shared.gradio
        return {name: (known[name], value) for name, value in wanted.items() if name in known}
