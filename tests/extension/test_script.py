"""The tab in the webui: what it says to the console."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import logging
logging.root.addHandler({handler})
from cefr_sentences.extension import script
script._log_to_console()
script._log_to_console()
logging.getLogger("cefr_sentences").error("said")
"""


@pytest.mark.parametrize("handler", ["logging.NullHandler()", "logging.StreamHandler()"])
def test_the_log_is_written_once_also_where_the_root_logger_drops_it(handler: str) -> None:
    result = subprocess.run([sys.executable, "-c", CODE.format(handler=handler)], capture_output=True, text=True)
    assert result.stderr.count("said") == 1, result.stderr
