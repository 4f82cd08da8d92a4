"""Plays recordings to a client: every call must be a recorded one, and every recording must be used.

``replay`` puts a respx router in the place of every vendor client's transport, because respx does not see
clients that bring a transport of their own.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
from respx import MockRouter, Route
from respx.models import AllMockedAssertionError
from respx.patterns import Pattern

from livechat_sdk.domain.clock import Clock
from livechat_sdk_testing.recordings.files import RecordingError, names, read_folder, read_recording
from livechat_sdk_testing.recordings.matching import Captured, SeenRequest, differences, filled
from livechat_sdk_testing.recordings.model import RecordedResponse, Recording

__all__ = ["HastyClock", "Replay", "Unmatched", "Unused", "replay"]

_LISTED: Final = 12


class HastyClock:
    """A clock whose pauses are over at once, and have passed all the same: nobody waits in a replay."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime.now(UTC)

    def now(self) -> datetime:
        """Where the pauses have brought it."""
        return self._now

    async def sleep_until(self, when: datetime) -> None:
        """Be there."""
        self._now = max(self._now, when)


class Unmatched(RecordingError):
    """A call was made that is not recorded, or more often than it is recorded."""


class Unused(RecordingError):
    """Recordings were not asked for."""


@dataclass(slots=True, eq=False)
class _Entry:
    """One recording in a replay, and how often it has answered."""

    recording: Recording
    used: int = 0

    @property
    def is_open(self) -> bool:
        return self.recording.calls == "many" or self.used < self.recording.calls

    @property
    def is_done(self) -> bool:
        return self.used >= (1 if self.recording.calls == "many" else self.recording.calls)


class _Fits(Pattern):
    """respx asks it whether a request is the recorded one; the value is a ``_Question``."""

    key = "livechat_sdk_recording"

    def parse(self, request: httpx.Request) -> SeenRequest:
        return _seen(request)

    def _eq(self, value: Any) -> Any:
        from respx.patterns import Match

        return Match(self.value.fits(value))


@dataclass(slots=True, eq=False)
class _Question:
    entry: _Entry
    captured: Captured

    def fits(self, seen: SeenRequest) -> bool:
        trial = dict(self.captured)
        return self.entry.is_open and not differences(self.entry.recording.request, seen, trial)


@dataclass(slots=True)
class Replay(httpx.AsyncBaseTransport):
    """A transport that answers from recordings.

    ``finish`` says what was left, and what went wrong on the way.
    """

    recordings: Sequence[Recording]
    captured: Captured = field(default_factory=dict[str, Any])
    """What ``${name}`` stands for by now; set values before the first call to fix them."""
    calls: list[str] = field(default_factory=list[str])
    """Names of the recordings that answered, in order."""
    _entries: list[_Entry] = field(init=False, repr=False)
    _router: MockRouter = field(init=False, repr=False)
    _unmatched: list[str] = field(default_factory=list[str], repr=False)

    def __post_init__(self) -> None:
        self._entries = [_Entry(one) for one in self.recordings]
        self._router = MockRouter(assert_all_called=True, assert_all_mocked=True)
        for entry in self._entries:
            route = Route(_Fits(_Question(entry, self.captured)))
            route.side_effect = self._answering(entry)
            self._router.add(route)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or fail with the nearest recording and what differs. Raises ``Unmatched``."""
        await request.aread()
        try:
            return await self._router.async_handler(request)
        except AllMockedAssertionError:
            message = self._nearest(_seen(request))
            self._unmatched.append(message)
            raise Unmatched(message) from None

    def finish(self) -> None:
        """Raises ``Unmatched`` or ``Unused`` unless each call was recorded and each recording was used.

        What a call met is said again here, because the code under test may have swallowed it.
        """
        if self._unmatched:
            raise Unmatched(self._unmatched[0])
        left = [entry.recording for entry in self._entries if not entry.is_done]
        if left:
            raise Unused(
                f"not asked for, or not as often as recorded: {names(left)}; asked for: {self._so_far()}"
            )
        self._router.assert_all_called()

    def explain(self, error: Exception) -> None:
        """Add to an error of the code under test which of its calls was not recorded."""
        if self._unmatched and not isinstance(error, Unmatched):
            error.add_note(self._unmatched[0])

    def _answering(self, entry: _Entry) -> Any:
        def answer(request: httpx.Request) -> httpx.Response:
            entry.used += 1
            self.calls.append(entry.recording.name)
            differences(entry.recording.request, _seen(request), self.captured)
            return _response(entry.recording.response, self.captured)

        return answer

    def _nearest(self, seen: SeenRequest) -> str:
        if not self._entries:
            return f"{seen} was asked, and there are no recordings"
        trials = [
            (differences(entry.recording.request, seen, dict(self.captured)), entry)
            for entry in self._entries
        ]
        lines, nearest = min(trials, key=lambda one: (_weight(one[0]), not one[1].is_open))
        if not lines:
            asked = nearest.recording.calls
            return f"{seen} was asked more often than recorded: {nearest.recording.name} has calls: {asked}"
        shown = "".join(f"\n  {line}" for line in lines[:_LISTED])
        more = f"\n  and {len(lines) - _LISTED} more" if len(lines) > _LISTED else ""
        return (
            f"{seen} is not recorded. The nearest is {nearest.recording.name}"
            f" ({nearest.recording.request.method} {nearest.recording.request.url}), with these"
            f" differences:{shown}{more}\nasked for until then: {self._so_far()}"
        )

    def _so_far(self) -> str:
        return ", ".join(self.calls) or "nothing"


def _weight(lines: Sequence[str]) -> tuple[int, int]:
    """Another address or method is further away than any other difference."""
    return sum(line.startswith(("address", "method")) for line in lines), len(lines)


def _seen(request: httpx.Request) -> SeenRequest:
    return SeenRequest(request.method, str(request.url), dict(request.headers.items()), request.content)


def _response(recorded: RecordedResponse, captured: Captured) -> httpx.Response:
    answer = RecordedResponse.model_validate(
        filled(recorded.model_dump(by_alias=True, exclude_unset=True), captured)
    )
    return httpx.Response(answer.status, headers=answer.header_items, content=answer.content)


@contextmanager
def replay(
    source: Path | Recording | Iterable[Path | Recording],
    *,
    captured: Captured | None = None,
    clock: Clock | None = None,
) -> Generator[Replay]:
    """Answer every vendor client from recordings, until the end of the block.

    ``source`` is a folder of recordings, a file, a ``Recording``, or several of the latter two, in the order
    in which equal requests are answered. ``captured`` fixes values of ``${name}`` from the start. Pauses of
    clients take no time, unless a ``clock`` says how they pass. Leaving the block raises ``Unused`` or
    ``Unmatched``; an error from inside the block comes first.
    """
    from livechat_sdk.http import override_transport

    playing = Replay(_all_of(source), captured if captured is not None else {})
    try:
        with override_transport(playing, clock=clock or HastyClock()):
            yield playing
    except Exception as error:
        playing.explain(error)
        raise
    playing.finish()


def _all_of(source: Path | Recording | Iterable[Path | Recording]) -> list[Recording]:
    if isinstance(source, Recording):
        return [source]
    if isinstance(source, Path):
        return read_folder(source) if source.is_dir() else [read_recording(source)]
    return [one for item in source for one in _all_of(item)]
