"""The kit over recordings: each recorded call, and the same call with every answer that may go wrong.

A recording says what a vendor answers when all is well. Here it is replayed as it is, and then with its
answer changed: each status, a body that is rubbish, cut off, or lacks a field. Whatever comes, a provider
answers or raises an error of the family, says what kind of failure it was, and shows no secret.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from livechat_sdk.errors import (
    AuthError,
    ProtocolError,
    ProviderError,
    RejectedError,
    RetryableError,
    UnavailableError,
)
from livechat_sdk_testing.conformance.bench import error_text
from livechat_sdk_testing.conformance.case import CaseFailed, that
from livechat_sdk_testing.conformance.listening import secrets_of
from livechat_sdk_testing.recordings import Recording, RecordingError, Recordings, replay

__all__ = ["Adapter", "RecordedCall", "check_recorded_call"]


class Adapter(Protocol):
    """A provider, a ticket system or a CRM."""

    @property
    def settings(self) -> Any:
        """Its settings, with the secrets that nobody may see."""
        ...

    async def stop(self) -> None:
        """Close what a call opened."""
        ...


_STATUSES: Final = (400, 403, 404, 405, 408, 409, 410, 413, 415, 422, 429, 500, 502, 503, 504)
_PASSING: Final = frozenset({408, 429, 500, 502, 503, 504})
_FORBIDDEN: Final = 403


@dataclass(frozen=True)
class RecordedCall:
    """One call of an adapter, and the recordings that it needs, in order; the last one is the call itself.

    ``fine`` are statuses that the provider takes for an answer (a close of a chat that is over: 409).
    ``reads``: whether the call returns something that is made from the answer's body.
    """

    name: str
    recordings: Sequence[str]
    call: Callable[[Any], Awaitable[object]]
    fine: frozenset[int] = frozenset()
    reads: bool = True


async def check_recorded_call(
    one: RecordedCall, recordings: Recordings, make_provider: Callable[[], Adapter]
) -> int:
    """Replay a call as recorded, and with each changed answer; returns how many answers that were.

    Raises ``CaseFailed`` for the first one that the provider gets wrong. ``make_provider`` makes a provider
    with the credentials of the recordings.
    """
    *before, last = [recordings.all[name] for name in one.recordings]
    error = await _play(one, [*before, last], make_provider)
    if error is not None:
        raise CaseFailed(f"{one.name}, as recorded, raises {type(error).__name__}: {error}") from error
    played = 1
    for what, answer, wanted in _answers(one, last):
        changed = last.model_copy(update={"response": answer, "calls": "many"})
        error = await _play(one, [*before, changed], make_provider)
        _judge(f"{one.name} answered with {what}", error, wanted, make_provider())
        played += 1
    return played


_Wanted = tuple[type[Exception], ...] | None
"""Errors of which one must be raised; ``None``: an answer is fine too."""


def _answers(one: RecordedCall, last: Recording) -> Iterator[tuple[str, Any, _Wanted]]:
    for status in _STATUSES:
        if status not in one.fine:
            yield f"status {status}", _with(last, status=status), _meaning(status)
    if not last.response.content:
        return
    wanted: _Wanted = (ProtocolError, RetryableError) if one.reads else None
    text = last.response.content.decode("utf-8", "replace")
    yield "rubbish", _with(last, text="<html>busy</html>"), wanted
    yield "half a body", _with(last, text=text[: len(text) // 2]), wanted
    yield "nothing", _with(last, text=""), wanted
    try:
        document = json.loads(text)
    except ValueError:
        return
    for path in _paths(document):
        yield f"{_named(path)} missing", _with(last, json=_changed(document, path, _GONE)), None
        yield f"{_named(path)} null", _with(last, json=_changed(document, path, None)), None
        yield f"{_named(path)} strange", _with(last, json=_changed(document, path, [{"odd": 1}])), None


def _meaning(status: int) -> tuple[type[Exception], ...]:
    if status in _PASSING:
        return (RetryableError,)
    if status == _FORBIDDEN:
        return (AuthError, RejectedError)
    return (RejectedError, UnavailableError, ProtocolError)


async def _play(
    one: RecordedCall, chosen: Sequence[Recording], make_provider: Callable[[], Adapter]
) -> Exception | None:
    """What the call raised, if it raised; what it asked for and nobody recorded comes first."""
    provider = make_provider()
    error: Exception | None = None
    try:
        with replay(chosen):
            try:
                await one.call(provider)
            except Exception as raised:  # noqa: BLE001  (it is judged)
                error = raised
    except RecordingError as strange:
        return strange
    finally:
        await provider.stop()
    return error


def _judge(what: str, error: Exception | None, wanted: _Wanted, provider: Adapter) -> None:
    if error is None:
        that(wanted is None, f"{what}: the provider takes it for a success")
        return
    if not isinstance(error, ProviderError) or (wanted is not None and not isinstance(error, wanted)):
        names = " or ".join(kind.__name__ for kind in wanted or (ProviderError,))
        raise CaseFailed(f"{what}: {type(error).__name__}, not {names}: {error}") from error
    text, hidden = error_text(error), secrets_of(provider.settings)
    that(not any(secret in text for secret in hidden), f"{what}: the error shows a secret")


def _with(last: Recording, *, status: int | None = None, **body: Any) -> Any:
    """The answer with another status, or another body."""
    answer = last.response.model_dump(by_alias=True, exclude_unset=True)
    if status is not None:
        answer["status"] = status
    if body:
        answer = {key: answer[key] for key in ("status", "headers") if key in answer} | body
    return type(last.response).model_validate(answer)


_GONE: Final = object()
_Path = tuple[str | int, ...]


def _named(path: _Path) -> str:
    return ".".join(map(str, path))


def _paths(document: object, before: _Path = ()) -> list[_Path]:
    found: list[_Path] = [before] if before else []
    if isinstance(document, dict):
        for key, value in cast("dict[str, object]", document).items():
            found.extend(_paths(value, (*before, key)))
    elif isinstance(document, list):
        for number, value in enumerate(cast("list[object]", document)):
            found.extend(_paths(value, (*before, number)))
    return found


def _changed(document: Any, path: _Path, value: object) -> Any:
    changed = copy.deepcopy(document)
    place = changed
    for step in path[:-1]:
        place = place[step]
    if value is _GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return changed
