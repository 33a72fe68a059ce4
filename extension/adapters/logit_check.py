"""Do two models give the same logits, as far as 16-bit numbers can? The check of a merge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

# A merged weight is rounded once more than the two it is made of, and rounding errors add up through the layers,
# differently for each order of the same sums. So merged and unmerged may differ by what 16-bit arithmetic does to the
# unmerged model itself, times this.
_TIMES = 2.0


@dataclass(frozen=True)
class LogitCheck:
    """How far a merged model is from base and adapter computed in float32, over all positions of the prompts.

    Differences are root mean squares of logits as a share of the logits' own spread: `merged` of the merged model,
    `noise` of base and adapter when computed in 16 bits, `effect` of leaving the adapter out. `largest` is the largest
    difference of a logit, `largest_noise` the largest that 16 bits make. Of `positions` next tokens `same` are equal;
    `flipped` are different although the best two were further apart than `largest_noise` can bridge. `epsilon` is the
    step of the 16-bit numbers at 1.
    """

    merged: float
    noise: float
    effect: float
    largest: float
    largest_noise: float
    positions: int
    same: int
    flipped: int
    epsilon: float

    @property
    def bound(self) -> float:
        """Twice the noise, or the step of the 16-bit numbers if that is more; at most half the effect."""
        return min(_TIMES * max(self.noise, self.epsilon), self.effect / 2)

    @property
    def passed(self) -> bool:
        return self.merged <= self.bound and not self.flipped  # also False where `merged` is not a number

    def __str__(self) -> str:
        return (
            f"logits differ by {self.merged:.2%} of their spread, at most {self.largest:.3g} "
            f"(allowed {self.bound:.2%}; 16-bit arithmetic alone makes {self.noise:.2%}, "
            f"leaving the adapter out {self.effect:.1%}), and {self.same} of {self.positions} next tokens are the same"
            + (f", and {self.flipped} of the others are clearly no tie" if self.flipped else "")
        )


@dataclass(frozen=True)
class Logits:
    """Those of each prompt, float32 of shape (positions, vocabulary), before a merge.

    adapted, bare: of the base with and without adapter, computed in float32; noisy: with it, in 16 bits.
    """

    adapted: Sequence[Any]
    bare: Sequence[Any]
    noisy: Sequence[Any]


def compare(before: Logits, merged: Sequence[Any], epsilon: float) -> LogitCheck:
    """Compare with `merged`, the logits of the new model in 16 bits, whose step at 1 is `epsilon`."""
    import torch

    logits = (before.adapted, before.noisy, before.bare, merged)
    reference, sixteen, without, new = (torch.cat(list(x)) for x in logits)
    spread = (reference - reference.mean(-1, keepdim=True)).pow(2).mean().sqrt()

    def share(other: Any) -> float:
        return float((other - reference).pow(2).mean().sqrt() / spread)

    noise = float((sixteen - reference).abs().max())
    best = reference.topk(2, dim=-1).values
    clear = best[:, 0] - best[:, 1] > 2 * noise
    same = new.argmax(-1) == reference.argmax(-1)
    return LogitCheck(
        merged=share(new),
        noise=share(sixteen),
        effect=share(without),
        largest=float((new - reference).abs().max()),
        largest_noise=noise,
        positions=len(same),
        same=int(same.sum()),
        flipped=int((~same & clear).sum()),
        epsilon=epsilon,
    )


@contextmanager
def arithmetic(model: Any, dtype: Any) -> Iterator[None]:
    """Inside the block `model` computes in `dtype`, whatever type its weights have.

    One module's weights are converted at a time, so a model in 16 bits is computed in float32 without twice the
    memory. The weights stay as they are.
    """
    kept: dict[int, list[Any]] = {}

    def before(module: Any, args: Any) -> Any:
        own = [p for p in module.parameters(recurse=False) if p.is_floating_point()]
        kept[id(module)] = [(p, p.data) for p in own]
        for p in own:
            p.data = p.data.to(dtype)
        return tuple(_to(a, dtype) for a in args)

    def after(module: Any, args: Any, output: Any) -> None:
        for p, data in kept.pop(id(module)):
            p.data = data

    handles = []
    for module in model.modules():
        if any(True for _ in module.parameters(recurse=False)):
            handles.append(module.register_forward_pre_hook(before))
            handles.append(module.register_forward_hook(after, always_call=True))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _to(value: Any, dtype: Any) -> Any:
    return value.to(dtype) if getattr(value, "is_floating_point", bool)() else value


def all_logits(model: Any, prompts: Sequence[Sequence[int]]) -> list[Any]:
    """The logits at every position of each prompt, in float32."""
    import torch

    with torch.inference_mode():
        return [model(input_ids=torch.tensor([list(ids)])).logits[0].float() for ids in prompts]
