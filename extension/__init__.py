"""Everything that needs a model or a screen: host, training, evaluation, writing, tab, command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..exporter.language.judges import JUDGES

if TYPE_CHECKING:
    from ..exporter.language.judge import Judge


def _deep() -> Judge:
    from .models.deep_judge import deep_judge

    return deep_judge()


JUDGES["deep"] = _deep
