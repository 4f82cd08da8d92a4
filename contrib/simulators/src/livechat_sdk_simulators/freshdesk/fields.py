"""The fields of tickets: those that every account has, and its own, whose values are checked here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, cast

from livechat_sdk_simulators.freshdesk.bodies import Body
from livechat_sdk_simulators.freshdesk.errors import among
from livechat_sdk_simulators.freshdesk.state import seconds

__all__ = ["PRIORITIES", "SOURCES", "STATUSES", "TYPES", "TicketField", "TicketFields"]

STATUSES: Final[Mapping[int, str]] = {
    2: "Open",
    3: "Pending",
    4: "Resolved",
    5: "Closed",
    6: "Waiting on Customer",
    7: "Waiting on Third Party",
}
PRIORITIES: Final[Mapping[int, str]] = {1: "Low", 2: "Medium", 3: "High", 4: "Urgent"}
SOURCES: Final[Mapping[int, str]] = {
    1: "Email",
    2: "Portal",
    3: "Phone",
    7: "Chat",
    9: "Feedback Widget",
    10: "Outbound Email",
}
TYPES: Final[Sequence[str]] = ("Question", "Incident", "Problem", "Feature Request", "Refund")

_LONGEST_LINE: Final = 255
_BIG: Final = 10**15
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_NUMBER: Final = re.compile(r"-?\d{1,15}(?:\.\d+)?")
_SYSTEM: Final = (
    ("requester", "Search a requester", "default_requester", True),
    ("subject", "Subject", "default_subject", True),
    ("source", "Source", "default_source", False),
    ("ticket_type", "Type", "default_ticket_type", False),
    ("status", "Status", "default_status", True),
    ("priority", "Priority", "default_priority", True),
    ("group", "Group", "default_group", False),
    ("agent", "Agent", "default_agent", False),
    ("product", "Product", "default_product", False),
    ("description", "Description", "default_description", True),
)
_OWN: Final = (
    ("cf_handoff", "Handoff", "custom_text", ()),
    ("cf_topic", "Topic", "custom_dropdown", ("Billing", "Delivery")),
    ("cf_attempts", "Attempts", "custom_number", ()),
    ("cf_amount", "Amount", "custom_decimal", ()),
    ("cf_consent", "Consent", "custom_checkbox", ()),
    ("cf_due", "Due", "custom_date", ()),
    ("cf_summary", "Summary", "custom_paragraph", ()),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketField:
    """A field of every ticket."""

    id: int
    name: str
    label: str
    kind: str
    """``default_status``, …, or that of an own field: ``custom_text``, ``custom_dropdown``, …"""
    choices: Sequence[str] = ()
    required: bool = False
    made_at: datetime

    @property
    def own(self) -> bool:
        """Whether the account has added it."""
        return self.kind.startswith("custom_")


class TicketFields:
    """All of them, by name."""

    def __init__(self, made_at: datetime, required: Sequence[str], products: Sequence[int]) -> None:
        self._made_at = made_at
        self._required = set(required)
        self._products = products
        self.by_name: dict[str, TicketField] = {}
        for name, label, kind, needed in _SYSTEM:
            self.add(name, label, kind, required=needed)
        for name, label, kind, choices in _OWN:
            self.add(name, label, kind, choices)
        unknown = self._required - {*self.by_name, "product_id", "group_id", "type", "source"}
        if unknown:
            raise ValueError(f"there is no field {min(unknown)!r} that could be required")

    def add(
        self, name: str, label: str, kind: str, choices: Sequence[str] = (), *, required: bool = False
    ) -> TicketField:
        """Add a field. The name of an own one begins with ``cf_``. Raises ``ValueError``."""
        if kind.startswith("custom_") and not name.startswith("cf_"):
            raise ValueError(f"the name of an own field begins with cf_, not {name!r}")
        number = 60_000_000_001 + len(self.by_name)
        field = TicketField(
            id=number,
            name=name,
            label=label,
            kind=kind,
            choices=choices,
            required=required or self.is_required(name),
            made_at=self._made_at,
        )
        self.by_name[name] = field
        return field

    def is_required(self, name: str) -> bool:
        """Whether the account's settings ask for a value: by the name of the field, or of the key."""
        keys = {"ticket_type": "type", "product": "product_id", "group": "group_id"}
        return name in self._required or keys.get(name, name) in self._required

    @property
    def own(self) -> dict[str, TicketField]:
        """Those that the account has added."""
        return {name: field for name, field in self.by_name.items() if field.own}

    # -------------------------------------------------------------------------------------- checking
    def check_needed(self, body: Body) -> None:
        """Note what a new ticket lacks that the account's settings ask for."""
        given = body.fields.get("custom_fields")
        own = cast("dict[str, Any]", given) if isinstance(given, dict) else dict[str, Any]()
        for name in ("product_id", "group_id", "type", "source"):
            if name in self._required and body.fields.get(name) in (None, ""):
                body.mistyped(name, "Positive Integer" if name.endswith("_id") else "String")
        for name, field in self.own.items():
            if field.required and own.get(name) in (None, ""):
                message = among(field.choices) if field.choices else f"It should be a/an {_meaning(field)}"
                body.wrong(name, message, "missing_field")

    def read(self, body: Body) -> dict[str, Any] | None:
        """The own fields that a body sets; what is wrong with them is noted."""
        given = body.pairs("custom_fields")
        if given is None:
            return None
        inner = body.inner("custom_fields", given)
        values: dict[str, Any] = {}
        for name in given:
            field = self.own.get(name)
            if field is None:
                body.wrong(name, "Unexpected/invalid field in request", "invalid_field")
            else:
                values[name] = self._value(field, inner)
        return values

    def _value(self, field: TicketField, body: Body) -> Any:
        name = field.name
        if field.kind == "custom_checkbox":
            return body.flag(name, usual_value=False)
        if field.kind in {"custom_number", "custom_decimal"}:
            return self._quantity(field, body)
        text = body.text(name, most=_LONGEST_LINE if field.kind == "custom_text" else 1_000_000)
        if text is None or text == "":
            return None
        if field.kind == "custom_dropdown" and text not in field.choices:
            body.wrong(name, among(field.choices))
        if field.kind == "custom_date" and not _is_day(text):
            body.wrong(name, "It should be in the 'yyyy-mm-dd' format")
        return text

    @staticmethod
    def _quantity(field: TicketField, body: Body) -> int | float | None:
        value = body.fields.get(field.name)
        if value is None:
            return None
        if body.of_form and isinstance(value, str) and _NUMBER.fullmatch(value):
            value = float(value) if "." in value else int(value)
        kinds = (int,) if field.kind == "custom_number" else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or abs(value) >= _BIG:
            body.mistyped(field.name, _meaning(field))
            return None
        return value

    # --------------------------------------------------------------------------------------- showing
    def shown(self, field: TicketField) -> dict[str, Any]:
        """A field as ``ticket_fields`` writes it. Choices look different for each kind."""
        return {
            "id": field.id,
            "name": field.name,
            "label": field.label,
            "label_for_customers": field.label,
            "description": None,
            "position": list(self.by_name).index(field.name) + 1,
            "type": field.kind,
            "default": not field.own,
            "required_for_closure": False,
            "required_for_agents": field.required,
            "required_for_customers": field.kind in {"default_requester", "default_subject"},
            "customers_can_edit": not field.own,
            "displayed_to_customers": not field.own,
            "created_at": seconds(field.made_at),
            "updated_at": seconds(field.made_at),
            **self._choices(field),
        }

    def _choices(self, field: TicketField) -> dict[str, Any]:
        choices: object = None
        if field.name == "status":
            choices = {str(number): [label, label] for number, label in STATUSES.items()}
        elif field.name == "priority":
            choices = {label: number for number, label in PRIORITIES.items()}
        elif field.name == "source":
            choices = {label: number for number, label in SOURCES.items()}
        elif field.name == "ticket_type":
            choices = list(TYPES)
        elif field.name == "product":
            choices = {f"Product {number}": number for number in self._products}
        elif field.choices:
            choices = list(field.choices)
        return {} if choices is None else {"choices": choices}


def _meaning(field: TicketField) -> str:
    return {"custom_number": "Integer", "custom_decimal": "Number", "custom_checkbox": "Boolean"}.get(
        field.kind, "String"
    )


def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
