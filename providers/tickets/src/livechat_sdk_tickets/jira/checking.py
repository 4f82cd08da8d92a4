"""What ``livechat doctor`` looks at: the credentials, and each form against what is sent.

Jira refuses a request with a field that its form has not, and one that lacks a field that the form demands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from livechat_sdk.errors import AuthError, ProviderError
from livechat_sdk.provider.integration import Finding
from livechat_sdk_tickets.fields import FieldKind, FieldRule
from livechat_sdk_tickets.jira.api import Api
from livechat_sdk_tickets.jira.jql import LABELS
from livechat_sdk_tickets.jira.settings import JiraTicketingSettings
from livechat_sdk_tickets.jira.wire import WireField, WireForm

__all__ = ["check"]

_TYPES: Final[Mapping[FieldKind, frozenset[str]]] = {
    "text": frozenset({"string"}),
    "number": frozenset({"number"}),
    "integer": frozenset({"number"}),
    "choice": frozenset({"option", "string"}),
    "choices": frozenset({"array"}),
    "date": frozenset({"date", "datetime"}),
}
"""Types of Jira's schemas by ours."""


async def check(api: Api, settings: JiraTicketingSettings) -> Sequence[Finding]:
    """Whether the service desk takes our requests."""
    try:
        desk = await api.desk()
    except AuthError as error:
        where = "the site" if settings.is_scoped else "https://api.atlassian.com/ex/jira/CLOUDID"
        advice = f"look at userName and token: if the token {_scopes(settings)}, baseUrl must be {where}"
        return [Finding.failed("credentials", error, advice)]
    except ProviderError as error:
        return [Finding.failed("credentials", error, "look at baseUrl and serviceDeskId")]
    found = [Finding("credentials", "ok", f"the account sees the service desk {desk.name or desk.id}")]
    for request_type in settings.request_types:
        found += await _form(api, settings, request_type)
    return found


def _scopes(settings: JiraTicketingSettings) -> str:
    return "has no scopes" if settings.is_scoped else "has scopes"


async def _form(api: Api, settings: JiraTicketingSettings, request_type: str) -> Sequence[Finding]:
    try:
        form = await api.form("fields", request_type)
    except ProviderError as error:
        return [Finding("fields", "warning", str(error), f"the form of {request_type} was not looked at")]
    troubles = [
        Finding("fields", "error", f"request type {request_type}: {what}", "mend the form, or the settings")
        for what in _troubles(form, settings)
    ]
    found = troubles or [Finding("fields", "ok", f"the form of request type {request_type} fits")]
    if settings.on_behalf and not form.on_behalf:
        told = f"request type {request_type}: the account may not raise requests on behalf of customers"
        found.append(Finding("customers", "warning", told, "make it an agent, or set onBehalf"))
    return found


def _troubles(form: WireForm, settings: JiraTicketingSettings) -> Iterator[str]:
    needed = [settings.key_field, *([settings.email_field] if settings.email_field else [])]
    yield from (f"the form has no field {name}" for name in needed if form.field(name) is None)
    for label, rule in settings.fields.items():
        field = form.field(rule.field)
        if field is None:
            yield f"{label}: the form has no field {rule.field}"
        else:
            yield from (f"{label}: {what}" for what in _misfits(rule, field))
    set_by_us = {"summary", "description", "priority", LABELS, *needed}
    set_by_us |= {rule.field for rule in settings.fields.values()}
    for field in form.fields:
        if field.required and field.id not in set_by_us and not field.preset:
            yield f"the form demands {field.name or field.id} ({field.id}), which nobody sets"


def _misfits(rule: FieldRule, field: WireField) -> Iterator[str]:
    if field.form.type and field.form.type not in _TYPES.get(rule.kind, frozenset()):
        yield f"{rule.field} is a {field.form.type}, not a {rule.kind}"
    elif rule.values is not None and field.options:
        there = {one.value for one in field.options} | {one.label for one in field.options}
        lacking = [str(value) for value in rule.by_word.values() if str(value) not in there]
        if lacking:
            yield f"{rule.field} has no value {', '.join(lacking[:5])}"
