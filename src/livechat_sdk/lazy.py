"""Names of a package that are loaded when they are used, so that importing the package costs nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["loading_from"]


def loading_from(package: str, homes: Mapping[str, Iterable[str]]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package: ``homes`` gives for each module of ``livechat_sdk`` its names there.

    A name that was asked for once is an attribute of the package from then on.
    """
    home_of = {name: home for home, names in homes.items() for name in names}

    def load(name: str) -> Any:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"livechat_sdk.{home_of[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return load
