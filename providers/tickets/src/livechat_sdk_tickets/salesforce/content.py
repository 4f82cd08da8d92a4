"""A case in Salesforce's words, and the same case without what Salesforce has refused of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from livechat_sdk_tickets.capabilities import TicketCapabilities
from livechat_sdk_tickets.escaping import one_line
from livechat_sdk_tickets.preparing import Prepared, Requester, telling
from livechat_sdk_tickets.salesforce.settings import SalesforceTicketingSettings

__all__ = ["content_of", "without"]

_NAME_LIMIT: Final = 80
_EMAIL_LIMIT: Final = 80
_PHONE_LIMIT: Final = 40
_WHO: Final = frozenset({"SuppliedName", "SuppliedEmail", "SuppliedPhone", "ContactId"})


def content_of(
    ticket: Prepared, settings: SalesforceTicketingSettings, contact: str | None
) -> dict[str, Any]:
    """What a case is made with. Its key stands in the address."""
    who = ticket.requester
    content: dict[str, Any] = {
        "Subject": ticket.subject,
        "Description": ticket.body,
        "Status": settings.status,
        "Origin": settings.origin,
        "Priority": settings.priority(ticket.priority),
        "Type": settings.kind(ticket.kind),
        "OwnerId": settings.owner,
        "RecordTypeId": settings.record_type,
        "ContactId": contact,
        "SuppliedName": None if who.name is None else one_line(who.name, _NAME_LIMIT),
        "SuppliedEmail": who.email if len(who.email or "") <= _EMAIL_LIMIT else None,
        "SuppliedPhone": None if who.phone is None else one_line(who.phone, _PHONE_LIMIT),
        **{name: _column(value) for name, value in ticket.fields.items()},
    }
    return {name: value for name, value in content.items() if value not in (None, "")}


def without(
    ticket: Prepared,
    refused: frozenset[str],
    able: TicketCapabilities,
    settings: SalesforceTicketingSettings,
) -> Prepared | None:
    """The same case without what was refused, which its text names; ``None`` if it cannot do without."""
    if not refused <= _WHO | {"Type", "Priority"} | set(ticket.fields):
        return None
    less = replace(
        ticket,
        fields={name: value for name, value in ticket.fields.items() if name not in refused},
        kind=None if "Type" in refused else ticket.kind,
        priority=None if "Priority" in refused else ticket.priority,
        requester=ticket.requester if _WHO.isdisjoint(refused) else Requester(),  # its line stays in the text
    )
    return telling(less, able, _lost(ticket, refused, settings))


def _lost(ticket: Prepared, refused: frozenset[str], settings: SalesforceTicketingSettings) -> Sequence[str]:
    """A line for people about each value that was refused."""
    labels = {rule.field: label for label, rule in settings.fields.items()}
    lost: Mapping[str, Any] = {
        **{labels.get(name, name): value for name, value in ticket.fields.items() if name in refused},
        **({"Type": settings.kind(ticket.kind)} if "Type" in refused else {}),
        **({"Priority": settings.priority(ticket.priority)} if "Priority" in refused else {}),
    }
    return [f"{label}: {one_line(str(value), 300)} (Salesforce refused it)" for label, value in lost.items()]


def _column(value: Any) -> Any:
    """A value as a field takes it: several choices are one text."""
    return ";".join(map(str, cast("list[object]", value))) if isinstance(value, list) else value
