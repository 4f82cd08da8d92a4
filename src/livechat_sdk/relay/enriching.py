"""Fetching the files of an agent's message, before the message is delivered.

Each attachment ends as a row of the files' table: kept, or refused for good with the reason. What fails in a
way that may pass is tried again with the whole action; rows that are there already are not fetched again, so
that a restart in the middle goes on where it stopped.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import Attachment, Direction, LedgerEntry
from livechat_sdk.errors import FileRefused, FilesUnavailable, RetryableError
from livechat_sdk.files import one_piece
from livechat_sdk.ledger.store import LeaseLost, Store
from livechat_sdk.lifecycle.effects import Enrich
from livechat_sdk.lifecycle.inputs import EffectFailed, EffectSucceeded, Input
from livechat_sdk.provider.files import VendorFile
from livechat_sdk.provider.interface import AnyProvider
from livechat_sdk.relay.failures import FailureKind, failure_of
from livechat_sdk.relay.leases import LeaseGuard

if TYPE_CHECKING:
    from livechat_sdk.files import Files

__all__ = ["FETCH_LIMIT", "Enriching", "LinkFetcher", "was_fetched"]

logger = logging.getLogger("livechat_sdk.enriching")

FETCH_LIMIT: Final = 30.0
"""Longest time in seconds that one file may take."""

LinkFetcher = Callable[[str, int], AbstractAsyncContextManager[VendorFile]]
"""Fetches a plain link under the egress rule, up to a number of bytes. Raises ``ProviderError``."""

_FOR_GOOD: Final = frozenset(
    {
        FailureKind.REFUSED,
        FailureKind.UNAUTHORISED,
        FailureKind.UNAVAILABLE,
        FailureKind.UNSUPPORTED,
        FailureKind.MALFORMED,
    }
)


class Enriching:
    """Carries out ``Enrich``."""

    def __init__(self, store: Store, lease: LeaseGuard, files: Files, fetch_link: LinkFetcher) -> None:
        self.lease = lease
        self.files = files
        self._store = store
        self._fetch_link = fetch_link

    async def run(self, action: Enrich, handoff: Handoff, provider: AnyProvider) -> Input | None:
        """Fetch what has not been fetched; ``None`` when the message was erased meanwhile.

        Raises the first failure that may pass, after the other files.
        """
        entry = await self._store.entry(handoff.id, Direction.TO_USER, action.message_key)
        chat = await self._store.chat(handoff.id, action.attempt)
        if entry is None:
            return None
        if chat is None:
            return EffectFailed(action=action, error="the chat that the message came from is not known")
        trouble: Exception | None = None
        for index, attachment in enumerate(entry.message.attachments):
            place = (handoff.id, entry.message.key, index)
            if await self.files.fetched(*place) is not None:
                continue
            try:
                async with self.lease.limit(FETCH_LIMIT):
                    await self._fetch(place, attachment, chat, provider)
            except LeaseLost:
                raise
            except FilesUnavailable as error:
                # A lane waits for the ledger as long as it takes; for a folder or a scanner it does not.
                trouble = trouble or RetryableError(str(error), operation="enrich")
            except Exception as error:  # noqa: BLE001  (each file has its own result)
                why = _given_up(error)
                if why is None:
                    trouble = trouble or error
                    continue
                logger.warning("handoff %s: a file of the agent cannot be had: %s", handoff.id, why)
                await self.files.note_refused(*place, attachment, why)
        if trouble is not None:
            raise trouble
        return EffectSucceeded(action=action)

    async def _fetch(
        self, place: tuple[str, str, int], attachment: Attachment, chat: Chat, provider: AnyProvider
    ) -> None:
        if place[2] >= self.files.limits.max_per_message:
            raise FileRefused("too_many", "the message has too many files")
        file = await provider.fetch(chat, attachment)
        if file is not None:
            await self._keep(place, attachment, file)
            return
        async with self._fetch_link(attachment.url, self.files.limits.max_size) as found:
            await self._keep(place, attachment, found)

    async def _keep(self, place: tuple[str, str, int], attachment: Attachment, file: VendorFile) -> None:
        content = file.content
        await self.files.keep_fetched(
            *place,
            one_piece(content) if isinstance(content, bytes) else content,
            name=file.name or attachment.name,
            media_type=file.media_type or attachment.media_type,
        )


def was_fetched(handoff: Handoff, entry: LedgerEntry) -> bool:
    """Whether the files of a message are ours to hand out, for the vendor's own links do not last."""
    if entry.direction is not Direction.TO_USER or entry.attempt is None:
        return False
    candidate = handoff.attempts[entry.attempt - 1].candidate
    return candidate.capabilities.attachment_links == "fetch"


def _given_up(error: Exception) -> str | None:
    """Why a file is given up; ``None`` for what may pass. Says nothing that a link could hold."""
    if isinstance(error, FileRefused):
        return str(error)
    failure = failure_of(error)
    if failure.kind not in _FOR_GOOD:
        return None
    status = getattr(error, "status", None)
    reason = getattr(error, "reason", None)  # of the egress rule
    told = f" ({status})" if status else f" ({reason})" if reason else ""
    return f"it cannot be fetched: {failure.kind}{told}"
