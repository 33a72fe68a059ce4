"""The addresses of servers."""

from __future__ import annotations

import ipaddress
import os
from urllib.parse import urlsplit

from ...exporter.common.errors import InputError, ModelError
from .prompt_form import PROMPT_FORMS


def endpoint(url: str, prompt_form: str) -> str:
    """Where the server at `url` (with or without `/v1`) takes prompts of this form.

    Raises ModelError when `url` is no address, InputError when there is no such form.
    """
    if _host(url) is None:
        raise ModelError(
            "{url} is not the address of a server. An address looks like http://127.0.0.1:5000", url=repr(url)
        )
    if "@" in url or "?" in url:  # which would be in every message about the server
        raise ModelError("The address of a server holds no password and no question mark. Set a key as OPENAI_API_KEY.")
    if prompt_form not in PROMPT_FORMS:
        raise InputError(
            "There is no prompt form {form}. Choose one of {forms}.",
            form=repr(prompt_form),
            forms=", ".join(PROMPT_FORMS),
        )
    url = url.rstrip("/")
    return f"{url if url.endswith('/v1') else url + '/v1'}/{'chat/' if prompt_form == 'chat' else ''}completions"


def tells_key(url: str) -> bool:
    """Whether the key is set and goes to `url` as everybody on the way can read it."""
    host = _host(url) or ""
    try:
        here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    return bool(os.environ.get("OPENAI_API_KEY")) and not here and not url.startswith("https://")


def _host(url: str) -> str | None:
    """The host of a web address; None where there is none."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises where it is not a number
        return parts.hostname if parts.scheme in ("http", "https") and url.isprintable() else None
    except ValueError:
        return None
