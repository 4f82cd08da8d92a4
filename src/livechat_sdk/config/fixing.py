"""``livechat validate --fix``: mends a settings file and those that it includes, and shows what changes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Final

from livechat_sdk.config.loader import Loaded, load_again
from livechat_sdk.config.mending import Fix, apply_fixes
from livechat_sdk.errors import ConfigurationError

if TYPE_CHECKING:
    from livechat_sdk.provider.integration import IntegrationType

__all__ = ["Change", "Fixed", "fix_file", "new_file", "show_change", "write_changes"]

_ROUNDS: Final = 10
"""A mended place may show another mistake; so often one looks again."""

_MARK: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class Change:
    """One file before and after. ``diff`` shows the lines that change, without secrets."""

    path: Path
    before: str = field(repr=False)
    after: str = field(repr=False)
    diff: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fixed:
    """What was mended: ``before`` and ``after`` are the results of loading, ``codes`` what was mended."""

    before: Loaded
    after: Loaded
    changes: tuple[Change, ...]
    codes: tuple[str, ...]


def fix_file(
    path: str | os.PathLike[str],
    *,
    types: Mapping[str, IntegrationType] | Iterable[IntegrationType],
    env: Mapping[str, str] | None = None,
) -> Fixed:
    """Find out what can be mended in a settings file and in what it includes. Writes nothing."""
    texts: dict[str, str] = {}
    first = now = load_again(path, texts, types=types, env=env)
    codes: list[str] = []
    for _ in range(_ROUNDS):
        if not now.fixes:
            break
        changed = _apply(now, texts)
        after = load_again(path, changed, types=types, env=env)
        if now.view.understood and not after.view.understood:
            break  # then something else was meant: leave it to a person
        codes += [fix.code for fix in now.fixes]
        texts, now = changed, after
    changes = [_change(name, text, first, now) for name, text in texts.items()]
    return Fixed(first, now, tuple(one for one in changes if one.before != one.after), tuple(codes))


def _apply(now: Loaded, texts: Mapping[str, str]) -> dict[str, str]:
    by_file: dict[str, list[Fix]] = {}
    for fix in now.fixes:
        by_file.setdefault(fix.file or "", []).append(fix)
    changed = {name: apply_fixes(now.view.text_of(name), fixes) for name, fixes in by_file.items()}
    return {**texts, **changed}


def _change(name: str, text: str, first: Loaded, last: Loaded) -> Change:
    before = first.view.text_of(name)
    return Change(Path(name), before, text, tuple(show_change(name, first, last)))


def show_change(name: str, first: Loaded, last: Loaded) -> list[str]:
    """The lines of a file that two loads have differently, as a diff without context and without secrets."""
    old, new = (one.view.text_of(name).splitlines() for one in (first, last))
    shown = [f"--- {name}", f"+++ {name}"]
    for kind, low, high, start, end in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        shown.append(f"@@ -{_range(low, high)} +{_range(start, end)} @@")
        shown += [f"-{first.view.line(name, number + 1)}" for number in range(low, high)]
        shown += [f"+{last.view.line(name, number + 1)}" for number in range(start, end)]
    return shown


def _range(low: int, high: int) -> str:
    count = high - low
    return f"{low + 1 if count else low}" + ("" if count == 1 else f",{count}")


def write_changes(changes: Iterable[Change]) -> None:
    """Write each file as a whole or not at all; links are followed, rights kept.

    Raises ``ConfigurationError`` when somebody changed a file meanwhile, ``OSError`` when it cannot be
    written; what was written before stays.
    """
    for change in changes:
        path = change.path.resolve()
        content = path.read_bytes()
        mark = _MARK if content.startswith(_MARK.encode()) else ""
        if content.decode("utf-8-sig") != change.before:
            raise ConfigurationError(f"{change.path} was changed meanwhile; nothing was written to it")
        _replace(path, (mark + change.after).encode())


def new_file(path: Path, text: str) -> None:
    """Write a file that is not there yet; only its owner may read it, because it may hold secrets.

    Raises ``ConfigurationError`` when there is one.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise ConfigurationError(f"{path} is there already, and is left as it is") from None
    with open(handle, "w", encoding="utf-8", newline="") as stream:  # noqa: PTH123 - from a handle
        stream.write(text)


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "wb") as stream:  # noqa: PTH123 - from a handle
            stream.write(content)
            stream.flush()
            os.fchmod(stream.fileno(), path.stat().st_mode & 0o7777)
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise
