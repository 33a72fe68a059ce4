"""The language of a report: what says its sentences and writes its numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...exporter.common.errors import Problem


@dataclass(frozen=True)
class Voice:
    """Says an English template in the language with the code `code`; by itself in English.

    `translate` says a template with its values, and `number` writes what English writes as `1,234.5` or `93.5 %`.
    """

    code: str = "en"
    translate: Callable[[Problem], str] = str
    number: Callable[[str], str] = str

    def __call__(self, said: str | Problem, **values: object) -> str:
        """`said`, with its numbers written as the language does."""
        problem = said if isinstance(said, Problem) else Problem(said, values)
        written = {name: self._written(value) for name, value in problem.values.items()}
        return self.translate(Problem(problem.message, written))

    def fixed(self, value: float, digits: int) -> str:
        """`value` with so many digits after the point."""
        return self.number(f"{value:,.{digits}f}")

    def share(self, value: float) -> str:
        """`value` in per cent."""
        return self.number(f"{100 * value:.1f} %")

    def _written(self, value: object) -> object:
        return self.number(f"{value:,}") if isinstance(value, int | float) else value


ENGLISH = Voice()
