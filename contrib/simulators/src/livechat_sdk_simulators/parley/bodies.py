"""What all of Parley's calls check in the same way."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from livechat_sdk_simulators.calls import Call, VendorError
from livechat_sdk_simulators.reading import Fields, Misfit

__all__ = ["TEXT", "json_fields", "refusing"]

TEXT: Final = 4000
"""Characters of a text."""


@contextmanager
def refusing() -> Generator[None]:
    """What does not fit is answered 400 ``invalid``."""
    try:
        yield
    except Misfit as misfit:
        raise VendorError(400, "invalid", f"{misfit}.") from misfit


def json_fields(call: Call) -> Fields:
    """The body as the JSON object that it has to be."""
    if call.media_type != "application/json":
        raise VendorError(415, "unsupported_type", "The body must be application/json.")
    try:
        value = call.json()
    except ValueError as error:
        raise Misfit(f"the body is no JSON: {error}") from error
    return Fields(value)
