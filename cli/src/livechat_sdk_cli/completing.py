"""What a shell is offered for names: integrations and bots of the settings in force, handoffs of the store.

Reads the settings as they are written, without checking them: whoever presses Tab wants names, and at once.
What cannot be read offers nothing. Nothing is ever written, asked of a vendor, or said on standard error.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import typer

from livechat_sdk_cli.settings import DEFAULT_FILE

__all__ = ["bots", "handoffs", "integrations", "integrations_and_files"]

_MOST_FILES: Final = 20
_MOST_BYTES: Final = 1_000_000
_MOST: Final = 50
_REFERENCE: Final = re.compile(r"\$\{(\w+)\}")


def integrations(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Names of integrations with their types."""
    found: dict[str, str] = {}
    for document in _settings(ctx):
        for name, one in _part(document, "integrations").items():
            kind: object = cast("Mapping[str, object]", one).get("type") if isinstance(one, Mapping) else None
            found.setdefault(name, str(kind or ""))
    taken = _words(ctx, "integrations")
    return [pair for pair in found.items() if pair[0].startswith(incomplete) and pair[0] not in taken][:_MOST]


def integrations_and_files(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Names of integrations, and files of settings, where either may stand."""
    return [*integrations(ctx, incomplete), *_files(incomplete)][:_MOST]


def bots(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Names of bots."""
    found = [name for document in _settings(ctx) for name in _part(document, "bots")]
    return [(name, "bot") for name in dict.fromkeys(found) if name.startswith(incomplete)][:_MOST]


def handoffs(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Ids of the newest handoffs of the store, with their states."""
    import asyncio

    from livechat_sdk.ledger.glance import newest_handoffs

    url, workspace = _store(ctx)
    return asyncio.run(newest_handoffs(url, workspace, incomplete, limit=_MOST))


def _store(ctx: typer.Context) -> tuple[str, str]:
    """The store in force and the workspace in it, as ``stores.find_store`` takes them."""
    given: object = ctx.params.get("store")
    told: dict[str, str] = {"store": "sqlite:///livechat.db", "workspace": "default"}
    if given is None or ctx.params.get("workspace") is None:
        for document in reversed(_settings(ctx)):
            told |= {name: str(document[name]) for name in told if isinstance(document.get(name), str)}
    if given is not None:
        told["store"] = str(given) if "://" in str(given) else f"sqlite:///{given}"
    if ctx.params.get("workspace") is not None:
        told["workspace"] = str(ctx.params["workspace"])
    url = _REFERENCE.sub(lambda found: os.environ.get(found[1], ""), told["store"])
    return url, told["workspace"]


def _words(ctx: typer.Context, name: str) -> Sequence[str]:
    """What stands on the line already."""
    given: object = ctx.params.get(name)
    return [str(one) for one in cast("Sequence[object]", given)] if isinstance(given, list | tuple) else []


def _settings(ctx: typer.Context) -> list[Mapping[str, Any]]:
    """The file that the line names, else the usual one, and what it includes."""
    named = [ctx.params.get(name) for name in ("settings", "file")]
    files = [Path(str(one)) for one in named if one is not None]
    first = next((one for one in files if one.is_file()), DEFAULT_FILE)
    documents: list[Mapping[str, Any]] = []
    waiting, seen = [first], set[Path]()
    while waiting and len(seen) < _MOST_FILES:
        path = waiting.pop(0).absolute()
        if path in seen:
            continue
        seen.add(path)
        document = _read(path)
        documents.append(document)
        included: object = document.get("include")
        patterns = cast("list[object]", included) if isinstance(included, list) else [included]
        for pattern in patterns:
            if isinstance(pattern, str) and pattern:
                waiting += _matching(path.parent, pattern)
    return documents


def _matching(folder: Path, pattern: str) -> Iterator[Path]:
    try:
        if Path(pattern).is_absolute():
            return iter([Path(pattern)])
        return iter(sorted(folder.glob(pattern))[:_MOST_FILES])
    except (ValueError, NotImplementedError, OSError):
        # NotImplementedError is `Path.glob` on an absolute pattern; `is_absolute` above leaves those with a
        # root and no drive, or a drive and no root (Windows). They complete nothing; `validate` says why.
        return iter(())


def _read(path: Path) -> Mapping[str, Any]:
    """One file; an integration of the platform, or a list of them, becomes the part of a file that it is."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        with path.open("rb") as stream:
            reader: Any = YAML(typ="safe", pure=True)
            loaded: object = reader.load(stream.read(_MOST_BYTES))
    except (OSError, YAMLError, UnicodeError, ValueError, RecursionError):
        return {}
    if isinstance(loaded, Mapping) and "type" not in loaded:
        return cast("Mapping[str, Any]", loaded)
    alone = cast("list[object]", loaded if isinstance(loaded, list) else [loaded])
    named = [cast("Mapping[str, Any]", one) for one in alone if isinstance(one, Mapping)]
    return {"integrations": {str(one["name"]): one for one in named if one.get("name")}}


def _part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: object = document.get(name)
    return (
        {str(key): one for key, one in cast("Mapping[object, Any]", found).items()}
        if isinstance(found, Mapping)
        else {}
    )


def _files(incomplete: str) -> Iterator[tuple[str, str]]:
    folder, _, beginning = incomplete.rpartition("/")
    try:
        there = sorted(Path(folder or ".").iterdir())
    except OSError:
        return
    for one in there:
        if one.suffix in {".yaml", ".yml", ".json"} and one.name.startswith(beginning):
            yield (f"{folder}/{one.name}" if folder else one.name), "settings"
