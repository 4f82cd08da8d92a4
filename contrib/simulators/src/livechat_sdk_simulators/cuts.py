"""Connections that break or say nothing: how a scripted fault leaves the API, in process and over sockets."""

from __future__ import annotations

from typing import Final, Literal

import httpx

__all__ = ["IN_PROCESS", "Cut", "CutKind"]

CutKind = Literal["refused", "broken", "silent_connect", "silent", "truncated"]

IN_PROCESS: Final = "livechat_sdk_simulators.read_timeout"
"""Key of the ASGI scope of calls in process: the caller's limit in seconds, or ``None``."""


class Cut(Exception):
    """The caller gets no answer, or not the whole of it. Comes out of the ASGI application."""

    def __init__(self, kind: CutKind) -> None:
        super().__init__(kind)
        self.kind: CutKind = kind

    def as_httpx(self, request: httpx.Request) -> httpx.TransportError:
        """The error that httpx raises when this happens over a real connection."""
        errors: dict[CutKind, tuple[type[httpx.TransportError], str]] = {
            "refused": (httpx.ConnectError, "All connection attempts failed"),
            "broken": (httpx.ReadError, "The connection broke before the answer"),
            "silent_connect": (httpx.ConnectTimeout, "No connection in time"),
            "silent": (httpx.ReadTimeout, "No answer in time"),
            "truncated": (
                httpx.RemoteProtocolError,
                "peer closed connection without sending complete message body",
            ),
        }
        kind, text = errors[self.kind]
        return kind(text, request=request)
