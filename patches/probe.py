"""Run in a process of its own: which of the names and arguments that scripts use do the installed packages have?

Reads a JSON list of [dotted name, keywords] from standard input and writes, for each, what is wrong with it or "".
"""

import importlib
import inspect
import json
import os
import sys
import types
import warnings


def wrong(dotted, keywords):
    parts = dotted.split(".")
    try:
        found = importlib.import_module(parts[0])
    except ModuleNotFoundError as error:
        if error.name != parts[0]:
            raise
        return f"{parts[0]} is not installed here"
    for i, part in enumerate(parts[1:], 1):
        if not isinstance(found, types.ModuleType):
            break
        owner = ".".join(parts[:i])
        if hasattr(found, part):
            found = getattr(found, part)
            continue
        try:
            found = importlib.import_module(f"{owner}.{part}")
        except ModuleNotFoundError:
            return f"{owner} has no {part}"
    else:
        return _refused(found, dotted, keywords)
    for part in parts[i:]:
        found = getattr(found, part, None)
    return _refused(found, dotted, keywords)


def _refused(found, dotted, keywords):
    try:
        parameters = inspect.signature(found).parameters if keywords and callable(found) else {}
    except (TypeError, ValueError):
        return ""
    if not parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return ""
    refused = [word for word in keywords if word not in parameters]
    return f"{dotted} has no argument {', '.join(refused)}" if refused else ""


def main():
    warnings.simplefilter("ignore")
    answer = os.dup(1)
    os.dup2(2, 1)  # what the packages print is not an answer
    answers = []
    for dotted, keywords in json.load(sys.stdin):
        try:
            answers.append(wrong(dotted, keywords))
        except BaseException as error:
            lines = str(error).splitlines()
            answers.append(f"{dotted} cannot be imported: {lines[0][:200] if lines else type(error).__name__}")
    with os.fdopen(answer, "w", encoding="utf-8") as out:
        json.dump(answers, out)


if __name__ == "__main__":
    main()
