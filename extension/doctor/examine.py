"""All checks, in the order in which a user would make them."""

from __future__ import annotations

from ...exporter.common.webui import Webui
from . import datasets, disk, extension, loras, models, python
from .finding import Check, Finding, guarded


def examine(webui: Webui, *, online: bool = False) -> list[Finding]:
    """Everything that can be told about `webui` without changing anything.

    A check that fails becomes a finding, so nothing that a user's files can hold is raised. Only with `online`
    is the hub asked, whether it lends the models that are missing.
    """
    checks: list[tuple[str, Check]] = [
        ("python", lambda: python.look_at_python(webui)),
        ("packages", lambda: python.look_at_packages(webui)),
        ("gpu", lambda: python.look_at_gpu(webui)),
        ("extension", lambda: extension.look_at_ours(webui)),
        ("patches", lambda: extension.look_at_drift(webui)),
        ("datasets", lambda: datasets.look(webui)),
        ("models", lambda: models.look(webui)),
        ("loras", lambda: loras.look(webui)),
        ("disk", lambda: disk.look_at_disk(webui)),
        ("memory", lambda: disk.look_at_memory(webui)),
    ]
    if online:
        checks.append(("hub", lambda: models.look_at_hub(webui)))
    return [finding for name, check in checks for finding in guarded(name, check)]
