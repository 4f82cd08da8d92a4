"""Queues and how busy they are: names, waiting time, who is on queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.genesys.bodies import Body, json_body, only, page_of
from livechat_sdk_simulators.genesys.errors import refusal
from livechat_sdk_simulators.genesys.state import Queue

if TYPE_CHECKING:
    from livechat_sdk_simulators.genesys.simulator import GenesysSimulator

__all__ = ["Desk"]

_QUEUES: Final = "/api/v2/routing/queues"
_MEDIA: Final = ("all", "call", "chat", "callback", "email", "videoComm", "message")
_METRICS: Final = (
    "oActiveUsers",
    "oAlerting",
    "oInteracting",
    "oLongestInteracting",
    "oLongestWaiting",
    "oMemberUsers",
    "oOffQueueUsers",
    "oOnQueueUsers",
    "oUserPresences",
    "oUserRoutingStatuses",
    "oWaiting",
)
_SECONDS_EACH: Final = 120


class Desk:
    """What the queues say of themselves. All have the same agents."""

    def __init__(self, genesys: GenesysSimulator) -> None:
        self._genesys = genesys
        self._agents = genesys.settings.agents
        self._waiting: int | None = None
        self._estimate: float | None = None

    def set(self, agents: int | None, waiting: int | None, estimate: float | None) -> None:
        """Set it; what is ``None`` of the last two follows from the chats."""
        self._agents, self._waiting, self._estimate = agents, waiting, estimate

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        wait = f"{_QUEUES}/{{queue}}/estimatedwaittime"
        by_media = f"{_QUEUES}/{{queue}}/mediatypes/{{media}}/estimatedwaittime"
        observations = "/api/v2/analytics/queues/observations/query"
        return [
            Operation("queue", "GET", _QUEUES, self.list_all),
            Operation("queue", "GET", f"{_QUEUES}/{{queue}}", self.get),
            Operation("availability", "GET", wait, self.wait),
            Operation("availability", "GET", by_media, self.wait_by_media),
            Operation("availability", "POST", observations, self.observe),
        ]

    def _of(self, call: Call) -> Queue:
        found = self._genesys.floor.queues.get(call.part("queue"))
        if found is None:
            raise refusal("not.found")
        return found

    def _shown(self, queue: Queue) -> dict[str, Any]:
        count = self._agents or 0
        return {
            "id": queue.id,
            "name": queue.name,
            "memberCount": count,
            "userMemberCount": count,
            "joinedMemberCount": count,
            "selfUri": f"{_QUEUES}/{queue.id}",
        }

    async def list_all(self, call: Call) -> Response:
        """The queues, or those whose names begin so (``*`` stands for anything)."""
        self._genesys.need("routing:queue:view")
        only(call.query, "name", "id", "pageSize", "pageNumber", "sortOrder", "divisionId", "expand")
        name, ids = call.query.get("name", "").lower(), call.request.query_params.getlist("id")
        queues = sorted(self._genesys.floor.queues.values(), key=lambda one: one.name)
        fitting = [
            self._shown(one)
            for one in queues
            if _named(one.name.lower(), name) and (not ids or one.id in ids)
        ]
        return json_answer(page_of(call.query, fitting, _QUEUES))

    async def get(self, call: Call) -> Response:
        """One queue."""
        self._genesys.need("routing:queue:view")
        only(call.query, "expand")
        return json_answer(self._shown(self._of(call)))

    # ------------------------------------------------------------------------------------- how busy
    def _waits(self, queue: Queue) -> int:
        if self._waiting is not None:
            return self._waiting
        live = [one.live for one in self._genesys.conversations]
        legs = [stay.waiting for stay in live if stay is not None]
        return sum(1 for leg in legs if leg is not None and leg.queue == queue)

    def _talks(self, queue: Queue) -> int:
        live = [one.live for one in self._genesys.conversations]
        legs = [leg for stay in live if stay is not None for leg in stay.legs("connected")]
        return sum(1 for leg in legs if leg.queue == queue)

    async def wait(self, call: Call) -> Response:
        """How long one waits, of any media."""
        only(call.query, "conversationId")
        return self._predictions(self._of(call), "ALL")

    async def wait_by_media(self, call: Call) -> Response:
        """How long one waits."""
        only(call.query, "labelId")
        media = call.part("media")
        if media not in _MEDIA:
            raise refusal("invalid.value", media, "mediaType", ", ".join(_MEDIA))
        return self._predictions(self._of(call), media.upper())

    def _predictions(self, queue: Queue, intent: str) -> Response:
        seconds = self._estimate
        if seconds is None and self._agents:
            seconds = _SECONDS_EACH * self._waits(queue) / self._agents
        known = [] if seconds is None else [round(seconds)]
        results = [{"intent": intent, "formula": "BEST", "estimatedWaitTimeSeconds": one} for one in known]
        return json_answer({"results": results})

    async def observe(self, call: Call) -> Response:
        """How many wait, talk and are on queue."""
        self._genesys.need("analytics:queueObservation:view")
        only(call.query)
        body = json_body(call, "QueueObservationQuery")
        wanted = _filter(body.part("filter", "QueueObservationQueryFilter"))
        metrics = body.texts("metrics") or []
        body.texts("detailMetrics")
        body.end()
        for metric in metrics:
            if metric not in _METRICS:
                raise refusal("invalid.value", metric, "metrics", ", ".join(_METRICS))
        if not metrics or not wanted.get("queueId"):
            raise refusal("constraint.validation", "metrics and a queueId may not be empty")
        media = wanted.get("mediaType") or {"message"}
        results: list[dict[str, Any]] = []
        for queue in self._genesys.floor.queues.values():
            if queue.id not in wanted["queueId"]:
                continue
            on_queue = [one for one in metrics if one in {"oOnQueueUsers", "oMemberUsers"}]
            if on_queue and self._agents is not None:
                data = [_figure(one, self._agents) for one in on_queue]
                results.append({"group": {"queueId": queue.id}, "data": data})
            if "message" in media:
                figures = {"oWaiting": self._waits(queue), "oInteracting": self._talks(queue)}
                data = [_figure(one, count) for one, count in figures.items() if one in metrics]
                group = {"queueId": queue.id, "mediaType": "message"}
                results.append({"group": group, "data": data})
        return json_answer({"results": results})


def _named(name: str, wanted: str) -> bool:
    if "*" in wanted:
        begin, _, end = wanted.partition("*")
        return name.startswith(begin) and name.endswith(end)
    return not wanted or name == wanted


def _figure(metric: str, count: int) -> dict[str, Any]:
    return {"metric": metric, "stats": {"count": count}}


def _filter(body: Body) -> dict[str, set[str]]:
    """The values of each dimension that a filter names, whatever it joins them by."""
    body.text("type", among=("and", "or"))
    found = body.parts("predicates", "QueueObservationQueryPredicate", _predicate)
    clauses = body.parts("clauses", "QueueObservationQueryClause", _clause)
    body.end()
    values: dict[str, set[str]] = {}
    for name, value in [*found, *(one for clause in clauses for one in clause)]:
        values.setdefault(name, set()).add(value)
    return values


def _clause(body: Body) -> list[tuple[str, str]]:
    body.text("type", among=("and", "or"))
    return body.parts("predicates", "QueueObservationQueryPredicate", _predicate)


def _predicate(body: Body) -> tuple[str, str]:
    body.maybe("type", among=("dimension", "property", "metric"))
    body.maybe("operator", among=("matches", "exists", "notExists"))
    dimension = body.text("dimension", among=("mediaType", "queueId"))
    return dimension, body.text("value")
