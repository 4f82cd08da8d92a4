"""The section History: past requests with filters, and one of them with everything that is known."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.faults import InvalidField
from livechat_sdk_helvia.history import HistoryPage
from livechat_sdk_helvia.past import Outcome
from livechat_sdk_helvia.web.bodies import whole_number
from livechat_sdk_helvia.web.filters import address_with, given_filter, given_place, read_filter
from livechat_sdk_helvia.web.frame import enter, page_values
from livechat_sdk_helvia.web.rendering import Templates

__all__ = ["OUTCOME_WORDS", "HistoryRoutes"]

OUTCOME_WORDS: Final = {
    Outcome.RESOLVED: "Resolved",
    Outcome.LEFT: "User left",
    Outcome.INACTIVE: "Inactive",
    Outcome.CLOSED: "Closed",
    Outcome.MISSED: "Missed",
    Outcome.WITHDRAWN: "Withdrawn",
}

_LISTED: Final = 50


class HistoryRoutes:
    """What can be looked at in the History."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def routes(self) -> list[BaseRoute]:
        """The routes of the section."""
        return [
            Route("/history", self._list, methods=["GET"]),
            Route("/history/{id}", self._one, methods=["GET"]),
        ]

    async def _list(self, request: Request) -> Response:
        desk, signed_in = await enter(request)
        user, query, fault = signed_in.user, request.query_params, None
        found = HistoryPage((), None, None)
        try:
            found = await desk.history.page(
                user,
                read_filter(query),
                take=_LISTED,
                before=given_place(query, "before"),
                after=given_place(query, "after"),
            )
        except InvalidField as refused:
            fault = refused
        given = given_filter(query)
        values = page_values(request, desk, signed_in, "history") | {
            "items": found.items,
            "given": given,
            "filtered": any(given[name] for name in given if name != "zone"),
            "newer": address_with("history", given, after=found.newer) if found.newer else None,
            "older": address_with("history", given, before=found.older) if found.older else None,
            "bots": await desk.history.bots(user),
            "members": await desk.history.members(user),
            "outcomes": OUTCOME_WORDS,
            "fault": fault,
        }
        return self._templates.page("past_list.html", status=fault.status if fault else 200, **values)

    async def _one(self, request: Request) -> Response:
        desk, signed_in = await enter(request)
        number = whole_number(str(request.path_params["id"]), "id")
        past = await desk.history.get(signed_in.user, number)
        values: dict[str, Any] = page_values(request, desk, signed_in, "history") | {
            "past": past,
            "conversation": past.conversation,
            "participants": await desk.conversations.participants(number),
            "notes": await desk.notes.of(signed_in.user, number),
            "automations": (),  # what was run; nothing is started here
            "runs": await desk.automations.of(signed_in.user, past.conversation),
            "outcomes": OUTCOME_WORDS,
        }
        return self._templates.page("past.html", **values)
