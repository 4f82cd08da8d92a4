"""Adapters are other people's code: what they return is looked at before it is believed."""

from __future__ import annotations

from typing import TypeVar

from livechat_sdk.errors import ProtocolError

__all__ = ["checked"]

T = TypeVar("T")


def checked(answer: object, kind: type[T], *, provider: str, operation: str) -> T:
    """``answer``, if it is a ``kind``. Raises ``ProtocolError``."""
    if not isinstance(answer, kind):
        raise ProtocolError(
            f"the adapter returned {type(answer).__name__}, not {kind.__name__}",
            provider=provider,
            operation=operation,
        )
    return answer
