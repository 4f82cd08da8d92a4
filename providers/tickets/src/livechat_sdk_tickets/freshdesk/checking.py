"""What ``livechat doctor`` looks at: the credentials, the field of our key, and the field map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from livechat_sdk.errors import AuthError, ProviderError
from livechat_sdk.provider.integration import Finding
from livechat_sdk_tickets.fields import FieldKind, FieldRule
from livechat_sdk_tickets.freshdesk.api import Api
from livechat_sdk_tickets.freshdesk.settings import FreshdeskTicketingSettings
from livechat_sdk_tickets.freshdesk.wire import WireField

__all__ = ["check"]

_TYPES: Final[Mapping[FieldKind, frozenset[str]]] = {
    "text": frozenset({"custom_text", "custom_paragraph"}),
    "number": frozenset({"custom_decimal", "custom_number"}),
    "integer": frozenset({"custom_number"}),
    "flag": frozenset({"custom_checkbox"}),
    "choice": frozenset({"custom_dropdown"}),
    "date": frozenset({"custom_date"}),
}
"""Freshdesk's types of fields by ours (https://developers.freshdesk.com/api/#ticket-fields)."""
_TYPE_FIELD: Final = "ticket_type"


async def check(api: Api, settings: FreshdeskTicketingSettings) -> Sequence[Finding]:
    """Whether the account takes our tickets."""
    who = await _credentials(api)
    if who.status == "error":
        return [who]
    try:
        fields = {one.name: one for one in await api.fields()}
    except ProviderError as error:
        return [who, Finding("fields", "warning", str(error), "the fields were not looked at")]
    return [who, _key(settings.key_field, fields), *_fields(settings, fields)]


async def _credentials(api: Api) -> Finding:
    try:
        await api.newest("check", 1)
    except AuthError as error:
        return Finding.failed(
            "credentials", error, "look at apiKey, at baseUrl, and whether its agent is active"
        )
    except ProviderError as error:
        return Finding.failed(
            "credentials", error, "look at baseUrl: https://NAME.freshdesk.com, no other host"
        )
    return Finding("credentials", "ok", "the key is taken")


def _key(name: str, fields: Mapping[str, WireField]) -> Finding:
    found = fields.get(name)
    if found is None:
        advice = "add a single-line text field to the ticket form, or set keyField to one that is there"
        return Finding("keyField", "error", f"the account has no field {name}", advice)
    if found.type != "custom_text":
        return Finding(
            "keyField", "error", f"the field {name} is a {found.type}, not a custom_text", "change it"
        )
    return Finding("keyField", "ok", f"tickets are found by {name}")


def _fields(settings: FreshdeskTicketingSettings, fields: Mapping[str, WireField]) -> Sequence[Finding]:
    wrong = [
        Finding("fields", "error", f"{label}: {what}", "mend `fields`")
        for label, rule in settings.fields.items()
        for what in _troubles(rule, fields.get(rule.field))
    ]
    types = fields[_TYPE_FIELD].values if _TYPE_FIELD in fields else frozenset[str]()
    lacking = sorted({one for one in settings.kinds.values() if types and one not in types})
    wrong += [Finding("kinds", "error", f"tickets have no type {one}", "mend `kinds`") for one in lacking]
    sent = {settings.key_field, *(rule.field for rule in settings.fields.values())}
    sent |= {"group"} if settings.group is not None else set()
    sent |= {"product"} if settings.product is not None else set()
    needed = [
        one.label or one.name for one in fields.values() if one.required and one.name not in sent | _SENT
    ]
    if needed:
        told = f"the account wants fields that tickets do not have: {', '.join(needed[:5])}"
        wrong.append(Finding("fields", "warning", told, "map them and set them, or let them be optional"))
    return wrong or [Finding("fields", "ok", "the field map fits the account's fields")]


_SENT: Final = frozenset({"requester", "subject", "description", "status", "priority", "source"})
"""What every ticket has, by the names in the list of fields."""


def _troubles(rule: FieldRule, field: WireField | None) -> Iterator[str]:
    if field is None:
        yield f"the account has no field {rule.field}"
    elif field.type not in _TYPES[rule.kind]:
        yield f"the field {rule.field} is a {field.type}, not a {rule.kind}"
    elif rule.values is not None:
        lacking = [str(value) for value in rule.by_word.values() if str(value) not in field.values]
        if lacking:
            yield f"the field {rule.field} has no value {', '.join(lacking[:5])}"
