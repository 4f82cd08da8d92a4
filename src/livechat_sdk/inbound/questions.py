"""Questions to vendors: what is true of a chat, and what was said in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from livechat_sdk.domain.chats import Chat, MessageReceived
from livechat_sdk.errors import ProviderError, RejectedError
from livechat_sdk.inbound.checking import checked
from livechat_sdk.inbound.counts import Troubles
from livechat_sdk.inbound.means import Means
from livechat_sdk.inbound.repairs import Answer
from livechat_sdk.ledger.store import LeaseLost
from livechat_sdk.provider.interface import AnyProvider, ChatStatus
from livechat_sdk.relay.sending import CALL_LIMIT

__all__ = ["OVERLAP", "Questions", "Unanswered", "knows_no_such_chat"]

T = TypeVar("T")

OVERLAP: Final = timedelta(minutes=5)
"""How much further back the history is read than it must be: two clocks never agree."""


def knows_no_such_chat(error: RejectedError) -> bool:
    """Whether a refusal says that the vendor does not know the chat."""
    return error.status in {None, 404, 410}


class Unanswered(Exception):
    """The vendor did not answer; ``retry_after`` is its wish, in seconds."""

    def __init__(self, retry_after: float | None) -> None:
        self.retry_after = retry_after
        super().__init__("the vendor did not answer")


class Questions:
    """Asks, within the lease and a time limit, and counts."""

    def __init__(self, means: Means, providers: Mapping[str, AnyProvider]) -> None:
        self._clock = means.clock
        self._lease = means.lease
        self._counts = means.counts
        self._providers = providers
        self._troubles = Troubles("asking")

    async def ask(self, integration: str, chat: Chat, since: datetime | None) -> Answer:
        """What the vendor can tell; what was said only from ``since`` on, and not at all without it.

        The status comes first, so that nothing is missing that was said before an end. Raises ``Unanswered``
        when nothing was answered, ``LeaseLost``.
        """
        provider = self._providers[integration]
        status: ChatStatus | None = None
        history: Sequence[MessageReceived] | None = None
        missing = False
        trouble: Unanswered | None = None
        at = self._clock.now()
        if provider.capabilities.status:
            try:
                status = await self._call(integration, lambda: _status(provider, chat))
            except RejectedError as error:
                missing = knows_no_such_chat(error)
                trouble = None if missing else self._unanswered(integration, error)
            except Unanswered as error:
                trouble = error
        if provider.capabilities.history and since is not None and not missing:
            try:
                history = await self.history(integration, chat, since)
            except Unanswered as error:
                trouble = trouble or error
        if trouble is not None and status is None and history is None:
            raise trouble
        return Answer(at, status, missing, history)

    async def history(
        self, integration: str, chat: Chat, since: datetime, *, within: float = CALL_LIMIT
    ) -> Sequence[MessageReceived]:
        """What was said. Raises ``Unanswered``, ``LeaseLost``."""
        provider = self._providers[integration]
        try:
            return await self._call(integration, lambda: _history(provider, chat, since), within)
        except RejectedError as error:
            raise self._unanswered(integration, error) from error

    async def _call(
        self, integration: str, call: Callable[[], Awaitable[T]], within: float = CALL_LIMIT
    ) -> T:
        """One question. Raises ``RejectedError``, ``LeaseLost``; ``Unanswered`` for everything else."""
        self._counts.questions[integration] += 1
        try:
            async with self._lease.limit(within):
                answer = await call()
        except (RejectedError, LeaseLost):
            raise
        except Exception as error:  # whatever an adapter raises is no answer
            raise self._unanswered(integration, error) from error
        self._troubles.worked(integration)
        return answer

    def _unanswered(self, integration: str, error: Exception) -> Unanswered:
        self._counts.question_errors[integration] += 1
        self._troubles.failed(integration, error)
        return Unanswered(error.retry_after if isinstance(error, ProviderError) else None)


async def _status(provider: AnyProvider, chat: Chat) -> ChatStatus:
    answer = await provider.status(chat)
    return checked(answer, ChatStatus, provider=provider.name, operation="status")


async def _history(provider: AnyProvider, chat: Chat, since: datetime) -> Sequence[MessageReceived]:
    return [
        checked(one, MessageReceived, provider=provider.name, operation="history")
        for one in await provider.history(chat, since)
    ]
