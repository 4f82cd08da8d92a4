"""The API for programs: bearer tokens, JSON in and out, the same service and rights as the pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.auth import LIFETIME
from livechat_sdk_helvia.context import require
from livechat_sdk_helvia.faults import InvalidField
from livechat_sdk_helvia.records import Conversation, ConversationStatus, DeskUser, RequestStatus, Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import address_of, bearer, bearer_token, desk_of
from livechat_sdk_helvia.web.bodies import read_json, whole_number
from livechat_sdk_helvia.web.documents import (
    conversation_document,
    history_document,
    message_document,
    note_document,
    participant_document,
    request_document,
    user_document,
)
from livechat_sdk_helvia.web.files import file_ids

__all__ = ["api_routes"]

_Handler = Callable[[Request, Desk, DeskUser], Awaitable[Response]]


def api_routes() -> list[BaseRoute]:
    """The routes, to be mounted under ``/api``."""
    return [
        Route("/login", _login, methods=["POST"]),
        Route("/logout", _logout, methods=["POST"]),
        Route("/me", _agent(_me), methods=["GET"]),
        Route("/counts", _agent(_counts), methods=["GET"]),
        Route("/requests", _agent(_requests), methods=["GET"]),
        Route("/requests/{id}", _agent(_request), methods=["GET"]),
        Route("/requests/{id}/accept", _agent(_accept), methods=["POST"]),
        Route("/conversations", _agent(_conversations), methods=["GET"]),
        Route("/conversations/{id}", _agent(_conversation), methods=["GET"]),
        Route("/conversations/{id}/history", _agent(_history), methods=["GET"]),
        Route("/conversations/{id}/messages", _agent(_messages), methods=["GET"]),
        Route("/conversations/{id}/messages", _agent(_send), methods=["POST"]),
        Route("/conversations/{id}/notes", _agent(_notes), methods=["GET"]),
        Route("/conversations/{id}/notes", _agent(_add_note), methods=["POST"]),
        Route("/conversations/{id}/notes/{note}", _agent(_change_note), methods=["PATCH"]),
        Route("/conversations/{id}/notes/{note}", _agent(_delete_note), methods=["DELETE"]),
        Route("/conversations/{id}/typing", _agent(_typing), methods=["POST"]),
        Route("/conversations/{id}/read", _agent(_read), methods=["POST"]),
        Route("/conversations/{id}/end", _agent(_end), methods=["POST"]),
    ]


def _agent(handler: _Handler) -> Callable[[Request], Awaitable[Response]]:
    """Only for a valid token of somebody who may handle conversations."""

    async def endpoint(request: Request) -> Response:
        desk = desk_of(request)
        user = (await bearer(request)).user
        require(user, Right.HANDLE)
        await desk.presence.seen(user)
        return await handler(request, desk, user)

    return endpoint


async def _login(request: Request) -> Response:
    desk, fields = desk_of(request), await read_json(request)
    user = await desk.accounts.sign_in(
        fields.text("email"), fields.text("password"), address=address_of(request)
    )
    token = await desk.sessions.start(user, "api")
    await desk.presence.seen(user)
    return JSONResponse(
        {"token": token, "expiresIn": int(LIFETIME.total_seconds()), "user": user_document(user)}
    )


async def _logout(request: Request) -> Response:
    signed_in = await bearer(request)
    await desk_of(request).sessions.end(bearer_token(request), signed_in.user)
    await desk_of(request).presence.left(signed_in.user)
    return Response(status_code=204)


async def _me(_: Request, __: Desk, user: DeskUser) -> Response:
    return JSONResponse(user_document(user))


async def _counts(_: Request, desk: Desk, user: DeskUser) -> Response:
    return JSONResponse((await desk.inbox.counts(user)).model_dump())


async def _requests(request: Request, desk: Desk, user: DeskUser) -> Response:
    status = _choice(request, RequestStatus, RequestStatus.NEW)
    found = await desk.inbox.requests(status, seen_by=user, **_page(request))
    return _items([request_document(item) for item in found])


async def _request(request: Request, desk: Desk, user: DeskUser) -> Response:
    return JSONResponse(request_document(await desk.conversations.seen_request(user, _id(request))))


async def _accept(request: Request, desk: Desk, user: DeskUser) -> Response:
    conversation = await desk.accept(user, _id(request))
    return JSONResponse(conversation_document(conversation))


async def _conversations(request: Request, desk: Desk, user: DeskUser) -> Response:
    status = _choice(request, ConversationStatus, ConversationStatus.STARTED)
    found = await desk.inbox.with_status(status, seen_by=user, **_page(request))
    return _items([conversation_document(item) for item in found])


async def _conversation(request: Request, desk: Desk, user: DeskUser) -> Response:
    conversation = await _found(request, desk, user)
    participants = await desk.conversations.participants(conversation.id)
    return JSONResponse(
        conversation_document(conversation)
        | {"livechatParticipants": [participant_document(item) for item in participants]}
    )


async def _history(request: Request, desk: Desk, user: DeskUser) -> Response:
    conversation = await _found(request, desk, user)
    return _items([history_document(entry) for entry in await desk.conversations.history(conversation.id)])


async def _messages(request: Request, desk: Desk, user: DeskUser) -> Response:
    conversation = await _found(request, desk, user)
    after = whole_number(request.query_params.get("after", "0"), "after")
    take = _page(request)["take"]
    return _items(
        [message_document(m) for m in await desk.messages.page(conversation.id, after=after, take=take)]
    )


async def _send(request: Request, desk: Desk, user: DeskUser) -> Response:
    conversation, fields = await _found(request, desk, user), await read_json(request)
    message, is_new = await desk.messages.send(
        user,
        conversation,
        fields.text("text", ""),
        key=fields.optional_text("key"),
        files=file_ids(fields),
    )
    return JSONResponse(message_document(message), status_code=201 if is_new else 200)


async def _notes(request: Request, desk: Desk, user: DeskUser) -> Response:
    conversation = await _found(request, desk, user)
    return _items([note_document(note) for note in await desk.notes.of(user, conversation.id)])


async def _add_note(request: Request, desk: Desk, user: DeskUser) -> Response:
    fields = await read_json(request)
    note = await desk.notes.add(user, _id(request), fields.text("text"))
    return JSONResponse(note_document(note), status_code=201)


async def _change_note(request: Request, desk: Desk, user: DeskUser) -> Response:
    fields = await read_json(request)
    note = await desk.notes.change(user, _id(request), _id(request, "note"), fields.text("text"))
    return JSONResponse(note_document(note))


async def _delete_note(request: Request, desk: Desk, user: DeskUser) -> Response:
    await desk.notes.delete(user, _id(request), _id(request, "note"))
    return Response(status_code=204)


async def _typing(request: Request, desk: Desk, user: DeskUser) -> Response:
    conversation, fields = await _found(request, desk, user), await read_json(request)
    await desk.typing.agent_types(user, conversation, on=fields.flag("on"))
    return Response(status_code=204)


async def _read(request: Request, desk: Desk, user: DeskUser) -> Response:
    conversation, fields = await _found(request, desk, user), await read_json(request)
    await desk.reading.read(user, conversation, fields.number("seq"))
    return Response(status_code=204)


async def _end(request: Request, desk: Desk, user: DeskUser) -> Response:
    return JSONResponse(conversation_document(await desk.conversations.end(user, _id(request))))


async def _found(request: Request, desk: Desk, user: DeskUser) -> Conversation:
    return await desk.conversations.seen(user, _id(request))


def _id(request: Request, name: str = "id") -> int:
    return whole_number(str(request.path_params[name]), name)


def _page(request: Request) -> dict[str, int]:
    query = request.query_params
    return {
        "skip": whole_number(query.get("skip", "0"), "skip"),
        "take": whole_number(query.get("take", "50"), "take"),
    }


def _choice(request: Request, kind: Any, default: Any) -> Any:
    given = request.query_params.get("status", default.value)
    try:
        return kind(given)
    except ValueError as error:
        known = ", ".join(item.value for item in kind)
        raise InvalidField(f"Unknown status {given[:40]!r}.", hint=f"Known: {known}.") from error


def _items(items: list[dict[str, Any]]) -> JSONResponse:
    return JSONResponse({"items": items})
