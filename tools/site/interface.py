"""The reference of the programming interface: docstrings and signatures of the modules that others import.

A page says with a mark where a module belongs, ``<!-- module: livechat_sdk.sync -->``; in the repository
nothing more stands there. On the site the mark is replaced by everything that the module offers by its
``__all__``, each name once: a module that offers what one before it in ``FACES`` has shown refers to that.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from textwrap import indent
from types import ModuleType
from typing import Final

__all__ = ["FACES", "MARK", "data_docstring", "names_of", "with_interface"]

FACES: Final = (
    "livechat_sdk",
    "livechat_sdk.sync",
    "livechat_sdk.config",
    "livechat_sdk.gateway.app",
    "livechat_sdk.gateway.channel",
    "livechat_sdk.gateway.server",
    "livechat_sdk.provider",
    "livechat_sdk.domain.chats",
    "livechat_sdk.http",
    "livechat_sdk.hooks",
    "livechat_sdk.domain.people",
    "livechat_sdk.domain.tickets",
    "livechat_sdk.domain.routing",
    "livechat_sdk.policies.contact_source",
    "livechat_sdk_testing.clock",
    "livechat_sdk_testing.channel",
    "livechat_sdk_testing.builders",
    "livechat_sdk_testing.recordings",
    "livechat_sdk_testing.conformance",
    "livechat_sdk_testing.conformance.systems",
    "livechat_sdk_testing.conformance.recorded",
    "livechat_sdk_testing.hostile",
    "livechat_sdk_simulators.discovery",
    "livechat_sdk_simulators.simulator",
    "livechat_sdk_simulators.calls",
    "livechat_sdk_simulators.human",
    "livechat_sdk_simulators.clock",
)
"""Every module that other people's code may import from, in the order of the pages."""

MARK: Final = re.compile(r"^<!-- module: (?P<name>[\w.]+) -->\n", re.MULTILINE)
_NOT_OURS: Final = "BaseModel, BaseException, RootModel, Generic, Protocol, str, int, tuple, dict, ABC"
"""Classes whose own members are not repeated at each class that inherits them."""


def names_of(module: str) -> list[tuple[str, object]]:
    """What a module offers, and what that is."""
    loaded = import_module(module)
    return [(name, getattr(loaded, name)) for name in sorted(loaded.__all__, key=str.casefold)]


def with_interface(text: str) -> str:
    """The page with its marks replaced. Raises ``ValueError`` for a module that is not one of ``FACES``."""
    return MARK.sub(lambda found: "".join(_module(found["name"])), text)


def _module(name: str) -> Iterator[str]:
    if name not in FACES:
        raise ValueError(f"{name} is not in FACES of tools/site/interface.py")
    shown = {id(what) for face in FACES[: FACES.index(name)] for _, what in names_of(face)}
    about = import_module(name)
    yield f"```{{eval-rst}}\n.. currentmodule:: {name}\n\n{inspect.getdoc(about) or ''}\n\n"
    elsewhere = [one for one, what in names_of(name) if id(what) in shown]
    if elsewhere:
        yield f"Shown above or on a page before: {', '.join(f'``{one}``' for one in elsewhere)}.\n\n"
    for one, what in names_of(name):
        if id(what) not in shown:
            yield _directive(about, one, what)
    yield "```\n"


def data_docstring(module: str, name: str) -> str:
    """The text below a value in the source, where it is defined; empty where there is none."""
    tree = ast.parse(inspect.getsource(import_module(module)))
    for one, text in pairwise(tree.body):
        match one:
            case ast.AnnAssign(target=ast.Name(id=target)) | ast.Assign(targets=[ast.Name(id=target)]):
                if target == name and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
                    return inspect.cleandoc(str(text.value.value))
            case _:
                continue
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and name in {alias.name for alias in node.names}:
            return data_docstring(node.module, name)
    return ""


def _directive(module: ModuleType, name: str, what: object) -> str:
    full = f"{module.__name__}.{name}"
    if inspect.isroutine(what):
        return f".. autofunction:: {full}\n\n"
    if not inspect.isclass(what):
        text = "\n\n" + indent(data_docstring(module.__name__, name), "   ")
        return f".. py:data:: {name}\n   :module: {module.__name__}{text}\n\n"
    kind = "autoexception" if issubclass(what, BaseException) else "autoclass"
    options = (
        ":members:",
        ":undoc-members:",
        f":inherited-members: {_NOT_OURS}",
        ":exclude-members: model_config",
    )
    return f".. {kind}:: {full}\n" + "".join(f"   {option}\n" for option in options) + "\n"
