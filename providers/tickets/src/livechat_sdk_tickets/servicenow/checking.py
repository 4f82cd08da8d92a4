"""What ``livechat doctor`` looks at: the credentials, the users, and every column that the settings name.

ServiceNow drops columns that it does not know without a word, so a wrong name shows here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from livechat_sdk.errors import AuthError, ProtocolError, ProviderError
from livechat_sdk.provider.integration import Finding
from livechat_sdk_tickets.fields import FieldKind, FieldRule
from livechat_sdk_tickets.servicenow.api import Api
from livechat_sdk_tickets.servicenow.settings import ServiceNowTicketingSettings
from livechat_sdk_tickets.servicenow.wire import WireColumn

__all__ = ["check"]

_TYPES: Final[Mapping[FieldKind, frozenset[str]]] = {
    "number": frozenset({"integer", "longint", "decimal", "float", "currency", "price"}),
    "integer": frozenset({"integer", "longint"}),
    "flag": frozenset({"boolean"}),
    "date": frozenset({"glide_date", "glide_date_time", "date", "due_date"}),
    "choices": frozenset({"glide_list", "list"}),
}
"""Types of columns by ours. Text and choice fit every column: all of them take text."""


async def check(api: Api, settings: ServiceNowTicketingSettings) -> Sequence[Finding]:
    """Whether the instance takes our tickets."""
    who = await _credentials(api, settings.table)
    if who.status == "error":
        return [who]
    found = [who]
    if settings.caller_column is not None:
        found += await _users(api)
    if settings.named_columns:
        found += await _columns(api, settings)
    return found


async def _credentials(api: Api, table: str) -> Finding:
    try:
        await api.may_read(table)
    except AuthError as error:
        advice = "look at the credentials, and give the account read, create and write on the table"
        return Finding.failed("credentials", error, advice)
    except ProtocolError as error:
        return Finding.failed("credentials", error, "wake the instance: one that sleeps shows a page")
    except ProviderError as error:
        return Finding.failed("credentials", error, "look at baseUrl and table")
    return Finding("credentials", "ok", f"the instance lets us read {table}")


async def _users(api: Api) -> Sequence[Finding]:
    try:
        if await api.may_read("sys_user"):
            return []
        told = "the account can see no users"
    except ProviderError as error:
        told = str(error)
    return [Finding("users", "warning", told, "give it read on sys_user, or set callerColumn to null")]


async def _columns(api: Api, settings: ServiceNowTicketingSettings) -> Sequence[Finding]:
    try:
        columns = await api.columns()
        if not columns:
            told = "the account can read no columns in sys_dictionary"
            return [Finding("fields", "warning", told, "the field map was not looked at")]
        named = settings.named_columns | {settings.caller_column or "correlation_id"}
        troubles = [f"there is no column {name}" for name in sorted(named) if name not in columns]
        for label, rule in settings.fields.items():
            if rule.field in columns:
                choices = frozenset[str]() if rule.values is None else await api.choices(rule.field)
                troubles += [f"{label}: {what}" for what in _misfits(rule, columns[rule.field], choices)]
    except ProviderError as error:
        return [Finding("fields", "warning", str(error), "the field map was not looked at")]
    if not troubles:
        return [Finding("fields", "ok", f"the columns that are set are columns of {settings.table}")]
    return [Finding("fields", "error", what, "mend `fields` or `columns`") for what in troubles]


def _misfits(rule: FieldRule, column: WireColumn, choices: frozenset[str]) -> Iterator[str]:
    if column.read_only.value == "true":
        yield f"{rule.field} cannot be set"
    kinds = _TYPES.get(rule.kind)
    if kinds is not None and column.internal_type.value not in kinds:
        yield f"{rule.field} is a {column.internal_type.value}, not a {rule.kind}"
    if choices:  # a column without a list of choices takes any value
        lacking = [str(value) for value in rule.by_word.values() if str(value) not in choices]
        if lacking:
            yield f"{rule.field} has no value {', '.join(lacking[:5])}"
