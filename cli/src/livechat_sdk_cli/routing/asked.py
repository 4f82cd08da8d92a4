"""Requests as JSON, for ``livechat explain route --request``: every mistake is told with its place."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, cast

from pydantic import Field, TypeAdapter, ValidationError

from livechat_sdk.domain.base import Identifier, Model, Timestamp
from livechat_sdk.domain.handoff import HandoffRequest
from livechat_sdk.domain.people import Contact
from livechat_sdk.domain.routing import Earlier
from livechat_sdk_cli.exits import CommandError, ExitCode
from livechat_sdk_cli.routing.offline import Asked

__all__ = ["read_requests"]

MOST_REQUESTS: Final = 1000
MOST_BYTES: Final = 20_000_000
_MOST_ERRORS: Final = 10
_EXAMPLE: Final = 'write {"bot": "shop-bot", "user": {"id": "u-1", "language": "el"}, "tags": ["vip"]}'
_LEFT_OUT: Final = {"key": "asked", "conversation_id": "asked"}


class _Earlier(Model):
    integration: Identifier
    agent: Identifier
    ended_at: Timestamp


class _Asked(Model):
    request: HandoffRequest
    at: Timestamp | None = None
    contacts: tuple[Contact, ...] = Field(default=(), max_length=100)
    earlier: tuple[_Earlier, ...] = Field(default=(), max_length=1000)
    business_hours: Literal["open", "closed"] | None = None


def read_requests(source: str) -> tuple[list[Asked], bool]:
    """The requests in a file, or in standard input for ``-``; and whether they stood in a list.

    Raises ``CommandError`` that names each mistake.
    """
    text = _text(source)
    try:
        content: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        told = f": {error}" if isinstance(error, json.JSONDecodeError) else ""
        raise _wrong(f"{_name(source)} is not JSON{told}") from None
    several = isinstance(content, list)
    items = cast("list[Any]", content) if several else [content]
    if len(items) > MOST_REQUESTS:
        raise _wrong(f"{_name(source)} has {len(items):,} requests; at most {MOST_REQUESTS:,} at once")
    wrapped = [_completed(one if not _is_bare(one) else {"request": one}) for one in items]
    try:
        read = TypeAdapter(list[_Asked]).validate_python(wrapped)
    except ValidationError as error:
        raise _wrong(_problems(error, several=several)) from None
    now = datetime.now(UTC)
    return [_asked(one, now) for one in read], several


def _is_bare(one: object) -> bool:
    return isinstance(one, dict) and "request" not in one


def _completed(one: object) -> object:
    """A request with what it must have and a question need not: nobody has to think of ids to ask one.

    Shares are drawn by the conversation: without its id, always in the same way.
    """
    if not isinstance(one, dict):
        return one
    asked = cast("dict[str, object]", one)
    request = asked.get("request")
    if not isinstance(request, dict):
        return asked
    whole = {**_LEFT_OUT, **cast("dict[str, object]", request)}
    user = whole.get("user", {})
    if isinstance(user, dict):
        whole["user"] = {"id": "asked", **cast("dict[str, object]", user)}
    return {**asked, "request": whole}


def _asked(read: _Asked, now: datetime) -> Asked:
    return Asked(
        request=read.request,
        at=read.at or now,
        contacts=read.contacts,
        earlier=[Earlier(one.integration, one.agent, one.ended_at) for one in read.earlier],
        business_hours=read.business_hours,
    )


def _name(source: str) -> str:
    return "standard input" if source == "-" else source


def _text(source: str) -> str:
    if source == "-":
        raw = sys.stdin.buffer.read(MOST_BYTES + 1)
    else:
        try:
            with Path(source).open("rb") as stream:
                raw = stream.read(MOST_BYTES + 1)
        except OSError as error:
            raise _wrong(f"{source} cannot be read: {error.strerror}") from None
    if len(raw) > MOST_BYTES:
        raise _wrong(f"{_name(source)} has more than {MOST_BYTES:,} bytes")
    return raw.decode("utf-8-sig", "replace")


def _problems(error: ValidationError, *, several: bool) -> str:
    told: list[str] = []
    for one in error.errors(include_url=False, include_input=False)[:_MOST_ERRORS]:
        path = one["loc"] if several else one["loc"][1:]
        told.append(f"{'.'.join(map(str, path)) or 'the request'}: {one['msg'][:200]}")
    return "this is no request: " + "; ".join(told)


def _wrong(message: str) -> CommandError:
    return CommandError(message, code=ExitCode.USAGE, next_step=_EXAMPLE)
