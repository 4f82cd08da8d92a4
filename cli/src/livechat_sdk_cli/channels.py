"""The channel that ``livechat serve`` delivers to, named as ``module:object``."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from livechat_sdk_cli.exits import CommandError, ExitCode

if TYPE_CHECKING:
    from livechat_sdk.domain.channel import Channel

__all__ = ["load_channel", "no_channel"]

_SHAPE: Final = "a channel is an object with `async def deliver(self, outgoing)`, or a class of such objects"


def no_channel() -> CommandError:
    """What to raise when nothing says where messages for the end user go."""
    return CommandError(
        "livechat serve does not know where messages for the end user go: no channel is set",
        code=ExitCode.USAGE,
        next_step="write the platform's address and a signing secret under `gateway: platform:`, "
        f"or give --channel module:object; {_SHAPE}",
    )


def load_channel(reference: str) -> Channel:
    """The object that ``module:object`` names; a class or function is called without arguments.

    The working directory is searched first. Raises ``CommandError`` that says which part is wrong.
    """
    module_name, colon, path = reference.partition(":")
    if not (module_name and colon and path):
        raise _wrong(f"--channel {reference!r} has not the form module:object")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found: object = import_module(module_name)
    except ModuleNotFoundError as error:
        missing = error.name or module_name
        if missing == module_name or module_name.startswith(f"{missing}."):
            raise _wrong(
                f"there is no module {missing!r} in {here} or among the installed packages"
            ) from error
        raise _wrong(f"module {module_name!r} needs {missing!r}, which is not installed") from error
    except (Exception, SystemExit) as error:  # a module of the platform's own may do anything
        raise _wrong(f"module {module_name!r} cannot be imported: {_reason(error)}") from error
    for name in path.split("."):
        if not hasattr(found, name):
            raise _wrong(f"module {module_name!r} has no {path!r}")
        found = getattr(found, name)
    if inspect.isclass(found) or inspect.isroutine(found):
        found = _call(cast("Callable[[], object]", found), reference)
    if not inspect.iscoroutinefunction(getattr(found, "deliver", None)):
        raise _wrong(f"{reference} is a {type(found).__name__} without an async `deliver`")
    return cast("Channel", found)


def _call(make: Callable[[], object], reference: str) -> object:
    try:
        inspect.signature(make).bind()
    except TypeError as error:
        raise _wrong(f"{reference} cannot be called without arguments: {error}") from error
    try:
        return make()
    except (Exception, SystemExit) as error:  # it is the platform's own code
        raise _wrong(f"{reference}() failed: {_reason(error)}") from error


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


def _wrong(message: str) -> CommandError:
    return CommandError(message, code=ExitCode.USAGE, next_step=_SHAPE)
