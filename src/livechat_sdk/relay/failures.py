"""What kind of failure an exception is: the one place that looks at classes and status codes.

The policies (``retry_policy``, ``fallback_policy``, ``cooldown_policy``) know these kinds and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from livechat_sdk.domain.base import whole_characters
from livechat_sdk.errors import (
    AuthError,
    FileMissing,
    FilesUnavailable,
    IntegrationNotFound,
    PluginError,
    ProtocolError,
    ProviderError,
    RejectedError,
    UnavailableError,
    UnsupportedFeature,
)

__all__ = ["CERTAIN", "Failure", "FailureKind", "failure_of"]

_TOO_MANY_REQUESTS: Final = 429


class FailureKind(StrEnum):
    """Why an action did not succeed. A closed set: every exception is one of these."""

    NEVER_LEFT = "never_left"
    """The request provably did not reach the other side."""
    UNCLEAR = "unclear"
    """No answer, or one that does not tell whether it was done: a timeout, a lost connection, a 5xx."""
    THROTTLED = "throttled"
    """The other side turned the request away for the moment (429); it did nothing."""
    REFUSED = "refused"
    """Understood and refused: the same request will be refused again."""
    UNAUTHORISED = "unauthorised"
    """The credentials were refused."""
    UNAVAILABLE = "unavailable"
    """The vendor has nobody for this chat."""
    UNSUPPORTED = "unsupported"
    """The adapter cannot do it at all."""
    MALFORMED = "malformed"
    """An answer that does not have the documented shape: what was done is not known."""
    BUG = "bug"
    """An exception that no adapter and no channel should raise: something in it is broken."""


CERTAIN: Final = frozenset(
    {
        FailureKind.NEVER_LEFT,
        FailureKind.THROTTLED,
        FailureKind.REFUSED,
        FailureKind.UNAUTHORISED,
        FailureKind.UNAVAILABLE,
        FailureKind.UNSUPPORTED,
    },
)
"""Kinds that prove that nothing was done."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed try. ``retry_after`` is the other side's wish in seconds.

    ``certain``: it provably was not done; otherwise it may have been.
    """

    kind: FailureKind
    text: str
    retry_after: float | None = None
    certain: bool = False


def failure_of(error: BaseException) -> Failure:
    """What kind of failure ``error`` is."""
    kind = _kind_of(error)
    wish = error.retry_after if isinstance(error, ProviderError) else None
    never_left = isinstance(error, ProviderError) and error.sent is False
    return Failure(
        kind=kind,
        text=whole_characters(f"{type(error).__name__}: {error}".removesuffix(": "))[:1000],
        retry_after=max(wish, 0.0) if wish is not None else None,
        certain=never_left or kind in CERTAIN,
    )


_BY_CLASS: Final[tuple[tuple[type[BaseException], FailureKind], ...]] = (
    # The first class that fits decides, so the narrower ones come first.
    (UnavailableError, FailureKind.UNAVAILABLE),
    (RejectedError, FailureKind.REFUSED),
    (AuthError, FailureKind.UNAUTHORISED),
    (ProtocolError, FailureKind.MALFORMED),
    (UnsupportedFeature, FailureKind.UNSUPPORTED),
    (FileMissing, FailureKind.REFUSED),
    (FilesUnavailable, FailureKind.UNCLEAR),
    (IntegrationNotFound, FailureKind.NEVER_LEFT),  # it may be back after the next change of the settings
    (ProviderError, FailureKind.UNCLEAR),
    (PluginError, FailureKind.UNCLEAR),
    (OSError, FailureKind.UNCLEAR),  # TimeoutError and ConnectionError are among these
)


def _kind_of(error: BaseException) -> FailureKind:
    kind = next((kind for class_, kind in _BY_CLASS if isinstance(error, class_)), FailureKind.BUG)
    if kind is FailureKind.UNCLEAR and isinstance(error, ProviderError):
        if error.status == _TOO_MANY_REQUESTS:
            return FailureKind.THROTTLED
        if error.sent is False:
            return FailureKind.NEVER_LEFT
    return kind
