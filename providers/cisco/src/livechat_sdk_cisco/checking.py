"""What ``livechat doctor`` looks at: the address, its certificate, and the feed. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from livechat_sdk.errors import AuthError, ProviderError
from livechat_sdk.provider.integration import Finding
from livechat_sdk_cisco.api import Api
from livechat_sdk_cisco.settings import CiscoSettings
from livechat_sdk_cisco.xml import Element

__all__ = ["check"]

_CHAT_FEED: Final = "8"
_NORMAL: Final = "1"


async def check(api: Api, settings: CiscoSettings) -> Sequence[Finding]:
    """Whether the server is as the settings say."""
    found = [await _chats(api)]
    if not settings.verify:
        found.append(
            Finding(
                "certificate",
                "warning",
                "the certificate of the server is not checked: anybody in between can read every chat",
                "give caBundle or certificateSha256 instead of verify: false",
            )
        )
    elif not settings.origin.startswith("https"):
        found.append(
            Finding("certificate", "warning", "the endpoint is http: nothing is encrypted", "use https")
        )
    if found[0].status != "error":
        found.append(await _feed(api, settings))
    return found


async def _chats(api: Api) -> Finding:
    try:
        answers = await api.greet()
    except AuthError as error:
        return Finding.failed("endpoint", error, "the customer side wants no login: look at endpoint")
    except ProviderError as error:
        return Finding.failed("endpoint", error, "look at endpoint, and at the certificate's settings")
    if answers == "chat":
        return Finding("endpoint", "ok", "the server answers")
    return Finding(
        "endpoint",
        "error",
        "something answers that is not the API of chats",
        "the path is /ccp/chat or /ccp/rest/chat, behind whatever a proxy puts before it",
    )


async def _feed(api: Api, settings: CiscoSettings) -> Finding:
    try:
        feeds = await api.feeds()
    except AuthError as error:
        return Finding.failed("feed", error, "look at clientId and clientSecret; five failures lock it")
    except ProviderError as error:
        return Finding("feed", "warning", str(error), "whether the feed is there was not found out")
    if feeds is None:
        return Finding("feed", "ok", "not looked at: that takes the login of an administrator")
    return _mine(feeds, settings)


def _mine(feeds: Sequence[Element], settings: CiscoSettings) -> Finding:
    number = settings.feed_url.rpartition("/")[2]
    mine = next((one for one in feeds if _number(one) == number), None)
    if mine is None:
        known = ", ".join(f"{one.value('name')} ({_number(one)})" for one in feeds if _is_chat(one))
        return Finding("feed", "error", f"there is no feed {number}", f"chatId is one of: {known or 'none'}")
    if not _is_chat(mine):
        return Finding("feed", "error", f"feed {number} is not one of chats", "look at chatId")
    if mine.value("status") not in {"", _NORMAL}:
        return Finding(
            "feed", "warning", f"feed {number} has status {mine.value('status')}", "look at the feed"
        )
    told = mine.value("chatInactivityTimeout")
    if told.isdecimal() and float(told) != settings.inactivity_timeout:
        return Finding(
            "feed", "warning", f"the feed ends silent chats after {told} s", f"set inactivityTimeout: {told}"
        )
    return Finding("feed", "ok", f"feed {number} ({mine.value('name')}) takes chats")


def _number(feed: Element) -> str:
    return feed.value("refURL").rpartition("/")[2]


def _is_chat(feed: Element) -> bool:
    return feed.value("type") == _CHAT_FEED
