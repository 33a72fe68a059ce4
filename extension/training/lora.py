"""LoRA layers in a model for as long as a run lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...exporter.common.errors import ModelError, Option
from ..models.attention import attention_kernels
from ..models.pristine import put_back
from .kernels import fused_kernels
from .precision import precision_of
from .projections import PROJECTIONS
from .settings import TrainSettings


@contextmanager
def lora_layers(model: Any, settings: TrainSettings) -> Iterator[Any]:
    """`model` with trainable LoRA layers, as a PEFT model; afterwards, also after an error, as it was.

    Raises ModelError when the model has no such projections.
    """
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=_targets(settings),
        use_rslora=settings.rslora,
        use_dora=settings.dora,
        bias="none",
        task_type="CAUSAL_LM",
    )
    with put_back(model), attention_kernels(model.device.type), fused_kernels(model):
        try:
            adapted = get_peft_model(model, config, autocast_adapter_dtype=precision_of(model).autocast)
        except ValueError as error:
            raise ModelError(
                "{model} has no layers called {layers}. Set {projections} to all, which is every linear layer but the "
                "head. ({reason})",
                model=type(model).__name__,
                layers=", ".join(_targets(settings)),
                projections=Option("projections"),
                reason=str(error).splitlines()[0][:200],
            ) from None
        if settings.checkpointing == "on":
            # The reentrant kind would need gradients at the embeddings, which a LoRA does not have.
            model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        yield adapted


def _targets(settings: TrainSettings) -> Any:
    if settings.projections == ("all",):
        return "all-linear"  # peft's name; it leaves the output head out
    return [PROJECTIONS[p] for p in settings.projections]
