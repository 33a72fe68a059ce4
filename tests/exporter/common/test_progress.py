from __future__ import annotations

import subprocess
import sys
import time

import pytest
from cefr_sentences.exporter.common.progress import Progress

CODE = """
import time
from cefr_sentences.exporter.common.progress import Progress
progress = Progress()
for what, total in (("reading", 0), ("writing", 15)):
    for done in range(15):
        progress(what, done, total)
        time.sleep(0.1)
progress.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX feature")
@pytest.mark.slow
def test_a_terminal_shows_progress_after_a_second_and_nothing_stays() -> None:
    import fcntl
    import os
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, "-c", CODE], stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        if not shown:
            assert time.monotonic() - started > 1
        shown += piece
    assert process.wait() == 0
    os.close(ours)
    lines = shown.decode().split("\r")
    assert any("reading" in line for line in lines)
    assert any("writing" in line and "/15" in line for line in lines)
    assert lines[-1].strip() == ""


def test_elsewhere_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    progress("reading", 5, 10)
    progress("writing", 10, 10)
    progress.close()
    assert capsys.readouterr().err == ""
