"""The CEFR tab as the webui loads it; the tab itself is in the installed package cefr-sentences.

The webui ends when a module is missing at import or when `ui()` raises. So nothing leaves this file: whatever goes
wrong is logged and shown in the tab, and a hook that fails leaves Chat as it would be without it. `cefr-sentences
install` copies this file; of the package it may import only the tab, and only guarded: it can be missing or broken.
"""

from __future__ import annotations

import functools
import importlib
import logging
import os
import shlex
import subprocess
import sys
import traceback
from collections.abc import Callable
from typing import Any

# What pip installs the package from; `cefr-sentences install` fills in where it came from.
SOURCE = "cefr-sentences"

params: dict[str, Any] = {"is_tab": True, "display_name": "CEFR"}

# What the webui's own code continues with when a hook fails.
_UNCHANGED: dict[str, Callable[..., Any]] = {
    "chat_input_modifier": lambda text, visible_text, state: (text, visible_text),
    "custom_generate_chat_prompt": lambda text, state, **_: None,
    "output_modifier": lambda string, state, is_chat=False: string,
    "logits_processor_modifier": lambda processors, input_ids: processors,
    "custom_css": lambda: "",
    "custom_js": lambda: "",
}
_NOT_LOADED = (
    "**The package cefr-sentences is not installed in the Python that runs this webui, or is broken there.** "
    "Run this command, then start the webui again.\n\n"
    "**cefr-sentences paketi bu webui'yi çalıştıran Python'da kurulu değil ya da bozuk.** "
    "Şu komutu çalıştırın, sonra webui'yi yeniden başlatın."
)
_NOT_SET_UP = (
    "**CEFR Sentences could not prepare itself; parts of this tab may not work.** The webui is not affected.\n\n"
    "**CEFR Sentences hazırlanamadı; bu sekmenin bazı bölümleri çalışmayabilir.** Webui bundan etkilenmez."
)
_NOT_BUILT = (
    "**This tab could not be built.** The webui is not affected.\n\n"
    "**Bu sekme oluşturulamadı.** Webui bundan etkilenmez."
)

_log = logging.getLogger("cefr_sentences")
if all(isinstance(handler, logging.NullHandler) for handler in (*logging.root.handlers, *_log.handlers)):
    _log.addHandler(logging.StreamHandler())  # the webui's drops everything
_failures: list[tuple[str, str]] = []  # of the start: a text for the tab, and the traceback


def _failure(text: str) -> tuple[str, str]:
    """Log the exception that is being handled; `text` and the traceback, for the tab."""
    _log.exception("CEFR Sentences: an error; the webui continues without this part.")
    return text, traceback.format_exc(limit=-8).strip()


def _guarded(name: str) -> Callable[..., Any]:
    hook = getattr(_ours, name)

    @functools.wraps(hook)  # the webui counts the parameters of some hooks
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return hook(*args, **kwargs)
        except (Exception, SystemExit):
            _log.exception("CEFR Sentences: %s failed; the webui continues without it.", name)
            return _UNCHANGED[name](*args, **kwargs)

    return call


def _pip_command() -> str:
    words = [sys.executable, "-m", "pip", "install", "--upgrade", SOURCE]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _setup() -> None:
    try:
        _ours.setup()
    except (Exception, SystemExit):
        _failures.append(_failure(_NOT_SET_UP))


def ui() -> None:
    """The tab: what failed, if anything, and below it what could be built."""
    gr: Any = importlib.import_module("gradio")

    failures = list(_failures)
    if _ours is not None:
        with gr.Column() as page:
            try:
                _ours.ui()
            except (Exception, SystemExit):
                # Half a tab cannot be taken out of gradio again: its events are registered. It is hidden whole.
                page.visible = False
                failures.append(_failure(_NOT_BUILT))
    for text, details in failures:
        gr.Markdown(text)
        if text == _NOT_LOADED:
            gr.Code(_pip_command(), label="pip", interactive=False)
        gr.Code(details, label="Python", interactive=False)


try:
    _ours: Any = importlib.import_module("cefr_sentences.extension.script")
    params.update(_ours.params)
    _ours.params = params  # the webui writes its settings into the one it sees
except KeyboardInterrupt:
    raise
except BaseException:  # SystemExit too, and the panics of compiled modules, which are not an Exception
    _ours = None
    _failures.append(_failure(_NOT_LOADED))
else:
    setup = _setup
    globals().update({name: _guarded(name) for name in _UNCHANGED if hasattr(_ours, name)})
