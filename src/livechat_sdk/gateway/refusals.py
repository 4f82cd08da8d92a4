"""Refusals: every answer of the gateway that is not a success, in one JSON shape.

``{"error": {"code": …, "message": …, "hint": …, …}}``. ``code`` is stable and made for programs,
``message`` and ``hint`` are for people. A text of an error that may know more than the caller should
(a database's address, what a vendor said) never leaves; the log has it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from starlette.responses import Response

from livechat_sdk.errors import (
    Conflict,
    FileMissing,
    FileRefused,
    FilesUnavailable,
    HandoffNotFound,
    IntegrationNotFound,
    InvalidInput,
    LivechatError,
    MessageTooLarge,
    ProviderError,
    StoreError,
    UnknownBot,
    UnsupportedFeature,
)

__all__ = ["RETRY_AFTER", "SAFE_HEADERS", "Refusal", "internal", "key_reused", "refusal_for"]

_log = logging.getLogger("livechat_sdk.gateway")

RETRY_AFTER = 5
"""Seconds after which a caller should try again when the store does not answer."""

SAFE_HEADERS: Mapping[str, str] = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Headers of every answer that the gateway makes itself: never cached, never guessed at, never framed."""


class Refusal(Exception):
    """An answer that is not a success. ``details`` go into the error object beside code and message."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
        **details: Any,
    ) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint
        self.headers = dict(headers or {})
        self.details = details
        super().__init__(f"{status} {code}: {message}")

    def answer(self, *, close: bool = False) -> Response:
        """The refusal as a response; ``close`` asks the server to drop the connection after it."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.hint is not None:
            error["hint"] = self.hint
        error.update(self.details)
        headers = {**SAFE_HEADERS, **self.headers}
        if close:
            headers["connection"] = "close"
        # Plain ASCII: a refusal may quote what the caller sent, which need not be encodable.
        body = json.dumps({"error": error}, allow_nan=False).encode("ascii")
        return Response(body, self.status, headers, media_type="application/json")


def key_reused(key: str, **details: Any) -> Refusal:
    """The answer to a key that came before with another content."""
    return Refusal(
        422,
        "key_reused",
        f"the key {key[:200]!r} was used before, for something else; nothing was stored",
        hint="the same key means the same content: take a new key for a new thing",
        **details,
    )


def _about_files(error: FileRefused | FileMissing | FilesUnavailable) -> Refusal:
    if isinstance(error, FileRefused):
        return _file_refused(error)
    if isinstance(error, FileMissing):
        return Refusal(422, "file_missing", str(error), hint="upload it with POST /v1/files for this handoff")
    _log.error("files cannot be used: %s", error)
    return Refusal(
        503,
        "files_unavailable",
        "files cannot be stored, read or scanned now; nothing was accepted",
        hint=f"send the same request again in {RETRY_AFTER} s",
        headers={"retry-after": str(RETRY_AFTER)},
    )


def _file_refused(error: FileRefused) -> Refusal:
    text, hint = str(error), "nothing was stored"
    match error.why:
        case "too_large":
            return Refusal(413, "file_too_large", text, hint=hint)
        case "kind":
            return Refusal(415, "file_kind", text, hint=hint)
        case "empty":
            return Refusal(422, "file_empty", text, hint=hint)
        case "infected":
            return Refusal(422, "file_infected", text, hint=hint)
        case "too_many":
            return Refusal(422, "too_many_files", text, hint=hint)
        case "full":
            return Refusal(507, "files_full", text, hint="delete what is old, or raise `files.max_total`")


def refusal_for(error: LivechatError) -> Refusal:  # noqa: C901, PLR0911 - one answer for each kind
    """The answer that an error of the SDK deserves."""
    match error:
        case FileRefused() | FileMissing() | FilesUnavailable():
            return _about_files(error)
        case MessageTooLarge(size=size, limit=limit):
            return Refusal(
                413, "message_too_large", str(error), hint="nothing was stored", size=size, limit=limit
            )
        case UnknownBot():
            return Refusal(422, "unknown_bot", str(error))
        case HandoffNotFound():
            return Refusal(
                404, "handoff_not_found", str(error), hint="use the id that POST /v1/handoffs answered"
            )
        case IntegrationNotFound(name=name):
            # Its own text lists the integrations, and a webhook route answers strangers.
            return Refusal(404, "unknown_integration", f"no integration {name[:200]!r} here")
        case InvalidInput():
            return Refusal(422, "invalid_input", str(error))
        case UnsupportedFeature():
            return Refusal(422, "unsupported", str(error))
        case StoreError():
            _log.error("the store did not answer: %s", error)
            return Refusal(
                503,
                "store_unavailable",
                "the ledger cannot be read or written now; nothing was accepted",
                hint=f"send the same request again in {RETRY_AFTER} s, with the same key",
                headers={"retry-after": str(RETRY_AFTER)},
            )
        case Conflict():
            _log.error("a write found other data than it expected: %s", error)
            return Refusal(
                503,
                "busy",
                "somebody else changed the same handoff at the same time; nothing was accepted",
                hint="send the same request again, with the same key",
                headers={"retry-after": "1"},
            )
        case ProviderError():
            _log.error("a live-chat system failed: %s", error)
            return Refusal(
                502, "provider_failed", "the live-chat system did not do what was asked", hint="try again"
            )
        case _:
            return internal(error)


def internal(error: Exception) -> Refusal:
    """The answer to an error that nobody expected: a reference, under which the log has the whole."""
    reference = token_hex(6)
    _log.error("error %s while answering a request", reference, exc_info=error)
    return Refusal(
        500,
        "internal_error",
        "something went wrong on our side",
        hint=f"look for {reference} in the log of the server",
        reference=reference,
    )
