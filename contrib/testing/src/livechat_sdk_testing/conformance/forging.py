"""Webhooks that are made, altered and brought to a provider by hand, for cases about their proof."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from livechat_sdk.domain.chats import MessageReceived, ProviderEvent
from livechat_sdk.errors import WebhookRejected
from livechat_sdk.provider.interface import AnyProvider
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import CaseFailed, that

__all__ = [
    "STRANGER",
    "a_genuine",
    "parts_of_the_proof",
    "proofs_of",
    "refused",
    "with_headers",
    "words_of",
]

STRANGER: Final = "somebody-elses-secret-0123456789"
"""A secret that no integration has."""

_SHORTEST_PART: Final = 8


def with_headers(
    delivery: WebhookDelivery, headers: Mapping[str, str], body: bytes | None = None
) -> WebhookDelivery:
    """A delivery with other headers, and with another body if one is given."""
    return WebhookDelivery(
        delivery.method,
        delivery.path,
        headers,
        delivery.body if body is None else body,
        delivery.received_at,
    )


def proofs_of(bench: Bench) -> list[str]:
    """The names of the headers that prove a webhook, in small letters."""
    names = [name.lower() for name in bench.webhooks.proof_headers]
    that(names, "the rig names no header that proves a webhook (proof_headers)")
    return names


def parts_of_the_proof(bench: Bench, delivery: WebhookDelivery) -> set[str]:
    """What a proof consists of: signatures, keys, times. Left out is what is short, or stands in the body."""
    body = delivery.body.decode(errors="replace")
    values = [delivery.header(name) or "" for name in proofs_of(bench)]
    parts = {part for value in values for part in (value, *re.split(r"[\s,;=]+", value))}
    return {part for part in parts if len(part) >= _SHORTEST_PART and part not in body}


def refused(provider: AnyProvider, delivery: WebhookDelivery, what: str, *statuses: int) -> WebhookRejected:
    """The refusal of a delivery, which has to come with one of ``statuses`` (else 401 or 403)."""
    wanted = statuses or (401, 403)
    try:
        found = provider.read_webhook(delivery)
    except WebhookRejected as refusal:
        that(refusal.status in wanted, f"{what} was refused with {refusal.status}, wanted {wanted}")
        return refusal
    raise CaseFailed(f"{what} was accepted: {[event.kind for event in found]}")


async def a_genuine(bench: Bench) -> WebhookDelivery:
    """An authentic webhook: an agent says hello in a chat that is open."""
    chat = await bench.joined()
    return bench.webhooks.sign(bench.webhooks.message(chat.ref, "hello"))


def words_of(found: Sequence[ProviderEvent]) -> list[str]:
    """What agents say in events."""
    return [event.message.body for event in found if isinstance(event, MessageReceived)]
