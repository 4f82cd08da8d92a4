"""What ``livechat doctor`` looks at: the credentials, and the field map against the account's own fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from livechat_sdk.errors import AuthError, ProviderError
from livechat_sdk.provider.integration import Finding
from livechat_sdk_tickets.fields import FieldKind, FieldRule
from livechat_sdk_tickets.zendesk.api import Api
from livechat_sdk_tickets.zendesk.settings import ZendeskTicketingSettings
from livechat_sdk_tickets.zendesk.wire import WireField

__all__ = ["check"]

_TYPES: Final[Mapping[FieldKind, frozenset[str]]] = {
    "text": frozenset({"text", "textarea", "regexp", "partialcreditcard"}),
    "number": frozenset({"decimal", "integer"}),
    "integer": frozenset({"integer"}),
    "flag": frozenset({"checkbox"}),
    "choice": frozenset({"tagger"}),
    "choices": frozenset({"multiselect"}),
    "date": frozenset({"date"}),
}
"""Zendesk's types of fields by ours (https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_fields/)."""


async def check(api: Api, settings: ZendeskTicketingSettings) -> Sequence[Finding]:
    """Whether the account takes our tickets."""
    who = await _credentials(api)
    if who.status == "error" or not settings.fields:
        return [who]
    try:
        fields = {str(one.id): one for one in await api.fields()}
    except ProviderError as error:
        return [who, Finding("fields", "warning", str(error), "the field map was not looked at")]
    found = [
        Finding("fields", "error", f"{label}: {what}", "mend `fields`")
        for label, rule in settings.fields.items()
        for what in _troubles(rule, fields.get(rule.field))
    ]
    return [who, *(found or [Finding("fields", "ok", "the field map fits the account's fields")])]


async def _credentials(api: Api) -> Finding:
    try:
        user = (await api.me()).user
    except AuthError as error:
        return Finding.failed("credentials", error, "look at clientId and clientSecret, and at its scopes")
    except ProviderError as error:
        return Finding.failed("credentials", error, "look at baseUrl, and at Zendesk's own status")
    if user.id is None:
        return Finding("credentials", "error", "Zendesk does not know who we are", "look at the credentials")
    if user.suspended or user.role not in {"agent", "admin"}:
        told = f"the credentials belong to a user with the role {user.role or 'none'}"
        return Finding("credentials", "error", told, "tickets are made by an agent or an admin")
    return Finding("credentials", "ok", f"the credentials are those of an {user.role}")


def _troubles(rule: FieldRule, field: WireField | None) -> Iterator[str]:
    if field is None:
        yield f"the account has no field {rule.field}"
        return
    if not field.active:
        yield f"the field {rule.field} is switched off"
    if field.type not in _TYPES[rule.kind]:
        yield f"the field {rule.field} is a {field.type}, not a {rule.kind}"
    elif rule.values is not None:
        there = {option.value for option in field.custom_field_options or ()}
        lacking = [str(value) for value in rule.by_word.values() if str(value) not in there]
        if lacking:
            yield f"the field {rule.field} has no value {', '.join(lacking[:5])}"
