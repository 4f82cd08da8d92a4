"""What ``livechat doctor`` looks at: the credentials, the alternate key, and the field map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from livechat_sdk.errors import AuthError, ProviderError
from livechat_sdk.provider.integration import Finding
from livechat_sdk_tickets.dynamics.api import Api
from livechat_sdk_tickets.dynamics.errors import HINTS
from livechat_sdk_tickets.dynamics.settings import DynamicsTicketingSettings
from livechat_sdk_tickets.dynamics.wire import WireAttribute
from livechat_sdk_tickets.fields import FieldKind, FieldRule

__all__ = ["check"]

_TYPES: Final[Mapping[FieldKind, frozenset[str]]] = {
    "text": frozenset({"String", "Memo"}),
    "number": frozenset({"Decimal", "Double", "Money", "Integer", "BigInt"}),
    "integer": frozenset({"Integer", "BigInt"}),
    "flag": frozenset({"Boolean"}),
    "choice": frozenset({"Picklist"}),
    "choices": frozenset({"Virtual"}),
    "date": frozenset({"DateTime"}),
}
"""Types of columns by ours; a choice of several is a virtual column in the metadata."""


async def check(api: Api, settings: DynamicsTicketingSettings) -> Sequence[Finding]:
    """Whether the environment takes our cases."""
    who = await _credentials(api)
    if who.status == "error":
        return [who]
    found = [who]
    if settings.key_column is not None:
        found.append(await _key(api, settings.key_column))
    if settings.fields:
        found += await _fields(api, settings)
    return found


async def _credentials(api: Api) -> Finding:
    try:
        await api.who_am_i()
    except AuthError as error:
        hint = next((what for code, what in HINTS.items() if code in str(error).lower()), None)
        return Finding.failed(
            "credentials", error, hint or "look at azureTenantId, clientId and clientSecret"
        )
    except ProviderError as error:
        return Finding.failed("credentials", error, "look at baseUrl and version")
    return Finding("credentials", "ok", "the environment knows the application")


async def _key(api: Api, column: str) -> Finding:
    try:
        status = await api.key_status(column)
    except ProviderError as error:
        return Finding("keyColumn", "warning", str(error), "the alternate key was not looked at")
    if status is None:
        return Finding("keyColumn", "error", f"{column} is no alternate key of cases", "make it one")
    if status != "Active":
        return Finding("keyColumn", "error", f"the key of {column} is {status}", "wait, or make it again")
    return Finding("keyColumn", "ok", f"{column} is a key")


async def _fields(api: Api, settings: DynamicsTicketingSettings) -> Sequence[Finding]:
    try:
        columns = {one.logical_name: one for one in await api.attributes()}
        troubles = [
            f"{label}: {what}"
            for label, rule in settings.fields.items()
            if (what := await _trouble(api, rule, columns.get(rule.field))) is not None
        ]
    except ProviderError as error:
        return [Finding("fields", "warning", str(error), "the field map was not looked at")]
    if not troubles:
        return [Finding("fields", "ok", "the field map fits the columns of cases")]
    return [Finding("fields", "error", what, "mend `fields`") for what in troubles]


async def _trouble(api: Api, rule: FieldRule, column: WireAttribute | None) -> str | None:
    if column is None:
        return f"cases have no column {rule.field}"
    if not column.creatable:
        return f"{rule.field} cannot be set"
    if column.kind not in _TYPES[rule.kind]:
        return f"{rule.field} is a {column.kind}, not a {rule.kind}"
    if rule.values is None:
        return None
    there = await api.options(rule.field, several=rule.kind == "choices")
    lacking = [str(value) for value in rule.by_word.values() if value not in there]
    return f"{rule.field} has no value {', '.join(lacking[:5])}" if lacking else None
