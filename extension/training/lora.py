"""LoRA layers in a model for as long as a run lasts."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...exporter.errors import ModelError
from .settings import PROJECTIONS, TrainSettings


@contextmanager
def lora_layers(model: Any, settings: TrainSettings) -> Iterator[Any]:
    """`model` with trainable LoRA layers, as a PEFT model; afterwards, also after an error, as it was.

    Raises:
        ModelError: the model has no such projections.
    """
    from peft import LoraConfig, get_peft_model

    targets = [PROJECTIONS[p] for p in settings.projections]
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=targets,
        bias="none",
        task_type="CAUSAL_LM",
    )
    trainable = [(p, p.requires_grad) for p in model.parameters()]
    modes = [(m, m.training) for m in model.modules()]
    # The Trainer switches the cache off in the model's configuration; generating would stay slow for good.
    configs = [(c, copy.deepcopy(vars(c))) for c in (model.config, model.generation_config)]
    try:
        adapted = get_peft_model(model, config)
    except ValueError as error:
        raise ModelError(f"{type(model).__name__} has no layers called {', '.join(targets)}: {error}") from None
    try:
        yield adapted
    finally:
        adapted.unload()
        if hasattr(model, "peft_config"):
            del model.peft_config  # peft 0.17 leaves it behind
        for parameter, was in trainable:
            parameter.requires_grad_(was)
        for module, mode in modes:
            module.training = mode
        for config_of_model, values in configs:
            vars(config_of_model).clear()
            vars(config_of_model).update(values)
