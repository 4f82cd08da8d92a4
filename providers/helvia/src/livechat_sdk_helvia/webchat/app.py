"""The page of the end user, known by a cookie, and the same for programs, known by a token."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from livechat_sdk.domain.base import new_key
from livechat_sdk.errors import LivechatError
from livechat_sdk_helvia.faults import DeskFault, Forbidden, NotFound, NotSignedIn
from livechat_sdk_helvia.limits import RateLimit
from livechat_sdk_helvia.web.access import address_of, base_of, bearer_token, wants_json
from livechat_sdk_helvia.web.answers import answer_fault, as_fault
from livechat_sdk_helvia.web.assets import Assets
from livechat_sdk_helvia.web.bodies import Fields, read_form, read_json, whole_number
from livechat_sdk_helvia.web.cookies import read_cookie, set_cookie
from livechat_sdk_helvia.web.headers import SecurityHeaders
from livechat_sdk_helvia.web.rendering import Templates
from livechat_sdk_helvia.webchat.chat import MAX_USER_TEXT, WebChat
from livechat_sdk_helvia.webchat.records import ChatConversation, ChatMessage
from livechat_sdk_helvia.webchat.streams import ChatStreams, line_document, side_document

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["COOKIE", "create_app"]

COOKIE: Final = "webchat"

_HERE: Final = Path(__file__).parent
_SHARED: Final = _HERE.parent / "web" / "shared"
_YEAR: Final = 365 * 86_400
_MAX_TOKEN: Final = 200


def create_app(chat: WebChat, *, heartbeat: float = 15.0) -> ASGIApp:
    """Make the application; it answers 503 until the chat is started.

    ``heartbeat`` is the pause in seconds after which a silent stream looks for itself.
    """
    pages = _Pages(chat, heartbeat)
    app = Starlette(
        routes=[
            Route("/", pages.page, methods=["GET"]),
            Route("/messages", pages.say, methods=["POST"]),
            Route("/typing", pages.typing, methods=["POST"]),
            Route("/read", pages.read, methods=["POST"]),
            Route("/end", pages.end, methods=["POST"]),
            Route("/new", pages.new, methods=["POST"]),
            Route("/live", pages.live, methods=["GET"]),
            Route("/static/{name}", Assets(_HERE / "static", _SHARED).answer, methods=["GET"]),
            Route("/api/conversations", pages.api_new, methods=["POST"]),
            Route("/api/conversations/{id}", pages.api_conversation, methods=["GET"]),
            Route("/api/conversations/{id}/messages", pages.api_messages, methods=["GET"]),
            Route("/api/conversations/{id}/messages", pages.api_say, methods=["POST"]),
            Route("/api/conversations/{id}/typing", pages.api_typing, methods=["POST"]),
            Route("/api/conversations/{id}/read", pages.api_read, methods=["POST"]),
            Route("/api/conversations/{id}/end", pages.api_end, methods=["POST"]),
            Route("/api/conversations/{id}/events", pages.api_events, methods=["GET"]),
        ],
        exception_handlers={
            DeskFault: pages.refused,
            HTTPException: pages.refused,
            LivechatError: pages.refused,
        },
    )
    return SecurityHeaders(app)


class _NotStarted(DeskFault):
    code = "starting"
    status = 503


class _Pages:
    def __init__(self, chat: WebChat, heartbeat: float) -> None:
        self._chat = chat
        self._templates = Templates(_HERE / "templates")
        self._streams = ChatStreams(chat, self._templates, heartbeat=heartbeat)
        self._openings = RateLimit(
            chat.now, limit=60, window=300.0, what="new conversations from your address"
        )
        self._sayings = RateLimit(chat.now, limit=60, window=60.0, what="messages")

    async def refused(self, request: Request, error: Exception) -> Response:
        fault = as_fault(error, "The chat cannot reach its database.")
        return answer_fault(request, self._templates, fault, base=base_of(request), title=self._chat.title)

    # ------------------------------------------------------------------------------------------ for a browser
    async def page(self, request: Request) -> Response:
        self._ready()
        wanted = request.query_params.get("bot")
        token = read_cookie(request, COOKIE)
        found = await self._chat.store.by_token(token) if 0 < len(token) <= _MAX_TOKEN else None
        fresh = found is None or (wanted is not None and wanted != found.bot)
        if found is None or fresh:
            self._openings.check(address_of(request))
            found, token = await self._chat.new_conversation(wanted)
            self._openings.count(address_of(request))
        lines = await self._chat.all_messages(found.id)
        response = self._templates.page(
            "chat.html",
            base=base_of(request),
            title=self._chat.title,
            conversation=found,
            lines=lines,
            csrf_token=_csrf(token),
            text_limit=MAX_USER_TEXT,
            key=new_key(),
            agent_typing=self._chat.is_agent_typing(found.id),
        )
        if fresh:
            set_cookie(request, response, COOKIE, token, max_age=_YEAR)
        return response

    async def new(self, request: Request) -> Response:
        found, _ = await self._from_form(request)
        self._openings.check(address_of(request))
        _, token = await self._chat.new_conversation(found.bot)
        self._openings.count(address_of(request))
        response = RedirectResponse(f"{base_of(request)}/", status_code=303)
        set_cookie(request, response, COOKIE, token, max_age=_YEAR)
        return response

    async def say(self, request: Request) -> Response:
        found, fields = await self._from_form(request)
        line, is_new = await self._said(found, fields)
        if wants_json(request):
            return JSONResponse({"seq": line.seq, "key": line.key}, status_code=201 if is_new else 200)
        return RedirectResponse(f"{base_of(request)}/", status_code=303)

    async def typing(self, request: Request) -> Response:
        found, fields = await self._from_form(request)
        await self._chat.user_types(found.id, on=fields.flag("on"))
        return Response(status_code=204)

    async def read(self, request: Request) -> Response:
        found, fields = await self._from_form(request)
        await self._chat.user_has_seen(found.id, fields.number("seq"))
        return Response(status_code=204)

    async def end(self, request: Request) -> Response:
        found, _ = await self._from_form(request)
        await self._chat.user_ends(found.id)
        if wants_json(request):
            return Response(status_code=204)
        return RedirectResponse(f"{base_of(request)}/", status_code=303)

    async def live(self, request: Request) -> Response:
        found = await self._of_cookie(request)
        return self._streams.answer(request, found, html=True)

    # ------------------------------------------------------------------------------------------ for programs
    async def api_new(self, request: Request) -> Response:
        self._ready()
        fields = await read_json(request)
        self._openings.check(address_of(request))
        found, token = await self._chat.new_conversation(fields.optional_text("bot"))
        self._openings.count(address_of(request))
        return JSONResponse({"conversation": found.id, "token": token}, status_code=201)

    async def api_conversation(self, request: Request) -> Response:
        found = await self._of_token(request)
        return JSONResponse({"conversation": found.id, "bot": found.bot, **side_document(found)})

    async def api_messages(self, request: Request) -> Response:
        found = await self._of_token(request)
        after = whole_number(request.query_params.get("after", "0"), "after")
        lines = await self._chat.store.messages(found.id, after=after)
        return JSONResponse({"items": [line_document(line) for line in lines]})

    async def api_say(self, request: Request) -> Response:
        found = await self._of_token(request)
        line, is_new = await self._said(found, await read_json(request))
        return JSONResponse(line_document(line), status_code=201 if is_new else 200)

    async def api_typing(self, request: Request) -> Response:
        found = await self._of_token(request)
        await self._chat.user_types(found.id, on=(await read_json(request)).flag("on"))
        return Response(status_code=204)

    async def api_read(self, request: Request) -> Response:
        found = await self._of_token(request)
        await self._chat.user_has_seen(found.id, (await read_json(request)).number("seq"))
        return Response(status_code=204)

    async def api_end(self, request: Request) -> Response:
        found = await self._of_token(request)
        await self._chat.user_ends(found.id)
        return Response(status_code=204)

    async def api_events(self, request: Request) -> Response:
        return self._streams.answer(request, await self._of_token(request), html=False)

    # ------------------------------------------------------------------------------------------------ inside
    def _ready(self) -> None:
        if not self._chat.started:
            raise _NotStarted("The chat is starting or stopping.", hint="Try again in a moment.")

    async def _of_cookie(self, request: Request) -> ChatConversation:
        return await self._of(read_cookie(request, COOKIE))

    async def _of_token(self, request: Request) -> ChatConversation:
        found = await self._of(bearer_token(request))
        if found.id != request.path_params["id"]:
            raise NotFound("This token belongs to another conversation.")
        return found

    async def _of(self, token: str) -> ChatConversation:
        self._ready()
        found = await self._chat.store.by_token(token) if 0 < len(token) <= _MAX_TOKEN else None
        if found is None:
            raise NotSignedIn(
                "This conversation is not known.", hint="Load the page again to start a new one."
            )
        return found

    async def _from_form(self, request: Request) -> tuple[ChatConversation, Fields]:
        found, fields = await self._of_cookie(request), await read_form(request)
        given = request.headers.get("x-csrf-token") or fields.text("csrf_token", "")
        if not hmac.compare_digest(_csrf(read_cookie(request, COOKIE)).encode(), given.encode()):
            raise Forbidden("This form is out of date.", hint="Load the page again and repeat what you did.")
        return found, fields

    async def _said(self, found: ChatConversation, fields: Fields) -> tuple[ChatMessage, bool]:
        self._sayings.check(found.id)
        said = await self._chat.user_says(found.id, fields.text("text"), fields.optional_text("key"))
        self._sayings.count(found.id)
        return said


def _csrf(token: str) -> str:
    return hashlib.sha256(f"csrf {token}".encode()).hexdigest()
