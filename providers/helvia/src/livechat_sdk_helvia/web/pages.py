"""The pages of the Inbox: lists, the preview of a request, the window of a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk.domain.base import new_key
from livechat_sdk_helvia.auth import SignedIn
from livechat_sdk_helvia.faults import DeskFault, NotFound
from livechat_sdk_helvia.messages import MAX_MESSAGE_TEXT
from livechat_sdk_helvia.notes import MAX_NOTE_TEXT
from livechat_sdk_helvia.records import (
    Conversation,
    ConversationStatus,
    DeskRequest,
    Participant,
    RequestStatus,
    Right,
)
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import base_of
from livechat_sdk_helvia.web.bodies import whole_number
from livechat_sdk_helvia.web.frame import enter, page_values
from livechat_sdk_helvia.web.rendering import Templates

__all__ = ["TABS", "PageRoutes", "who_is_in"]

TABS: Final = ("new", "open", "closed")

_LISTED: Final = 100
_PREVIEWED: Final = 30
_WINDOW: Final = 200

_TAB_OF: Final = {
    ConversationStatus.PENDING: "new",
    ConversationStatus.STARTED: "open",
    ConversationStatus.FINISHED: "closed",
    ConversationStatus.UNSERVED: "closed",
}


class PageRoutes:
    """What can be looked at. ``?part=`` gives one part of a page, for live updates."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def routes(self) -> list[BaseRoute]:
        """The routes of the pages."""
        return [
            Route("/", self._home, methods=["GET"]),
            Route("/inbox/{tab}", self._inbox, methods=["GET"]),
            Route("/requests/{id}", self._request, methods=["GET"]),
            Route("/conversations/{id}", self._conversation, methods=["GET"]),
            Route("/conversations/{id}/history", self._history, methods=["GET"]),
            Route("/conversations/{id}/end", self._end, methods=["GET"]),
        ]

    async def _home(self, request: Request) -> Response:
        return RedirectResponse(f"{base_of(request)}/inbox/new", status_code=303)

    async def _inbox(self, request: Request) -> Response:
        desk, signed_in = await enter(request)
        tab = str(request.path_params["tab"])
        if tab not in TABS:
            raise NotFound("The Inbox has the tabs New, Open and Closed.")
        selected = whole_number(request.query_params.get("selected", "0"), "selected")
        values = await self._frame(request, desk, signed_in, tab, selected)
        if request.query_params.get("part") == "list":
            return self._templates.page("_list.html", **values)
        if request.query_params.get("part") == "waits":
            return self._templates.page("_waits.html", **values)
        return self._templates.page("inbox.html", **values)

    async def _request(self, request: Request) -> Response:
        desk, signed_in = await enter(request)
        found = await desk.conversations.seen_request(signed_in.user, _id(request))
        return await self.request_page(request, desk, signed_in, found)

    async def request_page(
        self,
        request: Request,
        desk: Desk,
        signed_in: SignedIn,
        found: DeskRequest,
        *,
        fault: DeskFault | None = None,
    ) -> Response:
        """The preview of a request; ``fault`` says why it could not be accepted."""
        if (
            fault is None
            and found.status is RequestStatus.ACCEPTED
            and found.accepted_by == signed_in.user.id
            and not request.query_params.get("part")
        ):
            address = f"{base_of(request)}/conversations/{found.conversation_id}"
            return RedirectResponse(address, status_code=303)
        history = await desk.conversations.history(found.conversation_id)
        messages = await desk.messages.page(found.conversation_id, take=_WINDOW)
        values = await self._frame(request, desk, signed_in, "new", found.id)
        values |= {
            "request": found,
            "conversation": found.conversation,
            "history": history[-_PREVIEWED:],
            "history_left_out": max(0, len(history) - _PREVIEWED),
            "messages": messages,
            "fault": fault,
            "handing": (await desk.transfers.about([found])).get(found.id),
            "notes": await desk.notes.of(signed_in.user, found.conversation_id),
        }
        name = "_preview.html" if request.query_params.get("part") == "preview" else "request.html"
        return self._templates.page(name, status=fault.status if fault else 200, **values)

    async def _conversation(self, request: Request) -> Response:
        desk, signed_in = await enter(request)
        found = await desk.conversations.seen(signed_in.user, _id(request))
        unsent = ""
        if chosen := request.query_params.get("canned"):
            response = await desk.canned.get(signed_in.user, whole_number(chosen, "canned"))
            [unsent] = await desk.canned.filled(signed_in.user, found, response)
        return await self.conversation_page(request, desk, signed_in, found, unsent=unsent)

    async def conversation_page(
        self,
        request: Request,
        desk: Desk,
        signed_in: SignedIn,
        found: Conversation,
        *,
        fault: DeskFault | None = None,
        unsent: str = "",
        unsaved_note: str = "",
    ) -> Response:
        """The window of a conversation. What could not be sent or saved is put back into its field."""
        part = request.query_params.get("part", "")
        participants = await desk.conversations.participants(found.id)
        values: dict[str, Any] = {
            "conversation": found,
            "mine": found.owner_id == signed_in.user.id,
            "taking_part": any(
                person.user_id == signed_in.user.id and person.status == "active" for person in participants
            ),
            "may_transfer": found.status is ConversationStatus.STARTED
            and (found.owner_id == signed_in.user.id or signed_in.user.may(Right.ADMINISTER)),
            "who": who_is_in(found, participants),
            "askings": [
                handing for handing in await desk.transfers.of(signed_in.user, found.id) if handing.waits
            ],
            "preferences": await desk.my_settings.get(signed_in.user),
            "may_end": found.status is ConversationStatus.STARTED
            and (found.owner_id == signed_in.user.id or signed_in.user.may(Right.ADMINISTER)),
            "participants": participants,
            "notes": await desk.notes.of(signed_in.user, found.id),
            "automations": await desk.automations.buttons(signed_in.user, found),
            "runs": await desk.automations.of(signed_in.user, found),
            "run_key": new_key(),
            "assisting": await desk.suggestions.offered(),
            "known_tags": await desk.tags.known(signed_in.user),
            "me": signed_in.user,
            "base": base_of(request),
            "csrf_token": signed_in.session.csrf_token,
            "fault": fault,
            "unsent": unsent,
            "unsaved_note": unsaved_note,
            "note_limit": MAX_NOTE_TEXT,
            "message_limit": MAX_MESSAGE_TEXT,
            "message_key": new_key(),
            "now": desk.context.now(),
        }
        if part in {"head", "composer", "details", "notes", "automations", "handing", "tags"}:
            return self._templates.page(f"_{part}.html", **values)
        values |= await self._frame(request, desk, signed_in, _TAB_OF[found.status], found.id)
        values["fault"] = fault
        values["messages"] = await self._newest(desk, found)
        values["user_typing"] = desk.typing.is_user_typing(found.id)
        return self._templates.page("conversation.html", status=fault.status if fault else 200, **values)

    async def _newest(self, desk: Desk, found: Conversation) -> list[Any]:
        """The whole timeline, page by page: an agent who comes back wants to see how it began."""
        messages: list[Any] = []
        while page := await desk.messages.page(
            found.id, after=messages[-1].seq if messages else 0, take=_WINDOW
        ):
            messages += page
        return messages

    async def _history(self, request: Request) -> Response:
        desk, signed_in = await enter(request)
        found = await desk.conversations.seen(signed_in.user, _id(request))
        history = await desk.conversations.history(found.id)
        if request.query_params.get("part") == "history":
            return self._templates.page("_history.html", history=history, conversation=found)
        values = await self._frame(request, desk, signed_in, _TAB_OF[found.status], found.id)
        return self._templates.page("history.html", **values, history=history, conversation=found)

    async def _end(self, request: Request) -> Response:
        desk, signed_in = await enter(request)
        found = await desk.conversations.seen(signed_in.user, _id(request))
        values = await self.around(request, desk, signed_in, found)
        return self._templates.page("end.html", **values, conversation=found)

    async def around(
        self, request: Request, desk: Desk, signed_in: SignedIn, found: Conversation
    ) -> dict[str, Any]:
        """What a page about one conversation shows around its middle."""
        return await self._frame(request, desk, signed_in, _TAB_OF[found.status], found.id)

    async def _frame(
        self, request: Request, desk: Desk, signed_in: SignedIn, tab: str, selected: int
    ) -> dict[str, Any]:
        """What every page of the Inbox shows around its middle."""
        rows: list[Any]
        if tab == "new":
            rows = list(await desk.inbox.requests(RequestStatus.NEW, seen_by=signed_in.user, take=_LISTED))
        else:
            status = ConversationStatus.STARTED if tab == "open" else ConversationStatus.FINISHED
            rows = list(await desk.inbox.with_status(status, seen_by=signed_in.user, take=_LISTED))
        return page_values(request, desk, signed_in, "inbox") | {
            "live": True,
            "handings": await desk.transfers.about(rows) if tab == "new" else {},
            "preferences": await desk.my_settings.get(signed_in.user),
            "counts": await desk.inbox.counts(signed_in.user),
            "rows": rows,
            "waits": await desk.waits.alerts(signed_in.user),
            "selected": selected,
            "tab": tab,
        }


def who_is_in(conversation: Conversation, participants: Sequence[Participant]) -> str:
    """The owner and everybody in the conversation, in one word: it changes when one of them does."""
    active = sorted(person.user_id for person in participants if person.status == "active")
    return "-".join(str(number) for number in [conversation.owner_id or 0, *active])


def _id(request: Request) -> int:
    return whole_number(str(request.path_params["id"]), "id")
