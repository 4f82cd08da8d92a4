"""What a vendor answered."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NoReturn, cast

import httpx

from livechat_sdk.errors import ProtocolError

__all__ = ["Answer"]


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with an expected status, read to its end.

    ``headers`` ignores case. ``request_id`` is what the vendor calls this request, where it says so.
    """

    status: int
    headers: httpx.Headers = field(repr=False)
    content: bytes = field(repr=False)
    provider: str = ""
    operation: str = ""
    request_id: str | None = None

    @property
    def text(self) -> str:
        """The body as text (UTF-8; what cannot be read is replaced)."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body, read as JSON.

        Raises ``ProtocolError`` if it is not JSON.
        """
        try:
            return json.loads(self.content, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise self.unlike_documented("the body is not JSON") from None

    def object(self) -> dict[str, Any]:
        """The body, read as a JSON object.

        Raises ``ProtocolError`` if it is something else.
        """
        value = self.json()
        if not isinstance(value, dict):
            raise self.unlike_documented("the body is not a JSON object")
        return cast("dict[str, Any]", value)

    def unlike_documented(self, what: str) -> ProtocolError:
        """The error for an answer without the documented shape: ``raise answer.unlike_documented(...)``."""
        return ProtocolError(
            f"status {self.status}, {what}",
            provider=self.provider,
            operation=self.operation,
            status=self.status,
            request_id=self.request_id,
            sent=True,
        )
