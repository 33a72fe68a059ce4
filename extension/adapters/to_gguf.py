"""The steps from a merged folder to a file for llama.cpp, as commands to copy."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ...exporter.common.shell import command_line

_QUANTIZED = "Q4_K_M"


def steps(folder: Path, dtype: str, into: Path | None = None) -> str:
    """Commands for this system's shell. The files are written into `into`, or beside `folder`."""
    folder = folder.absolute()
    place = (into or folder.parent).absolute()
    kind = {"bfloat16": "bf16", "float16": "f16"}[dtype]
    whole, small = (place / f"{folder.name}-{end}.gguf" for end in (kind.upper(), _QUANTIZED))
    windows = os.name == "nt"
    python = str(Path("llama.cpp", "venv", *(("Scripts", "python.exe") if windows else ("bin", "python"))))
    built = Path("llama.cpp", "build", "bin", *(("Release",) if windows else ()), "llama-quantize")
    commands = [
        ["git", "clone", "--depth", "1", "https://github.com/ggml-org/llama.cpp"],
        [sys.executable, "-m", "venv", "llama.cpp/venv"],
        [python, "-m", "pip", "install", "-r", "llama.cpp/requirements/requirements-convert_hf_to_gguf.txt"],
        [python, "llama.cpp/convert_hf_to_gguf.py", str(folder), "--outfile", str(whole), "--outtype", kind],
        ["cmake", "-S", "llama.cpp", "-B", "llama.cpp/build"],
        ["cmake", "--build", "llama.cpp/build", "--config", "Release", "--target", "llama-quantize"],
        [str(built), str(whole), str(small), _QUANTIZED],
    ]
    return (
        "For llama.cpp (GGUF). Its converter has its own environment, since it needs other versions than a webui:\n"
        + "\n".join(f"  {command_line(words)}" for words in commands)
        + f"\nThe cmake lines build llama-quantize; a release of llama.cpp contains it. {whole.name} may be deleted "
        "afterwards."
    )
