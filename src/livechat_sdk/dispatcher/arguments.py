"""What a caller gave in the wrong form: told in the call, and not by whatever would break later."""

from __future__ import annotations

__all__ = ["check_id", "must_be"]


def must_be(given: object, kind: type, wanted: str) -> None:
    """Raise ``TypeError`` unless ``given`` is of its kind; ``wanted`` says what to give."""
    if not isinstance(given, kind):
        raise TypeError(f"{wanted}; a {type(given).__name__} was given")


def check_id(handoff_id: object) -> None:
    """Raise ``TypeError`` for what is not the id of a handoff, such as the handoff."""
    must_be(handoff_id, str, "a handoff is named by its id, as in `handoff.id`")
