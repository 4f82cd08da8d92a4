"""Every public error of the SDK, grouped by what the caller can do about it.

``LivechatError`` is the root. Configuration and plugin problems stop a program at start-up; a
``ProviderError`` says what to do next through its class (retry, fall back, alert); the rest are
answers to one call. No error text ever contains a secret: provider answers are kept short and
callers pass them already redacted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

__all__ = [
    "AuthError",
    "ConfigurationError",
    "Conflict",
    "ErasureRefused",
    "Expect",
    "FileMissing",
    "FileRefused",
    "FilesUnavailable",
    "HandoffNotFound",
    "IntegrationNotFound",
    "InvalidInput",
    "LivechatError",
    "MessageTooLarge",
    "PluginError",
    "Problem",
    "ProtocolError",
    "ProviderError",
    "RejectedError",
    "RetryableError",
    "StoreError",
    "StoreLocked",
    "UnavailableError",
    "UnknownBot",
    "UnsupportedFeature",
    "WebhookRejected",
]


_LONGEST_WISH: Final = 86400.0


class LivechatError(Exception):
    """Root of every error that the SDK raises on purpose."""

    exit_code: int = 1
    """Exit code of the ``livechat`` command when this error ends it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the settings, and how to mend it.

    ``line`` and ``column`` count from 1; both are ``None`` when the problem has no place in a file
    (a document passed as a dictionary, say). ``code`` is stable across releases (``LC`` + 3 digits).
    """

    code: str
    message: str
    severity: Literal["error", "warning"] = "error"
    path: str = ""
    file: str | None = None
    line: int | None = None
    column: int | None = None
    length: int = 1
    source: str | None = None
    """The line as it may be shown: secrets masked, a long one cut."""
    suggestion: str | None = None
    caret: int | None = None
    """Where ``column`` stands in ``source``, from 1."""

    def __str__(self) -> str:
        where = self.file or "settings"
        if self.line is not None:
            where = f"{where}:{self.line}:{self.column or 1}"
        text = f"{where}: {self.severity} {self.code} {self.message}"
        if self.path:
            text = f"{text} (at {self.path})"
        if self.suggestion:
            text = f"{text}; {self.suggestion}"
        return text


class ConfigurationError(LivechatError):
    """The settings are wrong. ``problems`` lists everything that was found, not only the first."""

    exit_code = 3

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        if isinstance(problems, str):
            problems = (Problem(code="LC100", message=problems),)
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class PluginError(LivechatError):
    """A plugin cannot be used: it does not load, asks for another hook API, or misuses a hook."""

    exit_code = 4

    def __init__(self, plugin: str, message: str) -> None:
        self.plugin = plugin
        super().__init__(f"plugin {plugin!r}: {message}")


def _wish(seconds: float | None) -> float | None:
    if seconds is None or math.isnan(seconds):
        return None
    return min(max(seconds, 0.0), _LONGEST_WISH)


class ProviderError(LivechatError):
    """A vendor call did not succeed.

    ``status`` is the HTTP status when there was one, ``body`` a short redacted excerpt of the
    answer, ``retry_after`` the vendor's wish in seconds: at most a day, for nobody means more.
    """

    exit_code = 7

    def __init__(
        self,
        message: str,
        *,
        provider: str = "",
        operation: str = "",
        status: int | None = None,
        request_id: str | None = None,
        body: str | None = None,
        retry_after: float | None = None,
        sent: bool | None = None,
    ) -> None:
        self.provider = provider
        self.operation = operation
        self.status = status
        self.request_id = request_id
        self.body = body
        self.retry_after = _wish(retry_after)
        self.sent = sent
        """Whether the request may have reached the vendor: ``False`` = it provably never left."""
        prefix = " ".join(part for part in (provider, operation) if part)
        super().__init__(f"{prefix}: {message}" if prefix else message)


class AuthError(ProviderError):
    """The vendor refused the credentials. Not retried; the credentials must be changed."""

    exit_code = 5


class RetryableError(ProviderError):
    """Timeout, 408, 429, 5xx or a lost connection: the same call may succeed later."""

    exit_code = 6


class RejectedError(ProviderError):
    """The vendor understood the call and refused it. Repeating it changes nothing."""


class UnavailableError(ProviderError):
    """The vendor has nobody for this chat (closed, no agent, queue full): take the next provider."""


class ProtocolError(ProviderError):
    """The answer does not have the documented shape: the vendor's API has probably changed."""


class UnsupportedFeature(LivechatError):
    """The provider does not declare the capability that the call needs."""

    exit_code = 7


_WEBHOOK_CODES: Final = {
    400: "unreadable",
    401: "unauthorised",
    403: "unauthorised",
    404: "no_webhook",
    413: "too_large",
    415: "unsupported_type",
    503: "unavailable",
}


class WebhookRejected(LivechatError):
    """An incoming webhook was refused; nothing was dispatched.

    ``status`` is the HTTP answer for the vendor: 401 for a bad or missing proof, 400 for a body
    that cannot be read, 404 where no webhook route exists, 413 too large, 503 when the secret or
    the store cannot be read (so that the vendor tries again). ``code`` is one word for whoever counts:
    ``stale`` for a proof whose time has passed, otherwise what the status says.
    """

    exit_code = 7

    def __init__(self, reason: str, *, status: int = 401, code: str | None = None) -> None:
        self.reason = reason
        self.status = status
        self.code = code or _WEBHOOK_CODES.get(status, "refused")
        super().__init__(f"webhook rejected ({status}): {reason}")


class InvalidInput(LivechatError):
    """A call carried a value that cannot be accepted; nothing was stored."""

    exit_code = 2


class MessageTooLarge(InvalidInput):
    """A message is larger than the limit; nothing was stored, the sender still has it."""

    def __init__(self, size: int, limit: int) -> None:
        self.size = size
        self.limit = limit
        super().__init__(
            f"the message has {size:,} bytes, the limit is {limit:,}; send it in parts or as a file"
        )


class UnknownBot(InvalidInput):
    """The request names a bot that the settings do not have."""

    def __init__(self, bot: str, known: Sequence[str]) -> None:
        self.bot = bot
        self.known = tuple(known)
        listed = ", ".join(sorted(known)) or "none"
        super().__init__(
            f"unknown bot {bot!r}; the settings have: {listed}. Add it under `bots:` or mend the request"
        )


class HandoffNotFound(InvalidInput):
    """No handoff has this id in this workspace."""

    def __init__(self, handoff_id: str) -> None:
        self.handoff_id = handoff_id
        super().__init__(f"no handoff {handoff_id!r} in this workspace")


_WhyNot = Literal["too_large", "empty", "kind", "infected", "too_many", "full"]


class FileRefused(InvalidInput):
    """A file cannot be accepted; nothing of it was stored.

    ``why`` is stable, for programs: ``too_large``, ``empty``, ``kind`` (not allowed, or not what it claims to
    be), ``infected``, ``too_many`` (in one message), ``full`` (all files together).
    """

    def __init__(self, why: _WhyNot, message: str) -> None:
        self.why: _WhyNot = why
        super().__init__(message)


class FileMissing(InvalidInput):
    """There is no such file here: it was erased, never stored, or belongs to another handoff."""


class ErasureRefused(InvalidInput):
    """Handoffs that should be erased are live, or something is still to be done for them.

    ``handoffs`` are their ids. ``asked_to_end``: their end was asked for and has not come in time, because
    nobody serves the store, or a vendor or the platform does not answer.
    """

    def __init__(self, message: str, handoffs: Sequence[str] = (), *, asked_to_end: bool = False) -> None:
        self.handoffs = tuple(handoffs)
        self.asked_to_end = asked_to_end
        super().__init__(message)


class IntegrationNotFound(InvalidInput):
    """No integration has this name in the settings."""

    def __init__(self, name: str, known: Sequence[str] = ()) -> None:
        self.name = name
        listed = ", ".join(sorted(known)) or "none"
        super().__init__(f"no integration {name!r}; the settings have: {listed}")


class StoreError(LivechatError):
    """The ledger cannot be read or written. Nothing was accepted; try again when it is back."""

    exit_code = 6


class FilesUnavailable(StoreError):
    """Files cannot be stored, read or scanned now. Nothing was accepted; try again later."""


class StoreLocked(StoreError):
    """Another process serves this SQLite file: one serving process per file."""


class Conflict(LivechatError):
    """A guarded write found other data than it expected; the whole write was undone."""


class Expect(Conflict):
    """A statement changed another number of rows than it had to; the whole batch was undone.

    ``index`` is the position of that statement in the batch.
    """

    def __init__(self, index: int, expected: int, changed: int) -> None:
        self.index = index
        self.expected = expected
        self.changed = changed
        super().__init__(f"statement {index} changed {changed} rows, expected {expected}")
