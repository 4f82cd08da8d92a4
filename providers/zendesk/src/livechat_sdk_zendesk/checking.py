"""What ``livechat doctor`` looks at: the app, the switchboard, the webhook. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from livechat_sdk.errors import AuthError, ProviderError
from livechat_sdk.provider.integration import Finding
from livechat_sdk_zendesk.api import Api
from livechat_sdk_zendesk.settings import ZendeskSettings
from livechat_sdk_zendesk.support import Support
from livechat_sdk_zendesk.wire import AGENT_WORKSPACE, WireResponder

__all__ = ["TRIGGERS", "check"]

_FORBIDDEN: Final = 403

TRIGGERS: Final = frozenset({"conversation:message", "switchboard:passControl", "switchboard:releaseControl"})
"""Without these events a chat cannot be led; others are nice to have."""


async def check(api: Api, settings: ZendeskSettings, support: Support | None) -> Sequence[Finding]:
    """Whether the account is as the settings say."""
    found = [await _app(api, settings)]
    if found[0].status == "error":
        return found
    found += [*await _switchboard(api, settings), await _webhook(api)]
    return found if support is None else [*found, await _support(support)]


async def _support(support: Support) -> Finding:
    try:
        found = await support.availability()
    except AuthError as error:
        return Finding.failed("support", error, "look at supportUser and supportToken")
    except ProviderError as error:
        return Finding("support", "warning", str(error), "whether the token is good was not found out")
    told = {"yes": "agents are online", "no": "no agent is online", "unknown": "who is online is not told"}
    return Finding("support", "ok", told[found.agents])


async def _app(api: Api, settings: ZendeskSettings) -> Finding:
    try:
        app = await api.app_settings()
    except AuthError as error:
        if error.status == _FORBIDDEN:
            return Finding("app", "warning", "the key may not read the app: it is one of an integration's")
        return Finding.failed("app", error, "look at keyId and secret")
    except ProviderError as error:
        return Finding.failed("app", error, "look at baseUrl and appId, and at Zendesk's own status")
    if settings.conversation == "new" and app.get("multiConvoEnabled") is False:
        shared = "multi-conversations are off: handoffs of one end user share a thread"
        return Finding("app", "warning", shared, "turn them on, or set conversation: shared")
    return Finding("app", "ok", "the app is there, and the key is good")


async def _switchboard(api: Api, settings: ZendeskSettings) -> Sequence[Finding]:
    try:
        responders = await api.responders()
    except ProviderError as error:
        return [Finding("switchboard", "warning", str(error), "the names in the settings were not looked at")]
    if responders is None:
        return [Finding("switchboard", "error", "there is no switchboard, or it is off", "turn it on")]
    agents = _named(responders, settings.agent_workspace)
    found = [
        Finding("agentWorkspace", "ok", f"{settings.agent_workspace} is there")
        if agents is not None
        else _missing("agentWorkspace", settings.agent_workspace, responders)
    ]
    if settings.bot_integration is None:
        return found
    bot = _named(responders, settings.bot_integration)
    if bot is None:
        return [*found, _missing("botIntegration", settings.bot_integration, responders)]
    if settings.hear_by == "standby" and bot.deliver_standby_events is False:
        silent = "it does not get events while agents have control"
        return [*found, Finding("botIntegration", "error", silent, "deliverStandbyEvents, or hearBy: offer")]
    return [*found, Finding("botIntegration", "ok", f"{settings.bot_integration} is there")]


def _named(responders: Sequence[WireResponder], name: str) -> WireResponder | None:
    return next((one for one in responders if name in {one.id, one.name}), None)


def _missing(setting: str, name: str, responders: Sequence[WireResponder]) -> Finding:
    names = ", ".join(
        f"{one.name} (the agents)" if one.integration_type == AGENT_WORKSPACE else str(one.name)
        for one in responders
    )
    return Finding(setting, "error", f"the switchboard has no {name!r}", f"it has: {names or 'none'}")


async def _webhook(api: Api) -> Finding:
    try:
        webhooks = await api.webhooks()
    except ProviderError as error:
        return Finding("webhook", "warning", str(error), "the triggers of the webhook were not looked at")
    if not webhooks:
        return Finding("webhook", "error", "no custom integration has a webhook", "make one for this gateway")
    best = min(webhooks, key=lambda one: len(TRIGGERS.difference(one.triggers)))
    lacking = TRIGGERS.difference(best.triggers)
    if lacking:
        told = f"the one to {best.target} lacks triggers: {', '.join(sorted(lacking))}"
        return Finding("webhook", "error", told, "add them")
    return Finding("webhook", "ok", f"events go to {best.target}: that should be this gateway")
