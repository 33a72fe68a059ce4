"""A stand-in for the webui's modules, with the names and the habits that count of v3.15 and v4.7.3: a lock, names of
LoRAs, a flag that another trainer has left its traces."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

from cefr_sentences.exporter.common.webui import Webui


def webui_modules(folders: Webui, loader: str = "Transformers") -> dict[str, ModuleType]:
    """`modules.shared`, `.models` and `.text_generation` as our host needs them."""
    from cefr_sentences.extension.models.loading import load

    shared: Any = ModuleType("modules.shared")
    shared.__file__ = str(folders.root / "modules" / "shared.py")
    args = SimpleNamespace(lora_dir="loras", model_dir="models", loader=loader, multi_user=False)
    shared.args, shared.user_data_dir, shared.generation_lock = args, folders.root, threading.Lock()
    shared.settings = {"temperature": 0.6, "seed": -1}
    shared.gradio = {"mode": "the mode", "instruction_template_str": "the template"}
    shared.lora_names, shared.model_dirty_from_training = [], False
    models: Any = ModuleType("modules.models")
    models.loads = []

    def load_model(name: str) -> tuple[Any, Any]:
        models.loads.append(name)
        shared.model_name = name
        loaded = load(str(folders.models / name))
        return loaded.model, loaded.tokenizer

    def unload_model() -> None:
        shared.model = shared.tokenizer = None
        shared.lora_names, shared.model_dirty_from_training, shared.model_name = [], False, "None"

    models.load_model, models.unload_model = load_model, unload_model
    generation: Any = ModuleType("modules.text_generation")
    generation.asked = []

    def generate_reply(question: str, state: dict[str, Any], stopping_strings: list[str]) -> Iterator[str]:
        generation.asked.append((question, state, stopping_strings))
        yield "1. I am"
        yield "1. I am happy.\n### Instruction:"

    generation.generate_reply = generate_reply
    generation.get_encoded_length = lambda text: len(text.split())
    shared.model, shared.tokenizer = load_model("tiny")
    return {"modules.shared": shared, "modules.models": models, "modules.text_generation": generation,
            "modules": ModuleType("modules")}  # fmt: skip
