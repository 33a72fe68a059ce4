"""The package `cefr_sentences` itself; pyproject.toml installs this folder under that name, beside the three others."""

from __future__ import annotations


def __getattr__(name: str) -> str:
    if name == "__version__":  # read when it is asked for: importlib.metadata would slow down every import
        from importlib.metadata import version

        return version("cefr-sentences")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
