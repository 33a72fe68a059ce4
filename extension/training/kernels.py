"""Fused kernels for a training step."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def fused_kernels(model: Any) -> Iterator[bool]:
    """Liger's kernels for normalization and gated layers in `model`, where its package is installed and knows the
    architecture; on a GPU only. Whether they are in use.

    Liger replaces methods of the modules for good, and functions of transformers for the whole process. Both are put
    back.
    """
    patch = _liger(model)
    if patch is None:
        yield False
        return
    code = vars(sys.modules[type(model).__module__])
    functions = dict(code)
    modules = [(module, dict(vars(module))) for module in model.modules()]
    try:
        # The loss is computed in pieces here, so Liger's own is not needed; nor is its forward, which would compute it.
        patch(model=model, cross_entropy=False, fused_linear_cross_entropy=False)
        yield True
    finally:
        for name, value in functions.items():
            code[name] = value
        for module, values in modules:
            vars(module).clear()
            vars(module).update(values)


def _liger(model: Any) -> Any:
    """What patches models of this architecture, or None."""
    if model.device.type != "cuda" or importlib.util.find_spec("liger_kernel") is None:
        return None
    from liger_kernel.transformers.monkey_patch import (  # pyright: ignore[reportMissingImports]
        MODEL_TYPE_TO_APPLY_LIGER_FN,
    )

    return MODEL_TYPE_TO_APPLY_LIGER_FN.get(model.config.model_type)
