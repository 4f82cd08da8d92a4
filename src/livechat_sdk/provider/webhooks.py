"""A webhook as it came in, before anybody trusts it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

__all__ = ["WebhookDelivery"]


class WebhookDelivery:
    """One HTTP request of a vendor: the exact bytes, and headers whose names ignore case.

    ``body`` is never re-encoded, because signatures are computed over it. ``received_at`` is our
    clock, with a zone.
    """

    __slots__ = ("_headers", "body", "method", "path", "received_at")

    def __init__(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, received_at: datetime
    ) -> None:
        self.method = method.upper()
        self.path = path
        self.body = body
        self.received_at = received_at
        self._headers = {name.lower(): value for name, value in headers.items()}

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers by lower-case name. They may hold secrets: never log or store them."""
        return self._headers

    def header(self, name: str) -> str | None:
        """The value of one header, whatever the case of ``name``."""
        return self._headers.get(name.lower())

    def __repr__(self) -> str:
        return f"WebhookDelivery({self.method} {self.path}, {len(self.body)} bytes)"
