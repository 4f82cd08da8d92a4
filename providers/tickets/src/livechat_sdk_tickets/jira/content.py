"""What a new request says: the fields that its form has, and a line for people about each that it has not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from livechat_sdk_tickets.escaping import escape, one_line, plain
from livechat_sdk_tickets.fields import FieldRule
from livechat_sdk_tickets.jira.jql import LABELS, value_of
from livechat_sdk_tickets.jira.settings import JiraTicketingSettings
from livechat_sdk_tickets.jira.wire import WireField, WireForm
from livechat_sdk_tickets.preparing import Prepared

__all__ = ["Content", "content_of", "describes"]


@dataclass(frozen=True, slots=True)
class Content:
    """The fields of a request, without its description, and lines about what they do not carry."""

    values: Mapping[str, Any]
    lines: Sequence[str]


def describes(settings: JiraTicketingSettings, form: WireForm) -> bool:
    """Whether the conversation is the description, which the customer reads, and not a comment."""
    return settings.public and form.field("description") is not None


def content_of(ticket: Prepared, form: WireForm, settings: JiraTicketingSettings) -> Content:
    """The fields for a ticket."""
    values: dict[str, Any] = {"summary": ticket.subject}
    lines: list[str] = []
    _put_key_and_labels(values, lines, ticket, form, settings)
    if settings.email_field is not None and ticket.requester.email is not None:
        values[settings.email_field] = ticket.requester.email
    if ticket.priority is not None:
        name = settings.priority(ticket.priority)
        if (chosen := _priority(form, name)) is None:
            lines.append(f"Priority: {name}")
        else:
            values["priority"] = chosen
    names = {rule.field: (label, rule) for label, rule in settings.fields.items()}
    for field_id, value in ticket.fields.items():
        field, (label, rule) = form.field(field_id), names[field_id]
        if field is None:
            lines.append(f"{one_line(label, 200)}: {one_line(str(value), 300)}")
        else:
            values[field_id] = _value(value, rule, field)
    return Content(values, lines)


def _put_key_and_labels(
    values: dict[str, Any],
    lines: list[str],
    ticket: Prepared,
    form: WireForm,
    settings: JiraTicketingSettings,
) -> None:
    """Our key is a label or has a field of its own; tags are labels, or a line where the form has none."""
    labels = [*settings.labels, *ticket.tags]
    if settings.key_field == LABELS:
        values[LABELS] = _labels([value_of(LABELS, ticket.key), *labels])
        return
    values[settings.key_field] = value_of(settings.key_field, ticket.key)
    if form.field(LABELS) is not None and labels:
        values[LABELS] = _labels(labels)
    elif ticket.tags:
        lines.append(f"Tags: {', '.join(filter(None, (one_line(tag, 100) for tag in ticket.tags)))}")


def _priority(form: WireForm, name: str) -> Mapping[str, str] | None:
    """How a priority is set; ``None`` where the form has none, or not this one."""
    field = form.field("priority")
    if field is None:
        return None
    if not field.options:
        return {"name": name}
    option = field.option(name)
    return None if option is None else {"id": option}


def _value(value: Any, rule: FieldRule, field: WireField) -> Any:
    """A value as Jira takes it: options are objects, and only some texts are wiki text."""
    if rule.kind == "choice":
        return _option(value)
    if rule.kind == "choices":
        return [_option(one) for one in cast("list[object]", value)]
    if rule.kind == "text":
        return escape(value, "wiki") if field.form.is_wiki else one_line(value, 255)
    return value


def _option(value: object) -> Mapping[str, str]:
    """Options have ids, which are numbers, and names."""
    return {"id": str(value)} if isinstance(value, int) else {"value": str(value)}


def _labels(labels: Sequence[str]) -> list[str]:
    """Labels as Jira has them: without blanks, each once."""
    made = ("_".join(plain(label).replace('"', "").split())[:255] for label in labels)
    return list(dict.fromkeys(label for label in made if label))
