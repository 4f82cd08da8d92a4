"""What the end user is told of the queue: what has changed, while it is fresh, and not too often."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from livechat_sdk.domain.chats import QueueUpdated
from livechat_sdk.domain.handoff import HandoffPolicy, QueueStatus, QueueTold
from livechat_sdk.domain.moments import Moment
from livechat_sdk.lifecycle.draft import Draft
from livechat_sdk.lifecycle.inputs import ProviderReported, TimerFired

__all__ = ["forget_queue", "queue_due", "queue_updated"]

_TIMER = "queue_update"
_MINUTE = 60
_LONG = 90 * _MINUTE


def queue_updated(draft: Draft, happening: ProviderReported) -> None:
    """Keep what the vendor says, and tell the end user if it is time to. Older news changes nothing."""
    event = happening.event
    if not isinstance(event, QueueUpdated):
        raise AssertionError("not a queue update")
    before = draft.handoff.queue
    queue = event.queue if event.queue.at else event.queue.model_copy(update={"at": event.received_at})
    if before is not None and before.at is not None and queue.at is not None and queue.at < before.at:
        return
    draft.set(queue=queue)
    _tell(draft)


def queue_due(draft: Draft, _: TimerFired) -> None:
    """The interval is over: tell what has changed meanwhile."""
    _tell(draft)


def forget_queue(draft: Draft) -> None:
    """The end user waits no more, or waits elsewhere."""
    draft.set(queue=None, queue_told=None)
    draft.cancel_timers(_TIMER)


def _tell(draft: Draft) -> None:
    handoff, policy = draft.handoff, draft.handoff.policy
    queue, told = handoff.queue, handoff.queue_told
    if queue is None or policy.queue_every is None:
        return
    news = _news(queue, policy)
    if not _has_changed(news, told):
        draft.cancel_timers(_TIMER)
        return
    early = 0.0 if told is None else policy.queue_every - (draft.now - told.at).total_seconds()
    if early > 0:
        if _TIMER not in handoff.timers:
            draft.set_timer(_TIMER, early)
        return
    draft.cancel_timers(_TIMER)
    if queue.at is not None and draft.now - queue.at > timedelta(seconds=policy.queue_fresh_for):
        return
    draft.set(queue_told=QueueTold(position=news[0], minutes=news[1], at=draft.now))
    params: dict[str, object] = {"at": queue.at.isoformat() if queue.at else None}
    if news[0] is not None:
        params |= {"position": news[0], "ahead": max(0, news[0] - 1)}
    if news[1] is not None:
        params["wait"] = queue.estimate
    draft.say(Moment.QUEUE_UPDATE, **params)


def _news(queue: QueueStatus, policy: HandoffPolicy) -> tuple[int | None, int | None]:
    """Position and wait in minutes, as far as they are known and to be told."""
    return (
        queue.position if "position" in policy.queue_tells else None,
        _minutes(queue.estimate) if "wait" in policy.queue_tells else None,
    )


def _minutes(estimate: float | None) -> int | None:
    """A wait as precisely as the words tell it: in minutes, in hours where it is long, 0 below a minute."""
    if estimate is None or estimate < _MINUTE:
        return None if estimate is None else 0
    return ceil(estimate / _MINUTE) if estimate <= _LONG else 60 * ceil(estimate / (60 * _MINUTE))


def _has_changed(news: tuple[int | None, int | None], told: QueueTold | None) -> bool:
    """Whether something is known that was not told so. What has become unknown is no news."""
    before = (None, None) if told is None else (told.position, told.minutes)
    return any(new is not None and new != old for new, old in zip(news, before, strict=True))
