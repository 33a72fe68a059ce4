from __future__ import annotations

from cefr_sentences.exporter.common.versions import installed, release


def test_releases_are_compared_as_numbers() -> None:
    assert release("4.9") < release("4.46") < release("5.0.0rc1") == release("5.0")
    assert release("2.9.0+cu126") == release("2.9") == release("2.9.0.dev3")
    assert release("unknown") < release("0.0.1")


def test_what_is_installed() -> None:
    assert installed("pytest")
    assert installed("no-such-package") is None
