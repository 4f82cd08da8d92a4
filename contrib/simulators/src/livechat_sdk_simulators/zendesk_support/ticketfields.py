"""The fields of a ticket as a body sets them, those that every account has and its own ones."""

from __future__ import annotations

import re
from typing import Any, Final, cast

from livechat_sdk_simulators.zendesk_support.account import Account
from livechat_sdk_simulators.zendesk_support.bodies import Body, tags_of
from livechat_sdk_simulators.zendesk_support.errors import RecordInvalid, bad_request
from livechat_sdk_simulators.zendesk_support.state import Ticket, TicketField

__all__ = ["STATUSES", "TicketFields", "event"]

STATUSES: Final = ("new", "open", "pending", "hold", "solved", "closed")
"""Every status, in the order of a ticket's life."""
_PRIORITIES: Final = ("urgent", "high", "normal", "low")
_KINDS: Final = ("problem", "incident", "question", "task")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")


class TicketFields:
    """Sets fields, on one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def set_all(self, ticket: Ticket, body: Body, kind: str) -> list[dict[str, Any]]:
        """Set what the body has; returns entries of the audit of this kind. Raises ``VendorError``."""
        values: dict[str, Any] = {}
        for key, most in (("subject", 255), ("external_id", 255), ("recipient", 255), ("due_at", 40)):
            if key in body:
                values[key] = body.text(key, most)
        for key in ("group_id", "organization_id", "problem_id"):
            if key in body:
                values[key] = body.number(key)
        if "assignee_id" in body or "assignee_email" in body:
            values["assignee_id"] = self._assignee(body)
        choices = (("status", STATUSES), ("priority", _PRIORITIES), ("type", _KINDS))
        for key, words in choices:
            if key in body:
                values[key] = body.among(key, words)
        if "tags" in body:
            values["tags"] = tags_of(body.get("tags") or [])
        events = [self._set(ticket, key, value, kind) for key, value in values.items()]
        if ticket.assignee_id is not None and ticket.status == "new":
            events.append(self._set(ticket, "status", "open", kind))
        events += self._set_custom(ticket, body, kind)
        return [one for one in events if one is not None]

    def _assignee(self, body: Body) -> int | None:
        number, email = body.number("assignee_id"), body.text("assignee_email")
        if number is None and email is None:
            return None
        user = self._account.users.get(number) if number else self._account.user_by(email=email)
        if user is None or not user.works_here:
            raise RecordInvalid("assignee", "Assignee: is invalid", "InvalidValue")
        return user.id

    def _set(self, ticket: Ticket, key: str, value: Any, kind: str) -> dict[str, Any] | None:
        attribute = "kind" if key == "type" else key
        before = getattr(ticket, attribute)
        if value is None and key == "status":
            return None
        if before == value:
            return None
        setattr(ticket, attribute, value)
        return event(kind, key, value, before)

    def _set_custom(self, ticket: Ticket, body: Body, kind: str) -> list[dict[str, Any] | None]:
        asked = body.get("custom_fields") if "custom_fields" in body else body.get("fields")
        if asked is None:
            return []
        if not isinstance(asked, list):
            raise bad_request("ticket.custom_fields must be a list")
        events: list[dict[str, Any] | None] = []
        for one in cast("list[object]", asked):
            entry = Body(
                "ticket.custom_fields",
                cast("dict[str, Any]", one if isinstance(one, dict) else {}),
                ("id", "value"),
            )
            body.unpermitted += entry.unpermitted
            number = entry.number("id")
            field = self._account.fields.get(number or 0)
            if field is None or not field.removable:
                body.invalid.append(f"ticket.custom_fields.{number}")
                continue
            value = _value_of(field, entry.get("value"))
            before = ticket.fields.get(field.id)
            ticket.fields[field.id] = value
            if before != value:
                events.append(event(kind, str(field.id), value, before))
        return events


def event(kind: str, name: str, value: object, before: object) -> dict[str, Any]:
    """One entry of an audit."""
    entry: dict[str, Any] = {"type": kind, "field_name": name, "value": value}
    return entry if kind == "Create" else {**entry, "previous_value": before}


def _value_of(field: TicketField, value: Any) -> object:
    """A value as the field keeps it. Raises ``RecordInvalid``."""
    options = [one for _, one in field.options]
    fits = value is None or value == ""
    if field.kind == "tagger":
        fits = fits or value in options
    elif field.kind == "multiselect":
        chosen = cast("list[object]", value if isinstance(value, list) else [value])
        fits = fits or all(one in options for one in chosen)
    elif field.kind == "checkbox":
        fits = fits or value in (True, False, "true", "false")
    elif field.kind in {"integer", "decimal"}:
        pattern = r"-?\d+" if field.kind == "integer" else r"-?\d+(\.\d+)?"
        fits = fits or (not isinstance(value, bool) and re.fullmatch(pattern, str(value)) is not None)
    elif field.kind == "date":
        fits = fits or (isinstance(value, str) and _DATE.fullmatch(value) is not None)
    else:
        fits = fits or isinstance(value, str)
    if not fits:
        text = f"{field.title}: {value} is not valid"
        raise RecordInvalid(
            "base", text, "InvalidValue", ticket_field_id=field.id, ticket_field_type=field.kind
        )
    number = field.kind in {"integer", "decimal"} and value is not None
    return str(cast("object", value)) if number else cast("object", value)
