"""Events of tickets: what the Support side tells where the account sends them here, too.

Messaging does not tell who took a ticket before they write, nor that it was solved. The events do, and name
the ticket alone: so its tags carry our reference (``livechat-…``). Tickets without one are none of ours.
They come by webhooks of another make than those of messaging: signed, with a time.
Source: the vendor's pages on ticket events (``zen:event-type:ticket.*``) and on verifying webhooks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, cast

from pydantic import SecretStr

from livechat_sdk.domain.chats import AgentJoined, AgentLeft, ChatEnded, ProviderEvent
from livechat_sdk.domain.people import Agent
from livechat_sdk.errors import WebhookRejected
from livechat_sdk.provider.verifying import verify_hmac, verify_time
from livechat_sdk.provider.webhooks import WebhookDelivery

__all__ = ["is_ticket_event", "prove_ticket", "ref_of_tags", "tag_of", "translate_ticket"]

_SIGNATURE: Final = "X-Zendesk-Webhook-Signature"
_TIME: Final = "X-Zendesk-Webhook-Signature-Timestamp"

_PREFIX: Final = "livechat-"
_CODED: Final = "livechat-x-"
_PLAIN: Final = re.compile(r"(?!x-)[0-9a-z._-]{1,200}")
_KIND: Final = "zen:event-type:ticket."


def is_ticket_event(delivery: WebhookDelivery) -> bool:
    """Whether a delivery claims to come from the Support side."""
    return delivery.header(_SIGNATURE) is not None


def prove_ticket(delivery: WebhookDelivery, keys: Sequence[SecretStr] | None) -> None:
    """Check the signature over time and body, and the time. Raises ``WebhookRejected``."""
    at = delivery.header(_TIME) or ""
    signed = (at.encode("utf-8", "surrogatepass"), delivery.body)
    verify_hmac(delivery.header(_SIGNATURE), signed, keys, encoding="base64", what=_SIGNATURE)
    try:
        sent_at = datetime.fromisoformat(at)
    except ValueError:
        raise WebhookRejected(f"{_TIME} cannot be read") from None
    verify_time(sent_at, delivery.received_at, what=_TIME)


def tag_of(ref: str) -> str:
    """The tag that names a chat. Tags have small letters and no blanks: other references become hex."""
    return _PREFIX + ref if _PLAIN.fullmatch(ref) else _CODED + ref.encode().hex()


def ref_of_tags(tags: object) -> str | None:
    """Our reference among the tags of a ticket."""
    for tag in cast("Sequence[object]", tags) if isinstance(tags, list) else ():
        if not isinstance(tag, str) or not tag.startswith(_PREFIX):
            continue
        if not tag.startswith(_CODED):
            return tag.removeprefix(_PREFIX)
        try:
            return bytes.fromhex(tag.removeprefix(_CODED)).decode()
        except ValueError:
            continue
    return None


def translate_ticket(
    document: Mapping[str, Any], envelope: dict[str, Any], end_on: Literal["closed", "solved"]
) -> Sequence[ProviderEvent] | None:
    """What an event of one of our tickets says. ``None``: it is not as documented."""
    what = str(document.get("type")).removeprefix(_KIND)
    if what == "created":
        return ()  # by our own handover
    change = document.get("event")
    if not isinstance(change, dict):
        return None
    before, now = (_told(cast("Mapping[str, Any]", change).get(key)) for key in ("previous", "current"))
    match what:
        case "agent_assignment_changed" if now:
            return (AgentJoined(**envelope, agent=Agent(id=now)),)
        case "agent_assignment_changed" if before:
            return (AgentLeft(**envelope, agent=Agent(id=before)),)
        case "status_changed":
            ends = {"closed"} if end_on == "closed" else {"solved", "closed"}
            status = now.lower()
            return () if status not in ends else (ChatEnded(**envelope, why="resolved", raw_reason=status),)
        case _:
            return None


def _told(value: object) -> str:
    """An id or a word; empty for none, which Zendesk writes as null, as nothing, or as "0"."""
    return "" if value in (None, "0", 0) else str(value)
