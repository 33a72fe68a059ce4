"""Calls of the tab's handlers with values that no page would send: seeded.

`python -m tests.fuzz.calls 1000` makes that many and prints what became of them.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from cefr_sentences.exporter.common.webui import Webui
from cefr_sentences.extension.models.standalone import Standalone

from ..extension.tab.conftest import Built, Request, built_page
from .tables import LIMIT

_VALUES: tuple[Any, ...] = (
    None, "", "A1", "a", "a1", 0, 1, -1, 2.5, 10**400, float("nan"), True, [], ["a"], {}, {"value": 1}, "\0", "\ud800",
    "../../x", "/etc/passwd", "a/b", "..", "CON", "\u200b", "x" * 5000, "dog, cat", "10:70,8-9:20,6-7:10", "64",
    "first", "off", "only", "=1+1", "<script>", "{x}", "%s", "1e999", "q,k,v,o", "fast", "cosine",
)  # fmt: skip


def _sent(component: Any, chance: random.Random) -> Any:
    """A value of the kind that gradio lets through to a handler."""
    value = chance.choice(_VALUES)
    kind = type(component).__name__
    if value is None or kind == "File":
        return None
    if kind == "Checkbox":
        return bool(value)
    if kind in ("Number", "Slider"):
        return value if isinstance(value, int | float) else None
    return list(map(str, value)) if isinstance(value, list) and kind == "CheckboxGroup" else str(value)


def page(root: Path) -> Built:
    """The tab on a host without a model, with its data below `root`."""
    (root / "user_data").mkdir()
    host = Standalone(Webui(root, root / "user_data"))
    names = ("apply", "answers", "counter", "lend", "prompt_form", "tokenizer")
    return built_page(root / "user_data", **{name: getattr(host, name) for name in names})


def try_one(seed: int, built: Built, root: Path) -> str:
    """One call: what the page is told. Raises what nobody should see, also where something is written elsewhere."""
    chance = random.Random(seed)
    # The doctor takes no value from the page, and half a second to look at the packages.
    event = chance.choice([event for event in built.ui.events if event.pane != "doctor"])
    given = [_sent(component, chance) for component in event.inputs.values()]
    lists = [_sent(component, chance) for component in built.ui.lists]
    answers = list(built.ui.guarded(event)(Request(chance.choice(("en", "tr", "\0"))), *given, *lists))
    said = str(answers)
    place = f"{event.pane}.{event.handler.__name__}({given!r})"[:500]
    assert answers, place
    assert "Unexpected" not in said, f"{place}: {said[:300]}"
    assert "Beklenmeyen" not in said, f"{place}: {said[:300]}"
    assert sorted(path.name for path in root.iterdir()) == ["user_data"], place
    return "refused" if "error" in said else "answered"


def main(cases: int = 500, first: int = 0) -> Counter[str]:
    became: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        built = page(root)
        for seed in range(first, first + cases):
            begun = time.process_time()
            try:
                became[try_one(seed, built, root)] += 1
            except Exception as error:
                became["failed"] += 1
                print(f"seed {seed}: {type(error).__name__}: {error}")
            if (took := time.process_time() - begun) > LIMIT:
                became["slow"] += 1
                print(f"seed {seed}: {took:.1f} s")
    print("calls of the tab: " + ", ".join(f"{what} {n:,}" for what, n in sorted(became.items())))
    return became


if __name__ == "__main__":
    became = main(*map(int, sys.argv[1:]))
    sys.exit(bool(became["failed"] or became["slow"]))
