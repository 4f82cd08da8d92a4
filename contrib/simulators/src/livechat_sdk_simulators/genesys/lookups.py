"""What one looks things up by: whose token it is, who an agent is, and conversations of the past."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.clock import rfc3339
from livechat_sdk_simulators.genesys.bodies import Body, json_body, only
from livechat_sdk_simulators.genesys.errors import refusal
from livechat_sdk_simulators.genesys.shown import PROVIDER
from livechat_sdk_simulators.genesys.state import Conversation, Participant, id_of

if TYPE_CHECKING:
    from livechat_sdk_simulators.genesys.simulator import GenesysSimulator

__all__ = ["LookUps"]

_ME: Final = "/api/v2/tokens/me"
_QUERY: Final = "/api/v2/analytics/conversations/details/query"
_PURPOSES: Final = {"workflow": "workflow", "customer": "customer", "acd": "acd", "agent": "agent"}
_DIMENSIONS: Final = (
    "addressFrom",
    "addressTo",
    "conversationId",
    "direction",
    "mediaType",
    "messageType",
    "originatingDirection",
    "queueId",
    "userId",
)
_ORDERS: Final = ("asc", "desc", "unordered")
_ORDERED_BY: Final = ("conversationStart", "conversationEnd", "segmentStart", "segmentEnd")
_LONGEST: Final = timedelta(days=31)
_PAGE: Final = 25
_LARGEST_PAGE: Final = 100


class LookUps:
    """Reads only."""

    def __init__(self, genesys: GenesysSimulator) -> None:
        self._genesys = genesys

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            Operation("whoami", "HEAD", _ME, self.head_me),
            Operation("whoami", "GET", _ME, self.me),
            Operation("user", "GET", "/api/v2/users/{user}", self.user),
            Operation("look_up", "POST", _QUERY, self.query),
        ]

    async def head_me(self, call: Call) -> Response:
        """Whether the token is good."""
        only(call.query)
        return Response(status_code=200)

    async def me(self, call: Call) -> Response:
        """Whose token it is."""
        only(call.query, "preserveIdleTTL")
        organisation = {"id": id_of("organization", "acme"), "name": "Acme"}
        client = {
            "id": self._genesys.client_of(call),
            "name": "Bot handoff",
            "authorizedGrantType": "CLIENT-CREDENTIALS",
            "organization": organisation,
        }
        return json_answer(
            {"organization": organisation, "homeOrganization": organisation, "OAuthClient": client}
        )

    async def user(self, call: Call) -> Response:
        """An agent."""
        self._genesys.need("directory:user:view")
        only(call.query, "expand", "state")
        wanted = call.part("user")
        found = [one for one in self._genesys.floor.agents.values() if one.id == wanted]
        if not found:
            raise refusal("not.found")
        name, uri = found[0].name, f"/api/v2/users/{wanted}"
        return json_answer({"id": wanted, "name": name, "state": "active", "version": 1, "selfUri": uri})

    # --------------------------------------------------------------------------------- conversations
    async def query(self, call: Call) -> Response:
        """Conversations of an interval; what happened lately is not there yet."""
        self._genesys.need("analytics:conversationDetail:view")
        only(call.query)
        body = json_body(call, "ConversationQuery")
        start, end = _interval(body.text("interval"))
        wanted = [
            *_filters(body, "segmentFilters", "SegmentDetailQueryFilter"),
            *_filters(body, "conversationFilters", "ConversationDetailQueryFilter"),
        ]
        newest_first = body.maybe("order", among=_ORDERS) == "desc"
        body.maybe("orderBy", among=_ORDERED_BY)
        size, number = _paging(body.maybe_part("paging", "PagingSpec"))
        body.end()
        for name in (name for _, predicates in wanted for name, _ in predicates):
            if name not in _DIMENSIONS:
                raise refusal("invalid.value", name, "dimension", ", ".join(_DIMENSIONS))
        seen = self._genesys.clock.now() - timedelta(seconds=self._genesys.settings.analytics_lag)
        found = [
            self._shown(one, seen)
            for one in self._genesys.conversations
            if one.started_at <= seen
            and start <= one.started_at < end
            and all(self._fits(one, each) for each in wanted)
        ]
        if newest_first:
            found.reverse()
        page = found[(number - 1) * size : number * size]
        return json_answer({**({"conversations": page} if page else {}), "totalHits": len(found)})

    def _fits(self, conversation: Conversation, filtered: tuple[str, list[tuple[str, str]]]) -> bool:
        joined, predicates = filtered
        facts = {
            "addressFrom": {conversation.address},
            "addressTo": {self._genesys.settings.integration_id},
            "mediaType": {"message"},
            "messageType": {"open"},
            "direction": {"inbound"},
            "originatingDirection": {"inbound"},
            "conversationId": {conversation.id},
            "queueId": {one.queue.id for one in conversation.participants if one.queue},
            "userId": {one.agent.id for one in conversation.participants if one.agent},
        }
        fits = (value in facts[name] for name, value in predicates)
        return any(fits) if joined == "or" else all(fits)

    def _shown(self, conversation: Conversation, seen: datetime) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "conversationId": conversation.id,
            "conversationStart": rfc3339(conversation.started_at),
            "originatingDirection": "inbound",
            "participants": [
                self._participant(conversation, one)
                for one in conversation.participants
                if one.started_at <= seen
            ],
        }
        ended = conversation.last.customer.ended_at
        if ended is not None and ended <= seen:
            shown["conversationEnd"] = rfc3339(ended)
        return shown

    def _participant(self, conversation: Conversation, one: Participant) -> dict[str, Any]:
        session = {
            "sessionId": one.session_id,
            "mediaType": "message",
            "messageType": "open",
            "direction": "inbound",
            "provider": PROVIDER,
            "addressFrom": conversation.address,
            "addressTo": self._genesys.settings.integration_id,
        }
        shown: dict[str, Any] = {
            "participantId": one.id,
            "participantName": one.name,
            "purpose": _PURPOSES[one.purpose],
            "sessions": [session],
        }
        return shown if one.agent is None else {**shown, "userId": one.agent.id}


def _interval(value: str) -> tuple[datetime, datetime]:
    begin, _, end = value.partition("/")
    try:
        first, last = datetime.fromisoformat(begin), datetime.fromisoformat(end)
    except ValueError as error:
        raise refusal("bad.request") from error
    first, last = (one if one.tzinfo else one.replace(tzinfo=UTC) for one in (first, last))
    if not timedelta(0) < last - first <= _LONGEST:
        raise refusal("bad.request")
    return first, last


def _filters(body: Body, name: str, kind: str) -> Iterable[tuple[str, list[tuple[str, str]]]]:
    def one(entry: Body) -> tuple[str, list[tuple[str, str]]]:
        return entry.text("type", among=("and", "or")), entry.parts("predicates", kind, _predicate)

    return body.parts(name, kind, one)


def _predicate(body: Body) -> tuple[str, str]:
    body.maybe("type", among=("dimension",))
    body.maybe("operator", among=("matches",))
    return body.text("dimension"), body.text("value")


def _paging(body: Body | None) -> tuple[int, int]:
    if body is None:
        return _PAGE, 1
    size, number = body.whole("pageSize", 1, _LARGEST_PAGE), body.whole("pageNumber", 1, 1_000_000)
    body.end()
    return size or _PAGE, number or 1
