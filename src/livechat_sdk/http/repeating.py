"""Which failed calls are repeated at once, after what pause, and how long at most.

These repeats bridge seconds. What lasts longer is the business of whoever called: the relay has a durable
policy of its own.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from livechat_sdk.domain.clock import Clock
from livechat_sdk.errors import ProviderError, RetryableError
from livechat_sdk.http.failures import ClientClosed

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from livechat_sdk.http.answer import Answer

__all__ = ["Repeat", "call_repeatedly"]

logger = logging.getLogger("livechat_sdk.http")

_ATTEMPTS: Final = 6
_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 4.0


class Repeat(StrEnum):
    """What the caller knows about doing it twice."""

    NO = "no"
    """One attempt."""
    NEVER_LEFT = "never_left"
    """Doing it twice would be wrong: repeated only if the request provably never left."""
    SAFE = "safe"
    """Doing it twice is as good as once (a read, or the vendor dedupes by our key): repeated also after
    time-outs, lost connections, 408, 425, 429 and 5xx."""

    def allows(self, error: BaseException | None) -> bool:
        """Whether a call that ended so may be made again."""
        if self is Repeat.NO or not isinstance(error, RetryableError) or isinstance(error, ClientClosed):
            return False
        return self is Repeat.SAFE or error.sent is False


async def call_repeatedly(
    attempt: Callable[[datetime], Awaitable[Answer]], repeat: Repeat, *, clock: Clock, budget: float
) -> Answer:
    """``await attempt(deadline)``, again where ``repeat`` allows it and ``budget`` seconds suffice.

    A wish of the vendor (``Retry-After``) is never undercut: if it does not fit, the error is raised at once
    and carries it. Pauses without a wish double, with jitter.
    """
    deadline = clock.now() + timedelta(seconds=budget)
    try:
        return await attempt(deadline)
    except ProviderError as error:
        if not repeat.allows(error):
            raise
        first = error
    return await _again(attempt, repeat, first, clock=clock, deadline=deadline)


async def _again(
    attempt: Callable[[datetime], Awaitable[Answer]],
    repeat: Repeat,
    first: ProviderError,
    *,
    clock: Clock,
    deadline: datetime,
) -> Answer:
    # tenacity is loaded and entered only here: most calls succeed at once.
    from tenacity import AsyncRetrying, retry_if_exception

    earlier = [first]

    async def once() -> Answer:
        if earlier:
            raise earlier.pop()
        return await attempt(deadline)

    def out_of_budget(state: RetryCallState) -> bool:
        pause = timedelta(seconds=min(state.upcoming_sleep, 86_400.0 * 365))
        return state.attempt_number >= _ATTEMPTS or clock.now() + pause >= deadline

    async def sleep(seconds: float) -> None:
        await clock.sleep_until(clock.now() + timedelta(seconds=seconds))

    retrying = AsyncRetrying(
        retry=retry_if_exception(repeat.allows),
        wait=_pause,
        stop=out_of_budget,
        sleep=sleep,
        before_sleep=_tell,
        reraise=True,
    )
    return await retrying(once)


def _pause(state: RetryCallState) -> float:
    error = _error_of(state)
    if isinstance(error, ProviderError) and error.retry_after is not None:
        return error.retry_after
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (state.attempt_number - 1))
    return random.uniform(longest / 2, longest)  # noqa: S311 - jitter, not a secret


def _tell(state: RetryCallState) -> None:
    logger.info("%s; again in %.2f s", _error_of(state), state.upcoming_sleep)


def _error_of(state: RetryCallState) -> BaseException | None:
    return None if state.outcome is None else state.outcome.exception()
