"""What ``livechat doctor`` looks at: region, credentials, integration, flow and queues. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from livechat_sdk.errors import AuthError, ProviderError
from livechat_sdk.provider.integration import Finding
from livechat_sdk_genesys.api import Api
from livechat_sdk_genesys.contents import object_of
from livechat_sdk_genesys.settings import KNOWN_REGIONS, GenesysSettings
from livechat_sdk_genesys.wire import WireIntegration, WireRecipient, WireRef, WireSettings, WireToken, read

__all__ = ["check"]

_PORT = 443


async def check(api: Api, settings: GenesysSettings) -> Sequence[Finding]:
    """Whether the organisation is as the settings say."""
    found = [*_region(settings), await _token(api)]
    if found[-1].status == "error":
        return found
    found += await _integration(api, settings)
    return [*found, *[await _queue(api, queue) for queue in settings.queue_ids]]


def _region(settings: GenesysSettings) -> Sequence[Finding]:
    if settings.region in KNOWN_REGIONS or settings.api_url is not None:
        return ()
    what = f"{settings.region} is none of the regions that the vendor's software knows"
    return (Finding("region", "warning", what, "look at it again; new regions are possible"),)


async def _token(api: Api) -> Finding:
    try:
        token = read(WireToken, await api.get("check", "tokens/me"))
    except AuthError as error:
        step = "look at clientId and clientSecret: the grant must be client credentials"
        return Finding.failed("credentials", error, step)
    except ProviderError as error:
        return Finding.failed("credentials", error, "look at region, and at Genesys' own status")
    name = token.organization.name if token.organization is not None else None
    return Finding("credentials", "ok", f"the organisation is {name or 'not named'}")


async def _integration(api: Api, settings: GenesysSettings) -> Sequence[Finding]:
    path = f"conversations/messaging/integrations/open/{quote(settings.open_integration_id, safe='')}"
    try:
        one = read(WireIntegration, await api.get("check", path))
    except AuthError as error:
        return [_unseen("integration", error, "messaging:integration:view")]
    except ProviderError as error:
        return [Finding.failed("integration", error, "look at openIntegrationId")]
    if one.create_status not in {None, "Completed"}:
        return [Finding("integration", "error", f"making it has not come further than {one.create_status}")]
    found = [_webhook(one.outbound_notification_webhook_url)]
    if one.recipient is not None and one.recipient.id is not None:
        found.append(await _flow(api, one.recipient.id))
    if one.messaging_setting is not None and one.messaging_setting.id is not None:
        found += await _typing(api, one.messaging_setting.id)
    return found


def _webhook(url: str | None) -> Finding:
    parts = urlsplit(url or "")
    if not url:
        return Finding(
            "webhook", "error", "the integration has no outbound webhook", "name this gateway there"
        )
    if parts.scheme == "https" and (parts.port or _PORT) != _PORT:
        return Finding("webhook", "error", f"Genesys delivers to port 443 only, not to {url}")
    return Finding("webhook", "ok", f"messages go to {url}: that should be this gateway")


async def _flow(api: Api, recipient: str) -> Finding:
    try:
        found = read(
            WireRecipient, await api.get("check", f"routing/message/recipients/{quote(recipient, safe='')}")
        )
    except AuthError as error:
        return _unseen("flow", error, "routing:message:manage")
    except ProviderError as error:
        return Finding("flow", "warning", str(error), "whether a flow takes the messages was not found out")
    if found.flow is None or found.flow.id is None:
        return Finding(
            "flow", "error", "no inbound message flow takes the messages", "attach one to the address"
        )
    return Finding("flow", "ok", f"the flow {found.flow.name or found.flow.id} takes the messages")


async def _typing(api: Api, setting: str) -> Sequence[Finding]:
    path = f"conversations/messaging/settings/{quote(setting, safe='')}"
    try:
        found = read(WireSettings, await api.get("check", path))
    except ProviderError:
        return ()  # of no weight
    on = object_of(object_of((found.event or {}).get("typing")).get("on"))
    off = [way for way in ("inbound", "outbound") if on.get(way) != "Enabled"]
    if not off:
        return ()
    what = f"typing is not enabled {' and '.join(off)} in the messaging setting"
    return (Finding("typing", "warning", what, "enable it, or do without"),)


async def _queue(api: Api, queue: str) -> Finding:
    try:
        found = read(WireRef, await api.get("check", f"routing/queues/{quote(queue, safe='')}"))
    except AuthError as error:
        return _unseen("queue", error, "routing:queue:view")
    except ProviderError as error:
        return Finding.failed("queue", error, "look at queueIds")
    return Finding("queue", "ok", f"{found.name or queue} is there")


def _unseen(check: str, error: AuthError, permission: str) -> Finding:
    return Finding(check, "warning", str(error), f"it was not looked at: the permission is {permission}")
