"""Adapt a loaded extension that cannot be edited.

The names `transformers` and `gr` (under whatever alias) are replaced in the namespace of that one module by
proxies; the libraries themselves stay as they are, because the webui and other extensions share them.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from .adapt import adapted_arguments
from .rules import RULES, Rule, rules_for

Warn = Callable[[Rule], None]

_installed: WeakKeyDictionary[ModuleType, dict[str, tuple[Any, Any]]] = WeakKeyDictionary()


class DriftWarning(UserWarning):
    """An argument that was adapted; said once for each in each module."""


@contextmanager
def adapted(module: ModuleType) -> Iterator[ModuleType]:
    """`module` adapted for the length of a block, and as it was afterwards, also after an error."""
    install(module)
    try:
        yield module
    finally:
        remove(module)


def install(module: ModuleType) -> list[str]:
    """Replace what `module` knows of transformers and gradio; returns the replaced names. Calling it twice is harmless.

    What the module imports inside its functions is out of reach, and so are modules that it imports.
    """
    if module in _installed:
        return sorted(_installed[module])
    warn, replaced = _warner(module.__name__), {}
    for name, value in list(vars(module).items()):
        proxy = _proxy(value, warn)
        if proxy is not None:
            replaced[name] = (value, proxy)
            setattr(module, name, proxy)
    if replaced:
        _installed[module] = replaced
    return sorted(replaced)


def remove(module: ModuleType) -> None:
    """Put back what `install` replaced, except names that the module has bound again since."""
    for name, (original, proxy) in _installed.pop(module, {}).items():
        if vars(module).get(name) is proxy:
            setattr(module, name, original)


def loaded_extension(name: str) -> ModuleType | None:
    """The module that a webui, 3.x or 4.x, made of the extension in folder `name`; None while it is not loaded."""
    names = (f"user_ext_{name}", f"user_data.extensions.{name}.script", f"extensions.{name}.script")
    return next((sys.modules[module] for module in names if module in sys.modules), None)


def _warner(module: str) -> Warn:
    said: set[str] = set()

    def warn(rule: Rule) -> None:
        if rule.describe() not in said:
            said.add(rule.describe())
            message = f"{module} calls {rule.api} by an old name: {rule.describe()} ({rule.why}). Adapted."
            warnings.warn(message, DriftWarning, stacklevel=4)

    return warn


def _proxy(value: Any, warn: Warn) -> Any:
    """A stand-in for `value`, where it is one of the libraries or something of theirs with rules; else None."""
    if isinstance(value, ModuleType):
        return _Library(value, warn) if value.__name__ in ("transformers", "gradio") else None
    if not isinstance(value, type):
        return None
    package = (value.__module__ or "").split(".")[0]
    if package == "transformers" and rules_for([value.__name__], RULES, "argument", "value"):
        return _Callable(value, warn)
    gradio = sys.modules.get("gradio")
    if package == "gradio" and gradio is not None and issubclass(value, gradio.blocks.Block):
        return None if hasattr(value, "update") else _Component(value, warn)
    return None


class _Library(ModuleType):
    """A library whose attributes are replaced as they are asked for."""

    def __init__(self, module: ModuleType, warn: Warn) -> None:
        super().__init__(module.__name__, module.__doc__)
        self.__dict__.update(_module=module, _warn=warn, __file__=getattr(module, "__file__", None))

    def __getattr__(self, name: str) -> Any:
        module, warn = self.__dict__["_module"], self.__dict__["_warn"]
        moved = next((rule for rule in RULES if rule.api == f"{module.__name__}.{name}"), None)
        if moved and moved.new and not hasattr(module, name):
            warn(moved)
            name = moved.new.rpartition(".")[2]
        value = getattr(module, name)
        proxy = None if isinstance(value, ModuleType) else _proxy(value, warn)
        return value if proxy is None else proxy

    def __dir__(self) -> list[str]:
        return dir(self.__dict__["_module"])


class _Class:
    """A stand-in for a class: the same in annotations, `isinstance` and as a base."""

    def __init__(self, real: type, warn: Warn) -> None:
        self.__wrapped__, self._warn = real, warn

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__wrapped__(*args, **kwargs)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self.__wrapped__)

    def __subclasscheck__(self, subclass: type) -> bool:
        return issubclass(subclass, self.__wrapped__)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (self.__wrapped__,)

    def __eq__(self, other: object) -> bool:
        return other is self or other is self.__wrapped__ or getattr(other, "__wrapped__", None) is self.__wrapped__

    def __hash__(self) -> int:
        return hash(self.__wrapped__)

    def __or__(self, other: Any) -> Any:
        return self.__wrapped__ | other

    def __ror__(self, other: Any) -> Any:
        return other | self.__wrapped__

    def __repr__(self) -> str:
        return repr(self.__wrapped__)


class _Callable(_Class):
    """TrainingArguments or Trainer, called with the names of any version."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.__wrapped__(*args, **adapted_arguments(self.__wrapped__, kwargs, RULES, self._warn))


class _Component(_Class):
    """A gradio component with the `update` that components had before gradio 4."""

    def update(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) > 1:
            raise TypeError(f"{self.__wrapped__.__name__}.update() takes its value alone without a name.")
        if args:
            kwargs["value"] = args[0]
        for rule in rules_for(["update"], RULES, "attribute"):
            self._warn(rule)
        return sys.modules["gradio"].update(**kwargs)
