"""The sentences of the training data, which no row may repeat."""

from __future__ import annotations

from pathlib import Path

from ...exporter.common.errors import CefrError
from ...exporter.records.reading import read_records
from ..models.adapter import check_adapter
from ..training.artifacts import training_of
from .accepted import plain


def training_sentences(file: Path | None, adapter: Path | None = None) -> frozenset[str]:
    """The sentences of a training file, as `accepted.plain` makes them; without `file`, of the adapter's own.

    An adapter in a webui's loras folder was trained on a file in the datasets folder beside it.
    """
    given = file is not None
    if file is None and adapter is not None:
        file = training_of(adapter, check_adapter(adapter))
    if file is None:
        return frozenset()
    try:
        return frozenset(plain(sentence) for record in read_records(file) for sentence in record.sentences)
    except CefrError:
        if given:
            raise
        return frozenset()
