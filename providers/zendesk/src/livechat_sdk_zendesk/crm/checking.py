"""What ``livechat doctor`` looks at: whose the credentials are, and whether they find users. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from livechat_sdk.errors import AuthError, ProviderError
from livechat_sdk.provider.integration import Finding
from livechat_sdk_zendesk.crm.api import Api
from livechat_sdk_zendesk.crm.queries import phrases

__all__ = ["check"]

_AGENTS: Final = frozenset({"agent", "admin"})
_NOBODY: Final = "nobody@livechat.invalid"


async def check(api: Api) -> Sequence[Finding]:
    """Whether the account is as the settings say."""
    who = await _credentials(api)
    if who.status == "error":
        return [who]
    return [who, await _users(api)]


async def _credentials(api: Api) -> Finding:
    try:
        me = (await api.me()).user
    except AuthError as error:
        return Finding.failed("credentials", error, "look at the OAuth client, or at userName and token")
    except ProviderError as error:
        return Finding.failed("credentials", error, "look at baseUrl")
    if me.id is None:
        return Finding("credentials", "error", "Zendesk takes us for nobody", "look at userName and token")
    if me.role not in _AGENTS:
        return Finding(
            "credentials", "error", f"the credentials are those of an {me.role}", "take an agent's"
        )
    return Finding("credentials", "ok", f"the credentials are those of an {me.role}")


async def _users(api: Api) -> Finding:
    try:
        await api.users({"query": phrases("email", [_NOBODY]) or ""}, 1)
    except AuthError as error:
        return Finding.failed("users", error, "give the OAuth client the scope read, or users:read")
    except ProviderError as error:
        return Finding("users", "warning", str(error), "whether users can be found was not found out")
    return Finding("users", "ok", "users can be looked for")
