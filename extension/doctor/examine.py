"""All checks, in the order in which a user would make them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ...exporter.common.errors import Problem
from ...exporter.common.webui import Webui
from ..install.interpreter import wrong_python
from . import datasets, disk, drift, extension, loras, models, packages, python
from .finding import Finding, problem

_TOKEN = re.compile(r"\bhf_[A-Za-z0-9]{34,}")
_TOKEN_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")


@dataclass(frozen=True)
class Check:
    """A check, by the name that its findings carry.

    own_python: it looks at this Python, so it is made only where that can be the webui's.
    online: it asks the hub, so it is made only when the user wants that.
    """

    name: str
    look: Callable[[Webui], Iterable[Finding]]
    own_python: bool = False
    online: bool = False


CHECKS = (
    Check("python", python.look_at_python),
    Check("packages", packages.look, own_python=True),
    Check("gpu", python.look_at_gpu, own_python=True),
    Check("extension", extension.look),
    Check("patches", drift.look),
    Check("datasets", datasets.look),
    Check("models", models.look),
    Check("loras", loras.look),
    Check("disk", disk.look_at_disk),
    Check("memory", disk.look_at_memory),
    Check("hub", models.look_at_hub, online=True),
)


def examine(
    webui: Webui, *, online: bool = False, progress: Callable[[str, int, int], object] = lambda what, done, total: None
) -> list[Finding]:
    """Everything that can be told about `webui` without changing anything.

    `progress` is told which check is next, how many are done, and of how many; an error raised in it ends the work.

    A check that fails becomes a finding, so nothing that a user's files can hold is raised. Only with `online` is the
    network used: the hub is asked whether the missing models can be downloaded.
    """
    own = wrong_python(webui) is None
    checks = [c for c in CHECKS if (own or not c.own_python) and (online or not c.online)]
    found: list[Finding] = []
    for done, check in enumerate(checks):
        progress(check.name, done, len(checks))
        found += findings(check, webui)
    return found


def findings(check: Check, webui: Webui) -> list[Finding]:
    """What `check` finds. If it fails itself, that is its last finding."""
    every: list[Finding] = []
    try:
        for finding in check.look(webui):
            every.append(finding)
    except (Exception, SystemExit) as error:
        cause = getattr(error, "strerror", None) or str(error).strip() or "no reason given"
        every.append(
            problem(
                "This check could not be completed: {error}: {cause}{where}",
                "Part or all of it was skipped; the other checks are not affected.",
                "Make sure that you may read what is named here, then repeat this.",
                {
                    "error": type(error).__name__,
                    "cause": cause.splitlines()[0][:300],
                    "where": f" ({error.filename})" if isinstance(error, OSError) and error.filename else "",
                },
            )
        )
    return [_without_tokens(replace(finding, check=check.name)) for finding in every]


def _without_tokens(finding: Finding) -> Finding:
    """No token of the hub is ever shown, whatever file or library brought it into a sentence."""
    secrets = [value for name in _TOKEN_VARIABLES if len(value := os.environ.get(name, "").strip()) > 3]

    def clean(value: object) -> object:
        if isinstance(value, Problem):
            return Problem(value.message, {name: clean(inner) for name, inner in value.values.items()})
        text = str(value)
        for secret in secrets:
            text = text.replace(secret, "***")
        return _TOKEN.sub("hf_***", text)

    return replace(finding, **{name: clean(getattr(finding, name)) for name in ("found", "means", "next")})
