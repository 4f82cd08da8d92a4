"""What ``livechat doctor`` looks at: the manager, and the other hosts that the settings name. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from livechat_sdk.errors import AuthError, ProviderError
from livechat_sdk.http import Repeat, VendorClient
from livechat_sdk.provider.integration import Finding
from livechat_sdk_helvia.remote.account import RemoteAccount
from livechat_sdk_helvia.remote.api import ManagerApi
from livechat_sdk_helvia.remote.bot import BotApi

__all__ = ["check"]

_TURNED_AWAY: Final = (200, 401, 403)


async def check(provider: str, account: RemoteAccount, api: ManagerApi) -> Sequence[Finding]:
    """Whether the manager takes the token, and whether the core and the bot answer where they should be."""
    found = [await _manager(api)]
    if account.core_url is not None:
        found.append(await _core(provider, account.core_url))
    if account.bot_url is not None:
        found.append(await _bot(provider, account.bot_url))
    return found


async def _manager(api: ManagerApi) -> Finding:
    try:
        await api.look()
    except AuthError as error:
        return Finding.failed("manager", error, "look at serviceToken")
    except ProviderError as error:
        return Finding.failed("manager", error, "look at baseUrl and organizationId")
    return Finding("manager", "ok", "the manager is there, and takes the token")


async def _core(provider: str, url: str) -> Finding:
    client = VendorClient(provider=provider, base_url=url)
    try:
        # There is no token for it here: to be turned away is an answer, too.
        await client.request("check", "GET", "users/me", repeat=Repeat.SAFE, expect=_TURNED_AWAY)
    except ProviderError as error:
        return Finding.failed("core", error, "look at coreUrl")
    finally:
        await client.close()
    return Finding("core", "ok", "the core answers")


async def _bot(provider: str, url: str) -> Finding:
    bot = BotApi(provider, url)
    try:
        await bot.health()
    except ProviderError as error:
        return Finding.failed("bot", error, "look at botUrl")
    finally:
        await bot.close()
    return Finding("bot", "ok", "the bot's API answers")
