"""Events of a hostile vendor, as its own JSON documents, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from livechat_sdk.domain.chats import ProviderEvent

__all__ = ["VendorEvent", "read_event"]


@dataclass(frozen=True, slots=True)
class VendorEvent:
    """Something that a vendor wants to tell us. ``fields`` are those of the event class named ``kind``."""

    id: str
    kind: str
    ref: str
    refs: tuple[str, ...]
    at: datetime
    key: str = ""
    """Of the message that it is about, if it is about one."""
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def document(self) -> dict[str, Any]:
        """The JSON document that travels."""
        return {
            "id": self.id,
            "kind": self.kind,
            "refs": list(self.refs),
            "at": self.at.isoformat(),
            "fields": dict(self.fields),
        }


def read_event(document: Mapping[str, Any], integration: str, received_at: datetime) -> ProviderEvent:
    """The provider event of a document. Raises ``ValueError`` or ``KeyError`` for anything else."""
    return _events().validate_python(
        {
            "id": document["id"],
            "kind": document["kind"],
            "integration": integration,
            "refs": tuple(document["refs"]),
            "vendor_at": datetime.fromisoformat(document["at"]),
            "received_at": received_at,
            **document["fields"],
        },
    )


@cache
def _events() -> TypeAdapter[ProviderEvent]:
    return TypeAdapter(ProviderEvent)
