"""Whether somebody is there: who is on queue, who waits, and for how long."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from livechat_sdk.errors import AuthError, RejectedError
from livechat_sdk.provider.interface import Availability
from livechat_sdk_genesys.api import Api
from livechat_sdk_genesys.settings import GenesysSettings
from livechat_sdk_genesys.wire import WireEstimates, WireObservations, WireQueues, read

__all__ = ["Queues"]

_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_FORBIDDEN: Final = 403
_MOST_NAMES: Final = 1000


class Queues:
    """The queues of one organisation, as far as they are asked about."""

    def __init__(self, api: Api, settings: GenesysSettings) -> None:
        self._api = api
        self._settings = settings
        self._ids: dict[str, str] = {}
        """Ids by name. A name that goes to another queue is a matter of a restart."""

    async def availability(self, queue: str | None, now: datetime) -> Availability:
        """How a queue stands, or all those of the settings together. Unknown where the right is missing."""
        ids = await self._named(queue)
        if not ids:
            return Availability()
        try:
            answer = await self._api.query(
                "availability", "analytics/queues/observations/query", _question(ids)
            )
            there, waiting = _counts(read(WireObservations, answer))
        except AuthError as error:
            if error.status != _FORBIDDEN:
                raise
            return Availability()
        estimate = await self._estimate(ids[0]) if len(ids) == 1 else None
        if there is None:
            return Availability(waiting=waiting, estimate=estimate, at=now)
        return Availability(agents="yes" if there else "no", waiting=waiting, estimate=estimate, at=now)

    async def _named(self, queue: str | None) -> Sequence[str]:
        """The ids of a queue that a route names by its id or its name, else of those of the settings."""
        if queue is None:
            return self._settings.queue_ids
        if queue in self._settings.queue_ids or _ID.fullmatch(queue):
            return (queue,)
        known = self._ids.get(queue)
        if known is None:
            try:
                found = read(WireQueues, await self._api.get("availability", "routing/queues", name=queue))
            except AuthError as error:
                if error.status != _FORBIDDEN:
                    raise
                return ()
            known = next((one.id for one in found.entities if one.name == queue and one.id is not None), None)
            if known is None:
                return ()
            if len(self._ids) < _MOST_NAMES:
                self._ids[queue] = known
        return (known,)

    async def _estimate(self, queue: str) -> float | None:
        """The expected wait in seconds; ``None`` where nobody knows, or it may not be asked."""
        path = f"routing/queues/{quote(queue, safe='')}/mediatypes/message/estimatedwaittime"
        try:
            found = read(WireEstimates, await self._api.get("availability", path)).results
        except (AuthError, RejectedError):
            return None
        seconds = [one.estimated_wait_time_seconds for one in found]
        return next((one for one in seconds if one is not None and one >= 0), None)


def _question(ids: Sequence[str]) -> dict[str, Any]:
    queues = [_is("queueId", one) for one in ids]
    return {
        "filter": {
            "type": "and",
            "clauses": [{"type": "or", "predicates": queues}],
            "predicates": [_is("mediaType", "message")],
        },
        "metrics": ["oOnQueueUsers", "oWaiting"],
    }


def _is(dimension: str, value: str) -> dict[str, str]:
    return {"type": "dimension", "dimension": dimension, "operator": "matches", "value": value}


def _counts(found: WireObservations) -> tuple[int | None, int | None]:
    """Members on queue and people who wait; ``None`` where a metric is not told."""
    totals: dict[str, int] = {}
    for group in found.results or ():
        for one in group.data or ():
            if one.stats is not None and one.stats.count is not None:
                totals[one.metric] = totals.get(one.metric, 0) + max(one.stats.count, 0)
    return totals.get("oOnQueueUsers"), totals.get("oWaiting")
