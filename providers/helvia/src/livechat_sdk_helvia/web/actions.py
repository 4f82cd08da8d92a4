"""What an agent does on the pages: forms that work without a script, and answer one with JSON."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.auth import SignedIn
from livechat_sdk_helvia.context import require
from livechat_sdk_helvia.faults import AlreadyTaken, AtCapacity, DeskFault, NotFound, RequestGone
from livechat_sdk_helvia.records import Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import base_of, check_csrf, desk_of, page_session, wants_json
from livechat_sdk_helvia.web.bodies import Fields, read_form, whole_number
from livechat_sdk_helvia.web.files import file_ids
from livechat_sdk_helvia.web.pages import PageRoutes

__all__ = ["ActionRoutes"]


class ActionRoutes:
    """Everything that changes something. Each needs the session's own token in the form."""

    def __init__(self, pages: PageRoutes) -> None:
        self._pages = pages

    def routes(self) -> list[BaseRoute]:
        """The routes of the forms."""
        return [
            Route("/requests/{id}/accept", self._accept, methods=["POST"]),
            Route("/conversations/{id}/messages", self._send, methods=["POST"]),
            Route("/conversations/{id}/suggestion", self._suggest, methods=["POST"]),
            Route("/conversations/{id}/notes", self._add_note, methods=["POST"]),
            Route("/conversations/{id}/notes/{note}", self._change_note, methods=["POST"]),
            Route("/conversations/{id}/notes/{note}/delete", self._delete_note, methods=["POST"]),
            Route("/conversations/{id}/typing", self._typing, methods=["POST"]),
            Route("/conversations/{id}/read", self._read, methods=["POST"]),
            Route("/conversations/{id}/end", self._end, methods=["POST"]),
            Route("/presence", self._presence, methods=["POST"]),
        ]

    async def _accept(self, request: Request) -> Response:
        desk, signed_in, _ = await self._enter(request)
        try:
            conversation = await desk.accept(signed_in.user, _id(request))
        except (AlreadyTaken, AtCapacity, RequestGone) as fault:
            if wants_json(request):
                raise
            try:
                found = await desk.conversations.seen_request(signed_in.user, _id(request))
            except NotFound:  # who was late learns who was first, and no more of what is now theirs
                raise fault from None
            return await self._pages.request_page(request, desk, signed_in, found, fault=fault)
        return _back(request, conversation.id)

    async def _send(self, request: Request) -> Response:
        desk, signed_in, fields = await self._enter(request)
        conversation, text = await desk.conversations.seen(signed_in.user, _id(request)), fields.text("text")
        try:
            message, is_new = await desk.messages.send(
                signed_in.user,
                conversation,
                text,
                key=fields.optional_text("key"),
                files=file_ids(fields),
            )
        except DeskFault as fault:
            if wants_json(request):
                raise
            return await self._pages.conversation_page(
                request, desk, signed_in, conversation, fault=fault, unsent=text
            )
        if wants_json(request):
            return JSONResponse({"seq": message.seq, "key": message.key}, status_code=201 if is_new else 200)
        return _back(request, conversation.id)

    async def _suggest(self, request: Request) -> Response:
        """Put a suggestion into the composer, after what is in it already. Sends nothing."""
        desk, signed_in, fields = await self._enter(request)
        conversation = await desk.conversations.seen(signed_in.user, _id(request))
        written, fault = fields.optional_text("text") or "", None
        try:
            suggestion = await desk.suggestions.suggest(signed_in.user, conversation.id)
        except DeskFault as refused:
            if wants_json(request):
                raise
            fault, unsent = refused, written
        else:
            if wants_json(request):
                return JSONResponse({"text": suggestion})
            unsent = "\n".join(part for part in (written.rstrip(), suggestion) if part)
        return await self._pages.conversation_page(
            request, desk, signed_in, conversation, fault=fault, unsent=unsent
        )

    async def _add_note(self, request: Request) -> Response:
        desk, signed_in, fields = await self._enter(request)
        conversation, text = await desk.conversations.seen(signed_in.user, _id(request)), fields.text("text")
        try:
            note = await desk.notes.add(signed_in.user, conversation.id, text)
        except DeskFault as fault:
            if wants_json(request):
                raise
            return await self._pages.conversation_page(
                request, desk, signed_in, conversation, fault=fault, unsaved_note=text
            )
        return (
            JSONResponse({"id": note.id}, status_code=201)
            if wants_json(request)
            else _back(request, conversation.id)
        )

    async def _change_note(self, request: Request) -> Response:
        desk, signed_in, fields = await self._enter(request)
        await desk.notes.change(signed_in.user, _id(request), _id(request, "note"), fields.text("text"))
        return Response(status_code=204) if wants_json(request) else _back(request, _id(request))

    async def _delete_note(self, request: Request) -> Response:
        desk, signed_in, _ = await self._enter(request)
        await desk.notes.delete(signed_in.user, _id(request), _id(request, "note"))
        return Response(status_code=204) if wants_json(request) else _back(request, _id(request))

    async def _typing(self, request: Request) -> Response:
        desk, signed_in, fields = await self._enter(request)
        conversation = await desk.conversations.seen(signed_in.user, _id(request))
        await desk.typing.agent_types(signed_in.user, conversation, on=fields.flag("on"))
        return Response(status_code=204)

    async def _read(self, request: Request) -> Response:
        desk, signed_in, fields = await self._enter(request)
        conversation = await desk.conversations.seen(signed_in.user, _id(request))
        await desk.reading.read(signed_in.user, conversation, fields.number("seq"))
        return Response(status_code=204)

    async def _end(self, request: Request) -> Response:
        desk, signed_in, _ = await self._enter(request)
        conversation = await desk.conversations.end(signed_in.user, _id(request))
        return _back(request, conversation.id)

    async def _presence(self, request: Request) -> Response:
        desk, signed_in, fields = await self._enter(request)
        await desk.presence.switch_away(signed_in.user, away=fields.flag("away"))
        return RedirectResponse(_where_from(request), status_code=303)

    async def _enter(self, request: Request) -> tuple[Desk, SignedIn, Fields]:
        desk, signed_in = desk_of(request), await page_session(request)
        fields = await read_form(request)
        check_csrf(request, signed_in, fields)
        require(signed_in.user, Right.HANDLE)
        return desk, signed_in, fields


def _id(request: Request, name: str = "id") -> int:
    return whole_number(str(request.path_params[name]), name)


def _where_from(request: Request) -> str:
    """The page of ours that the form was on: its path only, and only one below our own place."""
    base, path = base_of(request), urlsplit(request.headers.get("referer", "")).path
    ours = path.startswith(f"{base}/") and not path.startswith("//")
    return path if ours else f"{base}/inbox/new"


def _back(request: Request, conversation_id: int) -> Response:
    return RedirectResponse(f"{base_of(request)}/conversations/{conversation_id}", status_code=303)
