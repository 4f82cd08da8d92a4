"""What ``livechat doctor`` looks at: the credentials, the field of our key, choices, the field map, usage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from livechat_sdk.errors import AuthError, ProviderError
from livechat_sdk.provider.integration import Finding
from livechat_sdk_tickets.fields import FieldKind, FieldRule
from livechat_sdk_tickets.salesforce.api import Api
from livechat_sdk_tickets.salesforce.settings import SalesforceTicketingSettings
from livechat_sdk_tickets.salesforce.wire import WireColumn

__all__ = ["check"]

_TYPES: Final[Mapping[FieldKind, frozenset[str]]] = {
    "text": frozenset({"string", "textarea", "email", "phone", "url", "combobox"}),
    "number": frozenset({"double", "currency", "percent", "int"}),
    "integer": frozenset({"int", "double"}),
    "flag": frozenset({"boolean"}),
    "choice": frozenset({"picklist", "combobox"}),
    "choices": frozenset({"multipicklist"}),
    "date": frozenset({"date"}),
}
"""Types of fields by ours
(https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/field_types.htm)."""
_ALMOST: Final = 0.9
"""Share of the calls of a day from which on it is said."""


async def check(api: Api, settings: SalesforceTicketingSettings) -> Sequence[Finding]:
    """Whether the organisation takes our cases."""
    try:
        columns = {one.name: one for one in await api.columns()}
    except AuthError as error:
        return [Finding.failed("credentials", error, _advice(error))]
    except ProviderError as error:
        advice = "look at baseUrl and version, and whether the user may see cases"
        return [Finding.failed("credentials", error, advice)]
    found = [
        Finding("credentials", "ok", "the organisation knows the app, and its user sees cases"),
        _key(settings.key_field, columns.get(settings.key_field)),
        *_choices(settings, columns),
        *_fields(settings, columns),
    ]
    if api.used is not None and api.used >= _ALMOST:
        told = f"{api.used:.0%} of the organisation's calls of a day are used up"
        found.append(Finding("limits", "warning", told, "see who uses them: they are shared"))
    return found


def _advice(error: AuthError) -> str:
    if error.operation == "token":
        return "look at clientId and clientSecret, and that the app has a user to run as"
    # A new token was got and refused as well: it is not the token.
    return "the app's user must be allowed to use the API from this address (login IP ranges, session level)"


def _key(name: str, column: WireColumn | None) -> Finding:
    if column is None:
        advice = "add a text field to cases, External ID and Unique, that the user may edit"
        return Finding("keyField", "error", f"cases have no field {name}, or the user cannot see it", advice)
    lacking = [
        word
        for word, there in (
            ("External ID", column.external_id),
            ("Unique", column.unique),
            ("editable", column.creatable),
        )
        if not there
    ]
    if lacking:
        told = f"the field {name} is not {' and not '.join(lacking)}"
        return Finding("keyField", "error", told, "change the field: without it there may be two cases")
    return Finding("keyField", "ok", f"{name} is a key")


def _choices(settings: SalesforceTicketingSettings, columns: Mapping[str, WireColumn]) -> Iterator[Finding]:
    """Words that a restricted list does not have: what is left out is named in the text of a case."""
    wanted: Mapping[str, AbstractSet[str | None]] = {
        "Origin": {settings.origin},
        "Status": {settings.status},
        "Priority": {settings.priority(one) for one in ("low", "normal", "high", "urgent")},
        "Type": set(settings.kinds.values()),
    }
    for name, words in wanted.items():
        column = columns.get(name)
        if column is None or not column.restricted:
            continue
        lacking = sorted(word for word in words if word is not None and word not in column.values)
        if lacking:
            told = f"{name} of cases has no value {', '.join(lacking[:5])}"
            needed = name in {"Origin", "Status"}
            yield Finding(name, "error" if needed else "warning", told, "mend the settings or the list")


def _fields(settings: SalesforceTicketingSettings, columns: Mapping[str, WireColumn]) -> Sequence[Finding]:
    if not settings.fields:
        return []
    wrong = [
        Finding("fields", "error", f"{label}: {what}", "mend `fields`")
        for label, rule in settings.fields.items()
        for what in _troubles(rule, columns.get(rule.field))
    ]
    return wrong or [Finding("fields", "ok", "the field map fits the fields of cases")]


def _troubles(rule: FieldRule, column: WireColumn | None) -> Iterator[str]:
    if column is None:
        yield f"cases have no field {rule.field}"
    elif not column.creatable:
        yield f"{rule.field} cannot be set"
    elif column.type not in _TYPES[rule.kind]:
        yield f"{rule.field} is a {column.type}, not a {rule.kind}"
    elif rule.values is not None:
        lacking = [str(value) for value in rule.by_word.values() if str(value) not in column.values]
        if lacking:
            yield f"{rule.field} has no value {', '.join(lacking[:5])}"
