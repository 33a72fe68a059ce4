"""Restores a model to the state it was lent in, whatever was done to it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...exporter.common.errors import ModelError, first_line


class NotRestored(ModelError):
    """A model was left changed: whoever keeps it has to load it again."""


@contextmanager
def restoring() -> Iterator[None]:
    """For what puts a model back: an error in the block becomes NotRestored."""
    try:
        yield
    except BaseException as error:
        raise NotRestored(
            "The model could not be restored ({cause}). Load it again before you use it in Chat; "
            "this program loads it again by itself.",
            cause=first_line(error),
        ) from error


@contextmanager
def put_back(model: Any, *, only_after_an_error: bool = False) -> Iterator[None]:
    """After the block `model` has no LoRA layers, and the flags, modes, hooks, configuration and device of before.

    For bare models: peft puts its layers into the model itself, also when it fails half-way, and then does not remove
    them. Raises NotRestored where this fails.
    """
    flags = [(p, p.requires_grad) for p in model.parameters()]
    modes = [(m, m.training) for m in model.modules()]
    hooks = [(m._forward_hooks, set(m._forward_hooks)) for m in model.modules()]
    # With checkpointing transformers may switch the cache off in the configuration; generation would stay slow.
    configs = [(c, copy.deepcopy(vars(c))) for c in (model.config, model.generation_config)]
    device, checkpointing = model.device, model.is_gradient_checkpointing
    failed = True
    try:
        yield
        failed = False
    finally:
        if failed or not only_after_an_error:
            with restoring():
                take_layers_out(model)
                if model.is_gradient_checkpointing and not checkpointing:
                    model.gradient_checkpointing_disable()
                for parameter, was in flags:
                    parameter.requires_grad_(was)
                for module, mode in modes:
                    module.training = mode
                for now, before in hooks:  # gradient checkpointing adds one to the embeddings
                    for key in set(now) - before:
                        del now[key]
                for config, values in configs:
                    vars(config).clear()
                    vars(config).update(values)
                if model.device != device and not hasattr(model, "hf_device_map"):
                    model.to(device)


@contextmanager
def adapter_stays_on(adapted: Any) -> Iterator[None]:
    """After an error in the block the adapter in the PEFT model `adapted` counts again, or NotRestored is raised."""
    try:
        yield
    except BaseException:
        with restoring():  # an error may have ended peft's `disable_adapter` half-way
            adapted.base_model.enable_adapter_layers()
            adapted._adapters_disabled = False
        raise


def take_layers_out(model: Any) -> None:
    """Put the layers back that peft has wrapped: for LoRA, and whole copies (`modules_to_save`)."""
    from peft.tuners.tuners_utils import BaseTunerLayer
    from peft.utils.other import AuxiliaryTrainingWrapper

    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, BaseTunerLayer):
                setattr(parent, name, child.get_base_layer())
            elif isinstance(child, AuxiliaryTrainingWrapper):
                setattr(parent, name, child.original_module)
    if hasattr(model, "peft_config"):
        del model.peft_config  # peft 0.17 leaves it behind
