"""A step of the optimizer: the gradients of some batches, checked, clipped and applied to float32 weights."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...exporter.common.errors import ModelError
from ...exporter.common.shell import PIP
from .data import Batch
from .loss import backward
from .precision import precision_of
from .processes import add_up
from .settings import TrainSettings

_CLIP = 1.0  # the largest norm of the gradients, as in transformers' Trainer


@dataclass(frozen=True)
class Stepped:
    """What a step came to: the mean loss in nats a token, each token counted once; the norm of the gradients before
    clipping; the learning rate. When the gradients were not finite it was `skipped`: the weights are as they were."""

    loss: float
    norm: float
    rate: float
    skipped: bool


class Optimizer:
    """The trained weights of `model` and what changes them, over `steps` steps."""

    def __init__(self, model: Any, settings: TrainSettings, steps: int) -> None:
        import torch
        from transformers import get_scheduler

        self.model = model
        self.precision = precision_of(model.get_base_model())
        self._of_model = [p for p in model.parameters() if p.requires_grad]
        # bfloat16 has three decimal digits: most of what an optimizer adds to a weight would be lost. So it works on
        # copies in float32, and the model gets them rounded.
        self._weights = [p if p.dtype == torch.float32 else p.detach().float().requires_grad_() for p in self._of_model]
        self._optimizer = _optimizer(settings, self._weights, model.device.type)
        self._schedule: Any = get_scheduler(
            settings.scheduler, self._optimizer, num_warmup_steps=settings.warmup_steps(steps), num_training_steps=steps
        )
        self._scaler = torch.amp.GradScaler(model.device.type, enabled=self.precision.scaled)

    def step(self, batches: Sequence[Batch], tokens: int) -> Stepped:
        """Learn `batches`, this process's share of a step in which all learn `tokens` tokens."""
        loss, norm = self._gradients(batches, tokens)
        skipped = not math.isfinite(norm)
        rate = self._schedule.get_last_lr()[0]
        if not skipped or self._scaler.is_enabled():
            self._scaler.step(self._optimizer)  # which skips by itself what is not finite
        self._scaler.update()
        self._optimizer.zero_grad(set_to_none=True)
        self._schedule.step()
        self._publish()
        return Stepped(loss, norm, rate, skipped)

    def gradients(self, batches: Sequence[Batch]) -> float:
        """The norm of the gradients of `batches`, which change nothing."""
        _, norm = self._gradients(batches, 1)
        self._scaler.update()
        self._optimizer.zero_grad(set_to_none=True)
        return norm

    def _gradients(self, batches: Sequence[Batch], tokens: int) -> tuple[float, float]:
        """The gradients of the weights, clipped; the mean loss and the norm before clipping."""
        import torch

        device = self.model.device
        loss = torch.zeros(1, device=device)
        scale = self._scaler.scale(torch.tensor(1.0 / tokens, device=device))
        for batch in batches:
            with self.precision.arithmetic():
                loss += backward(self.model, batch.to(device), scale)
            self._collect()
        for weight in self._weights:
            if weight.grad is None:  # there were fewer records than processes
                weight.grad = torch.zeros_like(weight)
        add_up([*(w.grad for w in self._weights), loss])
        self._scaler.unscale_(self._optimizer)
        norm = torch.nn.utils.clip_grad_norm_(self._weights, _CLIP)
        summed, length = torch.stack([loss[0], norm]).tolist()  # the one moment of a step that waits for the GPU
        return summed / tokens, length

    @property
    def overflowing(self) -> bool:
        """Whether the last gradients that were not finite may be a matter of float16's range: the scale still falls."""
        return self._scaler.is_enabled() and self._scaler.get_scale() > 1

    def state(self) -> dict[str, Any]:
        """All that a resumed run needs to continue to the last bit."""
        import torch

        return {
            "weights": [w.detach().cpu() for w in self._weights],
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "scaler": self._scaler.state_dict(),
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Continue from `state`."""
        import torch

        with torch.no_grad():
            for weight, saved in zip(self._weights, state["weights"], strict=True):
                weight.copy_(saved)
        self._publish()
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        self._scaler.load_state_dict(state["scaler"])
        torch.set_rng_state(state["random"].cpu())
        if state["random_cuda"] and len(state["random_cuda"]) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all([s.cpu() for s in state["random_cuda"]])

    def _collect(self) -> None:
        """The model's gradients become those of the float32 weights, added to what is there."""
        for own, weight in zip(self._of_model, self._weights, strict=True):
            if own is not weight and own.grad is not None:
                weight.grad = own.grad.float() if weight.grad is None else weight.grad.add_(own.grad)
                own.grad = None

    def _publish(self) -> None:
        import torch

        with torch.no_grad():
            for own, weight in zip(self._of_model, self._weights, strict=True):
                if own is not weight:
                    own.copy_(weight)


def _optimizer(settings: TrainSettings, weights: list[Any], device: str) -> Any:
    if settings.optimizer == "adafactor":
        from transformers.optimization import Adafactor

        return Adafactor(weights, lr=settings.learning_rate, scale_parameter=False, relative_step=False)
    if settings.optimizer == "adamw_bnb_8bit":
        if importlib.util.find_spec("bitsandbytes") is None:
            raise ModelError(
                "The optimizer adamw_bnb_8bit needs bitsandbytes, which is not installed: {pip} bitsandbytes",
                pip=PIP,
            )
        from bitsandbytes.optim import AdamW8bit  # pyright: ignore[reportMissingImports]

        return AdamW8bit(weights, lr=settings.learning_rate, weight_decay=0.0)
    import torch

    return torch.optim.AdamW(weights, lr=settings.learning_rate, weight_decay=0.0, fused=device == "cuda")
