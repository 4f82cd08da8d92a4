"""Models as stored JSON documents, each with the number of its schema in front.

A document is ``{"v":1,"d":<the model as JSON>}``. A number that this release does not know is refused, so
that an older program never misreads what a newer one wrote.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, from_json

from livechat_sdk.domain.chats import Chat, ProviderEvent
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.errors import InvalidInput, StoreError
from livechat_sdk.lifecycle.effects import Action

__all__ = [
    "DOCUMENT_VERSION",
    "UnreadableDocument",
    "bot_may_wait",
    "dump",
    "dump_chat",
    "dump_handoff",
    "dump_mapping",
    "load",
    "load_action",
    "load_event",
    "load_handoff",
    "load_mapping",
    "unpack",
]

DOCUMENT_VERSION = 1
"""Schema number of the documents that this release writes, and the newest that it reads."""

_PREFIX = f'{{"v":{DOCUMENT_VERSION},"d":'
_LEVELS_SURELY_READ = 150
"""The reader of JSON takes 200."""
_NUMBERED = re.compile(r'\{\s*"v"\s*:\s*(\d+)\s*,\s*"d"\s*:\s*')

M = TypeVar("M", bound=BaseModel)


class UnreadableDocument(StoreError):
    """One stored document cannot be read; the ledger works otherwise."""


def _pack(text: str) -> str:
    return f"{_PREFIX}{text}}}"


def unpack(document: str) -> str:
    """The JSON inside a stored document. Raises ``UnreadableDocument`` for a newer one, or a broken one."""
    if document.startswith(_PREFIX):
        return document[len(_PREFIX) : -1]
    numbered = _NUMBERED.match(document)
    if numbered is None:
        raise UnreadableDocument(
            "a stored document has no schema number; the database was changed by other hands"
        )
    if int(numbered[1]) > DOCUMENT_VERSION:
        raise UnreadableDocument(
            f"a stored document has schema {numbered[1]}, this release reads up to {DOCUMENT_VERSION}; "
            "install the release that wrote it, or a newer one",
        )
    return document[numbered.end() :].rstrip()[:-1]


def dump(model: BaseModel, *, exclude: set[str] | None = None) -> str:
    """A model as a document. Raises ``InvalidInput`` when it holds something that JSON cannot carry.

    So does what is nested too deeply: it could be written, and never be read again.
    """
    try:
        text = model.model_dump_json(exclude=exclude)
    except (PydanticSerializationError, UnicodeEncodeError) as error:
        raise InvalidInput(f"{type(model).__name__} cannot be stored as JSON: {error}"[:500]) from None
    if _may_be_deep(text) and not _is_readable(text):
        raise InvalidInput(f"{type(model).__name__} cannot be stored as JSON: it is nested too deeply")
    return _pack(text)


def _may_be_deep(text: str) -> bool:
    """Nearly never: what has few brackets has few levels."""
    return text.count("{") + text.count("[") > _LEVELS_SURELY_READ


def _is_readable(text: str) -> bool:
    """Whether it can be read with a few levels around it, for a request is read inside its handoff."""
    try:
        from_json(f"[[[[{text}]]]]", cache_strings="none")
    except ValueError:
        return False
    return True


def load(kind: type[M], document: str) -> M:
    """The model in a document. Raises ``UnreadableDocument`` when it does not fit."""
    try:
        return kind.model_validate_json(unpack(document))
    except ValidationError as error:
        raise _unreadable(kind.__name__, error) from None


def dump_handoff(handoff: Handoff) -> str:
    """A handoff without its request, which is stored once and never rewritten."""
    return dump(handoff, exclude={"request"})


def load_handoff(document: str, request: str) -> Handoff:
    """A handoff from its two documents."""
    rest = unpack(document)
    try:
        return Handoff.model_validate_json(f'{{"request":{unpack(request)},{rest.lstrip()[1:]}')
    except ValidationError as error:
        raise _unreadable("Handoff", error) from None


def bot_may_wait(document: str) -> bool:
    """Whether the policy in a handoff's document lets the bot speak while the end user waits."""
    policy = json.loads(unpack(document))["policy"]
    return bool(policy["allow_bot_while_waiting"])


def dump_chat(chat: Chat) -> str:
    """A chat without its secrets, which are stored apart and encrypted."""
    return dump(chat, exclude={"secrets"})


def load_action(document: str) -> Action:
    """The action in a document."""
    return _load_one_of(_actions(), "Action", document)


def load_event(document: str) -> ProviderEvent:
    """The provider event in a document."""
    return _load_one_of(_events(), "ProviderEvent", document)


def dump_mapping(mapping: Mapping[str, Any]) -> str:
    """A small JSON object as a document. Raises ``InvalidInput`` for what JSON cannot carry."""
    if not mapping:  # most steps have nothing to add
        return _pack("{}")
    try:
        return _pack(json.dumps(dict(mapping), ensure_ascii=False, allow_nan=False, separators=(",", ":")))
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"cannot be stored as JSON: {error}"[:500]) from None


def load_mapping(document: str) -> Mapping[str, Any]:
    """The JSON object in a document."""
    try:
        found: Any = json.loads(unpack(document))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UnreadableDocument(
            "a stored document is not a JSON object; the database was changed by other hands"
        )
    return found  # pyright: ignore[reportUnknownVariableType]  # json gives objects of any content


T = TypeVar("T")


def _load_one_of(adapter: TypeAdapter[T], name: str, document: str) -> T:
    try:
        return adapter.validate_json(unpack(document))
    except ValidationError as error:
        raise _unreadable(name, error) from None


@cache
def _actions() -> TypeAdapter[Action]:
    return TypeAdapter(Action)


@cache
def _events() -> TypeAdapter[ProviderEvent]:
    return TypeAdapter(ProviderEvent)


def _unreadable(kind: str, error: ValidationError) -> UnreadableDocument:
    places = ", ".join(".".join(map(str, each["loc"])) for each in error.errors(include_input=False)[:5])
    return UnreadableDocument(
        f"a stored {kind} cannot be read ({places or 'not JSON'}); the database was written by another "
        "release or changed by other hands",
    )
