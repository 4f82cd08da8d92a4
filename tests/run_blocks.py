"""Runs Python blocks of a page in one namespace. Standard input is JSON: a list of [page, line, code].

A block may ``await`` at its top level; all blocks share one event loop, so that objects bound to it live on.
Line numbers in errors are those of the page.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import sys
import types


def main() -> None:
    """Run the blocks; whatever one of them raises ends the process with its traceback."""
    blocks: list[tuple[str, int, str]] = json.load(sys.stdin)
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    with asyncio.Runner() as loop:
        for page, line, code in blocks:
            compiled = compile(
                "\n" * (line - 1) + code, page, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
            )
            result = eval(compiled, vars(module))  # noqa: S307 - the code is our own documentation
            if inspect.iscoroutine(result):
                loop.run(result)


if __name__ == "__main__":
    main()
