"""What a hook must have before it may ship: documentation, a page section, a test, a plugin that uses it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.hook_reference import FACTS, Hook


def functions(files: Iterable[Path]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method in some source files."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def implemented_in(files: Iterable[Path]) -> set[str]:
    """Hooks that are implemented in some source files: functions marked with ``hookimpl``."""
    found: set[str] = set()
    for function in functions(files):
        for mark in function.decorator_list:
            call = mark if isinstance(mark, ast.Call) else None
            if ast.unparse(call.func if call else mark).split(".")[-1] != "hookimpl":
                continue
            names = [one.value for one in call.keywords if one.arg == "specname"] if call else []
            found.update(str(ast.literal_eval(name)) for name in names)
            if not names:
                found.add(function.name)
    return found


def missing(hook: Hook, *, page: str, tests: Iterable[str], implemented: Iterable[str]) -> list[str]:
    """What ``hook`` lacks, in words; empty when it may ship."""
    lacks: list[str] = []
    if not hook.text:
        lacks.append("its specification does not say what it is for")
    lacks += [f"its docstring does not say `{fact}:`" for fact in FACTS if not hook.facts.get(fact)]
    section = page.partition(f"\n### {hook.name}\n")[2].partition("\n### ")[0]
    if not section:
        lacks.append("docs/reference/hooks.md has no section about it")
    elif f"```python\n{hook.signature}\n```" not in section:
        lacks.append("its section in docs/reference/hooks.md does not show its exact signature")
    wanted = f"test_{hook.name}"
    if not any(test == wanted or test.startswith(f"{wanted}_") for test in tests):
        lacks.append(f"no test is named after it: {wanted}_...")
    if hook.name not in implemented:
        lacks.append("no plugin that we ship implements it")
    return lacks
