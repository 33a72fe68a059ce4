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
from ...exporter.records.prompt import ListPrompt, wrap
from ..install.template import instruction_template
from .asking import GREEDY, HEADING, OnAnswer, Reply, Sampling, answer_tokens, no_progress
from .gbnf import grammar, keeps
from .host import Applied, ChatField, Lender, ModelState, ask, prompt_form_of
from .jobs import stopping
from .loading import Loaded
from .metadata import NAME as METADATA
from .pristine import NotRestored
from .weights import check_count, count

_NOT_TRAINABLE = {
    "none": "No model is loaded. Load a Transformers model in the Model tab first.",
    "answers": "{name} runs in {loader}, which can answer but cannot be trained or take this adapter. Load the "
    "Transformers version of the same model (a folder with config.json and .safetensors files) in the Model tab.",
}


def _module(name: str) -> Any:
    return importlib.import_module(f"modules.{name}")


class InWebui(Lender):
    """Lends the model that the webui has loaded. `shared` is its module of that name."""

    def __init__(self) -> None:
        self.shared = _module("shared")
        root = Path(str(self.shared.__file__)).resolve().parent.parent
        args = self.shared.args
        # v3 keeps its data in its own folder; v4 says where they are.
        user_data = Path(getattr(self.shared, "user_data_dir", root / "user_data"))
        loras, models = (root / args.lora_dir).resolve(), (root / args.model_dir).resolve()
        super().__init__(Webui(root, (root / user_data).resolve(), lora_dir=loras, model_dir=models))

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
            # v3 and v4 unload an idle model and keep its name.
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
            raise ModelError(_NOT_TRAINABLE["none"])
        return self.shared.tokenizer

    def counter(self) -> Callable[[str], int] | None:
        if self.shared.tokenizer is None:
            return None
        return _module("text_generation").get_encoded_length

    def expect_list_prompt(self, adapters: Sequence[str]) -> bool:
        """Whether all of `adapters` were trained here, on list prompts in the form `instruct`."""
        known = bool(adapters) and all((self.folders.loras / name / METADATA).is_file() for name in adapters)
        return known and self._prompt_form(adapters) == "instruct"

    def prompt_form(self, adapter: str | None) -> str:
        return self._prompt_form((adapter,) if adapter else self.state().adapters)

    def _prompt_form(self, adapters: Sequence[str]) -> str:
        try:
            return prompt_form_of(self.folders.loras / adapters[0]) if len(adapters) == 1 else "instruct"
        except ModelError:  # not one that we could have trained
            return "instruct"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the webui's lock, because it answers one question at a time. A stopped job does not wait for it.

        A model that stays changed is reloaded when it is needed next.
        """
        lock = self.shared.generation_lock  # made after the webui has loaded its model
        while lock is not None and not lock.acquire(timeout=1):
            if stopping():
                raise ModelError("Stopped while waiting for Chat to finish its answer.")
        try:
            yield
        except NotRestored:
            self.shared.model_dirty_from_training = True
            raise
        finally:
            try:
                _module("models").last_generation_time = time.time()  # or an idle model is unloaded at once
            finally:
                if lock is not None:
                    lock.release()

    def _reload(self) -> None:
        """Reload the model and keep its name, which the webui's own `reload_model` forgets (v3.15, v4.7)."""
        name, models = self.shared.model_name, _module("models")
        models.unload_model()
        self.shared.model, self.shared.tokenizer = models.load_model(name)
        if self.shared.model is None:
            raise ModelError("The webui could not reload {model}. Load it in the Model tab.", model=name)

    def _ready(self) -> Loaded:
        """The webui's model; reloaded first where another trainer has changed it."""
        shared = self.shared
        if shared.model is None and shared.model_name not in (None, "None"):
            shared.model, shared.tokenizer = _module("models").load_model(shared.model_name)
        elif shared.model is not None and shared.model_dirty_from_training:
            # The webui's trainer and Training PRO say "dirty" when they begin, and train in a thread of this name.
            if any("threaded_run" in thread.name for thread in threading.enumerate()):
                raise ModelError("Another training is running in this webui. Wait until it has finished.")
            self._reload()
        state = self.state()
        if state.kind != "trainable":
            raise ModelError(_NOT_TRAINABLE[state.kind], name=state.name, loader=state.loader)
        if not state.adapters:  # which have weights of their own
            check_count(state.name, shared.model, count(self.folders.models / state.name))
        return Loaded(state.name, shared.model, shared.tokenizer, self._prompt_form(state.adapters))

    def _keep(self, loaded: Loaded, adapters: list[str]) -> None:
        self.shared.model, self.shared.lora_names = loaded.model, adapters

    def _given_back(self, applied: tuple[str, ...]) -> None:
        if self.shared.model is not None and self.state().adapters != applied:
            # A LoRA was applied in the Model tab meanwhile; its layers were removed with ours.
            self.shared.model_dirty_from_training = True

    def answers(
        self,
        prompts: Sequence[ListPrompt],
        adapter: str | None,
        *,
        sampling: Sampling = GREEDY,
        progress: OnAnswer = no_progress,
        strict: bool = False,
    ) -> list[Reply]:
        if self.shared.model is None and self.state().name:
            with self._alone(), suppress(ModelError):
                self._ready()  # reloads an idle model; only then is its kind known
        if self.state().kind == "answers" and adapter is None:
            return self._ask_loader(prompts, sampling, progress, strict)
        with self.lend(adapter) as loaded:
            return ask(loaded, prompts, sampling=sampling, progress=progress, strict=strict)

    def _ask_loader(
        self, prompts: Sequence[ListPrompt], sampling: Sampling, progress: OnAnswer, strict: bool
    ) -> list[Reply]:
        """llama.cpp, ExLlama and the like, through the webui's own generation."""
        generation = _module("text_generation")
        replies: list[Reply] = []
        for prompt, temperature in zip(prompts, sampling.temperatures(len(prompts)), strict=True):
            progress(len(replies), len(prompts))
            state = {
                **self.shared.settings,
                "max_new_tokens": answer_tokens(len(prompt.words)),
                "auto_max_new_tokens": False,
                "temperature": temperature or 0.01,
                "do_sample": bool(temperature),
                "top_k": 0 if temperature else 1,
                "seed": sampling.seed + len(replies),
                "stream": False,
                "custom_stopping_strings": "",
                **({"grammar_string": grammar(prompt)} if strict else {}),
            }
            said = list(generation.generate_reply(wrap(prompt.text), state, stopping_strings=[HEADING]))
            text = said[-1].split(HEADING)[0] if said else ""
            if strict and not keeps(prompt, Reply(text, cut=True)):  # whether it was is not told
                raise InputError(
                    "{loader} does not keep to the strict vocabulary. Load the model with Transformers or llama.cpp, "
                    "or switch it off.",
                    loader=self.shared.args.loader,
                )
            replies.append(Reply(text))
        progress(len(replies), len(prompts))
        return replies

    def apply(self, adapter: str | None) -> Applied | None:
        """Without the webui's `add_lora_to_model`, which turns a bfloat16 model into float16 for good, keeps the old
        weights of an adapter that was trained again under its name, and reports neither.
        """
        if self.training_off:
            raise ModelError(
                "LoRAs cannot be changed here, because the webui runs for several users or without torch. Start it "
                "without --multi-user, or install the full version."
            )
        return super().apply(adapter)

    def chat_fields(self) -> dict[str, ChatField]:
        """Instruct mode, our instruction template, and the LoRA menu of the Model tab."""
        known = self.shared.gradio
        wanted = {
            "mode": ChatField(known.get("mode"), "instruct"),
            "instruction_template_str": ChatField(known.get("instruction_template_str"), instruction_template()),
            "lora_menu": ChatField(known.get("lora_menu"), holds_adapter=True),
        }
        return {name: field for name, field in wanted.items() if name in known}
