"""LoRA layers in a model for as long as a run lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...exporter.common.errors import ModelError
from ..models.pristine import put_back
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
    with put_back(model):
        try:
            adapted = get_peft_model(model, config)
        except ValueError as error:
            raise ModelError(f"{type(model).__name__} has no layers called {', '.join(targets)}: {error}") from None
        if settings.checkpointing == "on":
            # The reentrant kind would need gradients at the embeddings, which a LoRA has not.
            model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        try:
            yield adapted
        finally:
            if settings.checkpointing == "on":
                model.gradient_checkpointing_disable()
