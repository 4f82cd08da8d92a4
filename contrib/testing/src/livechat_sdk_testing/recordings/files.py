"""Recordings as YAML files: one exchange each, written so that a difference can be read."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from pydantic import ValidationError

from livechat_sdk_testing.recordings.model import Recording

__all__ = [
    "RecordingError",
    "load_yaml",
    "read_folder",
    "read_recording",
    "recording_text",
    "write_recording",
]

MAX_BYTES: Final = 1_000_000
"""Largest file that is read; a recording is made to be read by people."""

_WIDTH: Final = 110
_FIRST: Final = ("method", "url", "status", "headers")


class RecordingError(AssertionError):
    """A recording, or a whole folder of them, is not what it should be. A test that meets it fails."""


@cache
def _parser() -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import SafeConstructor

    def text(_: object, node: Any) -> str:
        return str(node.value)

    kind: Any = type("TextOfTimes", (SafeConstructor,), {})  # a time stays the text that it is in JSON
    kind.add_constructor("tag:yaml.org,2002:timestamp", text)
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.Constructor = kind
    return yaml


def load_yaml(path: Path) -> Any:
    """A YAML file as JSON values: times stay text. Raises ``RecordingError`` when it cannot be read."""
    from ruamel.yaml.error import YAMLError

    with path.open("rb") as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise RecordingError(f"{path} has more than {MAX_BYTES:,} bytes: cut it down to what matters")
    try:
        return _parser().load(content.decode("utf-8-sig"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise RecordingError(f"{path} is no YAML: {error}") from error


@cache
def _printer() -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.representer import RoundTripRepresenter

    def null(representer: Any, _: object) -> Any:
        return representer.represent_scalar("tag:yaml.org,2002:null", "null")

    kind: Any = type("NullIsSaid", (RoundTripRepresenter,), {})  # and not left out
    kind.add_representer(type(None), null)
    yaml: Any = YAML()
    yaml.Representer = kind
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = _WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def read_recording(path: Path) -> Recording:
    """One file. Raises ``RecordingError`` that lists everything that is wrong with it."""
    document = load_yaml(path)
    try:
        found = Recording.model_validate(document)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in one['loc']) or 'the file'}: {one['msg']}"
            for one in error.errors(include_url=False, include_input=False)
        )
        raise RecordingError(f"{path} is no recording: {wrong}") from None
    return found.model_copy(update={"name": f"{path.parent.name}/{path.stem}"})


def read_folder(folder: Path) -> list[Recording]:
    """Every recording of a folder, ``<operation>/<case>.yaml``, by name. Raises ``RecordingError``."""
    strays = [one for one in folder.rglob("*") if one.is_file() and not _belongs(one, folder)]
    if strays:
        raise RecordingError(f"not <operation>/<case>.yaml: {', '.join(sorted(map(str, strays)))}")
    found = [read_recording(path) for path in sorted(folder.glob("*/*.yaml"))]
    if not found:
        raise RecordingError(f"there are no recordings in {folder}")
    return found


def _belongs(path: Path, folder: Path) -> bool:
    return path.suffix == ".yaml" and path.parent.parent == folder


def recording_text(recording: Recording) -> str:
    """The file of a recording as text: in a fixed order, long text as a block, nothing that is not needed."""
    document = recording.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"name"})
    order = [name for name in Recording.model_fields if name in document]
    for side in ("request", "response"):
        first = {name: document[side][name] for name in _FIRST if document[side].get(name)}
        document[side] = first | {name: one for name, one in document[side].items() if name not in _FIRST}
    stream = io.StringIO()
    _printer().dump({name: _laid_out(document[name]) for name in order}, stream)
    return stream.getvalue()


def _laid_out(value: Any) -> Any:
    """Text of several lines becomes a block; what YAML might read as something else is quoted and escaped."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

    if isinstance(value, dict):
        return {_laid_out(key): _laid_out(one) for key, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_laid_out(one) for one in cast("Sequence[Any]", value)]
    if not isinstance(value, str) or value.isprintable():
        return value
    return LiteralScalarString(value) if _fits_a_block(value) else DoubleQuotedScalarString(value)


def _fits_a_block(text: str) -> bool:
    lines = text.split("\n")
    return (
        bool(lines[0].strip())
        and not lines[0].startswith(" ")
        and not text.endswith("\n\n")
        and all(line.isprintable() and not line.endswith(" ") for line in lines)
    )


def write_recording(recording: Recording, folder: Path) -> Path:
    """Write ``<folder>/<operation>/<case>.yaml``; an existing file is replaced. Redact first.

    ``record`` and ``Recorder`` do that; whoever writes by hand answers for what stands there.
    """
    operation, _, case = recording.name.rpartition("/")
    if not operation or "/" in operation or not case or ".." in (operation, case):
        raise RecordingError(f"{recording.name!r} is not <operation>/<case>")
    path = folder / operation / f"{case}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(recording_text(recording), "utf-8")
    return path


def names(recordings: Iterable[Recording]) -> str:
    """The names of recordings, for a message."""
    return ", ".join(one.name for one in recordings) or "none"
