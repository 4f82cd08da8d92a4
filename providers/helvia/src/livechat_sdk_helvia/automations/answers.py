"""What another system answered, as lines that a member of the team can read. Nothing of it is believed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeGuard

from livechat_sdk_helvia.automations.records import RunFact, RunResult

__all__ = ["MAX_FACTS", "read_answer"]

MAX_FACTS: Final = 40
"""Fields of an answer that are shown."""

_MAX_LABEL: Final = 80
_MAX_VALUE: Final = 500
_MAX_TEXT: Final = 2000
_DEEPEST: Final = 4


def read_answer(status: int, content: bytes) -> RunResult:
    """The fields of a JSON answer, nested ones with their path; of anything else the beginning as text."""
    text = content.decode("utf-8", "replace").replace("\x00", "").strip()
    try:
        document = json.loads(text) if text[:1] in {"{", "["} else None
    except (ValueError, RecursionError):
        document = None
    if document is None:
        return RunResult(status=status, text=text[:_MAX_TEXT])
    found = list(_facts("", document, 0))
    return RunResult(status=status, facts=tuple(found[:MAX_FACTS]), left_out=max(0, len(found) - MAX_FACTS))


def _facts(path: str, value: Any, depth: int) -> Iterator[RunFact]:
    if depth == _DEEPEST or not _is_nested(value):
        yield RunFact(label=_readable(path)[-_MAX_LABEL:] or "answer", value=_words(value)[:_MAX_VALUE])
        return
    named = value.items() if isinstance(value, Mapping) else enumerate(value, start=1)
    for name, one in named:
        yield from _facts(f"{path}.{name}" if path else str(name), one, depth + 1)


def _is_nested(value: Any) -> TypeGuard[Mapping[str, Any] | list[Any]]:
    """Whether it has lines of its own: an object, or a list of more than plain values."""
    if _is_list(value):
        return any(isinstance(one, dict | list) for one in value)
    return isinstance(value, Mapping) and value != {}


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _words(value: Any) -> str:
    if isinstance(value, str):
        return _readable(value)
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if _is_list(value):
        return ", ".join(_words(one) for one in value)
    return _readable(json.dumps(value, ensure_ascii=False, default=str))


def _readable(text: str) -> str:
    """Without halves of characters, which no column and no page takes."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "")
