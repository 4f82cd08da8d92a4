"""Captures what goes over the wire, and writes it down without secrets.

Exchanges stay in memory until ``save``: they are looked through twice, once to learn everything that must not
be seen and once to take it out, and only the result is written. A token that is found in the last answer is
gone from the first request too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from livechat_sdk_testing.recordings.files import write_recording
from livechat_sdk_testing.recordings.model import (
    Provenance,
    RecordedRequest,
    RecordedResponse,
    Recording,
    body_of,
)
from livechat_sdk_testing.recordings.redaction import Redaction, Redactor

__all__ = ["Exchange", "Recorder"]

MAX_BODY: Final = 256 * 1024
"""Longer bodies are passed on and not kept: a recording is made to be read."""

MAX_EXCHANGES: Final = 1000

_NO_SLUG: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer as they were. Holds secrets: its ``repr`` shows none of it."""

    operation: str
    method: str
    url: str = field(repr=False)
    request_headers: Sequence[tuple[str, str]] = field(repr=False)
    request: bytes = field(repr=False)
    status: int
    response_headers: Sequence[tuple[str, str]] = field(repr=False)
    response: bytes = field(repr=False)


class Recorder(httpx.AsyncBaseTransport):
    """A transport around the real one. Set ``operation`` to say what the next calls belong to.

    ``left_out`` counts exchanges that were passed on and not kept, because a body was too long or there were
    too many. The inner transport stays its maker's to close.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, *, operation: str = "calls") -> None:
        self._inner = inner
        self.operation = operation
        self.left_out = 0
        self._exchanges: list[Exchange] = []

    def __repr__(self) -> str:
        return f"Recorder({len(self._exchanges)} exchanges)"

    @property
    def captured(self) -> int:
        """How many exchanges are kept by now."""
        return len(self._exchanges)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass a request on, and keep both sides of the exchange."""
        sent = await request.aread()
        answer = await self._inner.handle_async_request(request)
        try:
            content = await answer.aread()  # as the caller sees it: unpacked
        finally:
            await answer.aclose()
        headers = [
            (name, value)
            for name, value in answer.headers.multi_items()
            if name.lower() not in {"content-encoding", "content-length", "transfer-encoding"}
        ]
        if max(len(sent), len(content)) > MAX_BODY or len(self._exchanges) >= MAX_EXCHANGES:
            self.left_out += 1
        else:
            self._exchanges.append(
                Exchange(
                    self.operation,
                    request.method,
                    str(request.url),
                    request.headers.multi_items(),
                    sent,
                    answer.status_code,
                    headers,
                    content,
                )
            )
        return httpx.Response(
            answer.status_code,
            headers=headers,
            content=content,
            request=request,
            extensions={key: one for key, one in answer.extensions.items() if key != "network_stream"},
        )

    def recordings(self, rules: Redaction, *, source: str, on: date) -> list[Recording]:
        """Everything that was captured, redacted. Raises ``ShortSecret``."""
        redactor = Redactor(rules)
        provenance = Provenance(kind="recorded", source=source, date=on)
        for one in self._exchanges:
            _redacted(one, redactor, provenance)
        numbers: dict[str, int] = {}
        found: list[Recording] = []
        for one in self._exchanges:
            recording = _redacted(one, redactor, provenance)
            name = _name(one.operation, recording)
            number = numbers[name] = numbers.get(name, 0) + 1
            found.append(recording.model_copy(update={"name": name if number == 1 else f"{name}-{number}"}))
        return found

    def save(self, folder: Path, rules: Redaction, *, source: str, on: date) -> list[Path]:
        """Redact everything, then write a file for each exchange below ``folder``. Raises ``ShortSecret``."""
        return [write_recording(one, folder) for one in self.recordings(rules, source=source, on=on)]


def _redacted(exchange: Exchange, redactor: Redactor, provenance: Provenance) -> Recording:
    asked = redactor.headers(exchange.request_headers, of="request")
    answered = redactor.headers(exchange.response_headers, of="response")
    several: dict[str, list[str]] = {}
    for name, value in answered:
        several.setdefault(name, []).append(value)
    return Recording(
        provenance=provenance,
        request=RecordedRequest.model_validate(
            {
                "method": exchange.method,
                "url": redactor.url(exchange.url),
                "headers": dict(asked),
                **redactor.body(_body(exchange.request, exchange.request_headers)),
            }
        ),
        response=RecordedResponse.model_validate(
            {
                "status": exchange.status,
                "headers": {name: one[0] if len(one) == 1 else one for name, one in several.items()},
                **redactor.body(_body(exchange.response, exchange.response_headers)),
            }
        ),
    )


def _name(operation: str, recording: Recording) -> str:
    """``send/post-messages-201``; made from what was redacted, for the name of a file is read too."""
    request = recording.request
    parts = urlsplit(request.url).path.split("/")
    words = [part for part in parts if part and not re.search(r"\d|%", part)]
    return f"{_slug(operation)}/{_slug(request.method, *words[-1:], str(recording.response.status))}"


def _slug(*words: str) -> str:
    return _NO_SLUG.sub("-", "-".join(words).lower()).strip("-")


def _body(content: bytes, headers: Sequence[tuple[str, str]]) -> dict[str, Any]:
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    return body_of(content, kind)
