"""What ``livechat doctor`` looks at: the credentials, everything that is shown, and the cases. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from livechat_sdk.errors import AuthError, ProviderError, RejectedError
from livechat_sdk.provider.integration import Finding
from livechat_sdk_dynamics.api import Api
from livechat_sdk_dynamics.errors import HINTS
from livechat_sdk_dynamics.settings import DynamicsCrmSettings

__all__ = ["check"]


async def check(api: Api, settings: DynamicsCrmSettings) -> Sequence[Finding]:
    """Whether the environment is as the settings say."""
    who = await _credentials(api)
    if who.status == "error":
        return [who]
    found = [who, await _contacts(api)]
    if settings.cases:
        found.append(await _cases(api))
    return found


async def _credentials(api: Api) -> Finding:
    try:
        await api.who_am_i()
    except AuthError as error:
        return Finding.failed(
            "credentials",
            error,
            _hint(error) or "look at azureTenantId, clientId, clientSecret",
        )
    except ProviderError as error:
        return Finding.failed("credentials", error, "look at baseUrl and version")
    return Finding("credentials", "ok", "the environment knows the application")


async def _contacts(api: Api) -> Finding:
    try:
        await api.try_contacts()
    except AuthError as error:
        return Finding.failed("contacts", error, _hint(error) or "let the application read contacts")
    except RejectedError as error:
        return Finding.failed(
            "contacts",
            error,
            "look at the names in entityProperties, filterProperty, filterExpression and the columns",
        )
    except ProviderError as error:
        return Finding("contacts", "warning", str(error), "the columns were not looked at")
    return Finding("contacts", "ok", "contacts can be read with everything that is shown")


async def _cases(api: Api) -> Finding:
    try:
        await api.try_cases()
    except ProviderError as error:
        return Finding(
            "cases", "warning", str(error), _hint(error) or "set cases: 0 if the environment has none"
        )
    return Finding("cases", "ok", "cases can be read")


def _hint(error: ProviderError) -> str | None:
    return next((what for code, what in HINTS.items() if code in str(error).lower()), None)
