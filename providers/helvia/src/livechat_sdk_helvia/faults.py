"""What the desk refuses, as errors that the pages and the API show to a person."""

from __future__ import annotations

from typing import Self

from pydantic import ValidationError

from livechat_sdk.errors import LivechatError

__all__ = [
    "AlreadyTaken",
    "AtCapacity",
    "Changed",
    "ConversationOver",
    "DeskFault",
    "Forbidden",
    "InvalidField",
    "NotFound",
    "NotSignedIn",
    "RequestGone",
    "TargetUnavailable",
    "TooManyAttempts",
]


class DeskFault(LivechatError):
    """Root of the desk's refusals. Nothing was changed.

    ``code`` is stable and for programs, ``status`` the HTTP status, ``hint`` the next step.
    """

    exit_code = 2
    code = "refused"
    status = 400

    def __init__(self, message: str, *, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(message)


class InvalidField(DeskFault):
    """A value that was sent cannot be taken: empty, too long, of the wrong kind."""

    code = "invalid"
    status = 422

    @classmethod
    def of(cls, error: ValidationError) -> Self:
        """The first thing that a model found wrong, in words for people, with the name of its field."""
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        wrong = first["msg"].removeprefix("Value error, ")
        wrong = wrong if wrong.endswith((".", "?", "!")) else f"{wrong}."
        return cls(f"{place}: {wrong}" if place else f"{wrong[:1].upper()}{wrong[1:]}")


class NotSignedIn(DeskFault):
    """Nobody is signed in, or the session has expired."""

    code = "not_signed_in"
    status = 401


class Forbidden(DeskFault):
    """The signed-in person may not do this."""

    code = "forbidden"
    status = 403


class NotFound(DeskFault):
    """There is no such thing at this desk."""

    code = "not_found"
    status = 404


class AlreadyTaken(DeskFault):
    """Another member of the team accepted the request first; ``by`` is their name."""

    code = "already_taken"
    status = 409

    def __init__(self, by: str) -> None:
        self.by = by
        super().__init__(f"This request was taken by {by}.", hint="Choose another request from New.")


class Changed(DeskFault):
    """What was to be replaced has been changed by somebody else meanwhile."""

    code = "changed"
    status = 409


class AtCapacity(DeskFault):
    """The member has as many open conversations as they may."""

    code = "at_capacity"
    status = 409


class RequestGone(DeskFault):
    """The request is no longer waiting: it was missed, or the end user gave up."""

    code = "request_gone"
    status = 409


class TargetUnavailable(DeskFault):
    """Nobody is there who could take over or join."""

    code = "target_unavailable"
    status = 409


class ConversationOver(DeskFault):
    """The conversation has ended: nothing can be sent to the end user any more."""

    code = "conversation_over"
    status = 409


class TooManyAttempts(DeskFault):
    """Something was tried too often; ``retry_after`` is in seconds."""

    code = "too_many_attempts"
    status = 429

    def __init__(self, message: str, retry_after: float) -> None:
        self.retry_after = retry_after
        minutes = max(1, round(retry_after / 60))
        super().__init__(message, hint=f"Try again in {minutes} min.")
