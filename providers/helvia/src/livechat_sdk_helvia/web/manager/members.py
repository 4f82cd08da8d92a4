"""The published manager's calls for members: requests, conversations, messages, notes, history of the bot."""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from livechat_sdk_helvia.faults import NotFound
from livechat_sdk_helvia.manager.lists import Page
from livechat_sdk_helvia.records import Conversation, DeskUser, RequestStatus
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.bodies import Fields, read_json, read_value, whole_number
from livechat_sdk_helvia.web.files import take_upload
from livechat_sdk_helvia.web.filters import read_transcript_filter
from livechat_sdk_helvia.web.manager.documents import (
    history_document,
    livechat_conversation,
    livechat_message,
    livechat_note,
    livechat_request,
)
from livechat_sdk_helvia.web.manager.operations import Operation, number, organization, page_of
from livechat_sdk_helvia.web.transcripts import zip_response

__all__ = ["OPERATIONS"]

_WITH_MESSAGES = 200
"""Messages that come along with one conversation; all of them are under ``livechat-messages``."""


async def _requests(request: Request, desk: Desk, user: DeskUser) -> Response:
    """What waits for the caller, the longest first."""
    page = page_of(request)
    found = await desk.inbox.requests(RequestStatus.NEW, seen_by=user, skip=page.skip, take=page.take)
    return JSONResponse([livechat_request(one, organization(desk)) for one in found])


async def _count(request: Request, desk: Desk, user: DeskUser) -> Response:
    count = await desk.manager.lists.count(page_of(request), seen_by=user)
    return Response(headers={"x-total-count": str(count)})


async def _conversations(request: Request, desk: Desk, user: DeskUser) -> Response:
    """As JSON, or all transcripts in a zip for whoever accepts only that."""
    if "application/zip" in request.headers.get("accept", ""):
        return await zip_response(
            desk, user, read_transcript_filter(request.query_params), secrets.token_hex(16)
        )
    lists, page = desk.manager.lists, page_of(request)
    found = await lists.conversations(page, seen_by=user)
    team = await lists.participants([one.id for one in found])
    count = await lists.count(page, seen_by=user)
    return JSONResponse(
        [livechat_conversation(one, organization(desk), participants=team[one.id]) for one in found],
        headers={"x-total-count": str(count)},
    )


async def _conversation(request: Request, desk: Desk, user: DeskUser) -> Response:
    found, lists = await desk.conversations.seen(user, number(request)), desk.manager.lists
    return JSONResponse(
        livechat_conversation(
            found,
            organization(desk),
            participants=(await lists.participants([found.id]))[found.id],
            messages=await lists.messages(found.id, Page(order="ASC", take=_WITH_MESSAGES)),
            requests=await lists.requests_of([found.id]),
        )
    )


async def _messages(request: Request, desk: Desk, user: DeskUser) -> Response:
    wanted = whole_number(request.query_params.get("conversation", ""), "conversation")
    found = await desk.conversations.seen(user, wanted)
    messages = await desk.manager.lists.messages(found.id, page_of(request, order="ASC"))
    return JSONResponse([livechat_message(one, found) for one in messages])


async def _notes(request: Request, desk: Desk, user: DeskUser) -> Response:
    found = await desk.notes.of(user, number(request, "conversationId"))
    return JSONResponse([livechat_note(one) for one in found])


async def _add_note(request: Request, desk: Desk, user: DeskUser) -> Response:
    fields = await read_json(request)
    note = await desk.notes.add(user, number(request, "conversationId"), fields.text("text"))
    return JSONResponse(livechat_note(note), status_code=201)


async def _change_note(request: Request, desk: Desk, user: DeskUser) -> Response:
    fields, place = await read_json(request), number(request, "conversationId")
    return JSONResponse(
        livechat_note(await desk.notes.change(user, place, number(request), fields.text("text")))
    )


async def _delete_note(request: Request, desk: Desk, user: DeskUser) -> Response:
    note = number(request)
    await desk.notes.delete(user, number(request, "conversationId"), note)
    return JSONResponse({"id": note})


async def _history(request: Request, desk: Desk, user: DeskUser) -> Response:
    """What was said between the end user and the bot, before the newest request of the session."""
    found = await _of_session(request, desk, user)
    lines = await desk.conversations.history(found.id)
    return JSONResponse([history_document(one, at, found) for at, one in enumerate(lines, 1)])


async def _tags(_: Request, desk: Desk, user: DeskUser) -> Response:
    return JSONResponse([_tag(label) for label in await desk.tags.known(user)])


async def _add_tag(request: Request, desk: Desk, user: DeskUser) -> Response:
    fields = await read_json(request)
    return JSONResponse(_tag(await desk.tags.create(user, fields.text("label"))), status_code=201)


async def _tags_of(request: Request, desk: Desk, user: DeskUser) -> Response:
    return JSONResponse(list((await _of_session(request, desk, user)).tags))


async def _replace_tags(request: Request, desk: Desk, user: DeskUser) -> Response:
    """The tags of the newest conversation of the session; the body is a list of texts."""
    labels = Fields({"tags": await read_value(request)}).texts("tags")
    found = await _of_session(request, desk, user)
    return JSONResponse(list(await desk.tags.replace(user, found.id, labels)))


async def _attach(request: Request, desk: Desk, user: DeskUser) -> Response:
    """The body is the file; its name is ``name`` in the address."""
    number_given = whole_number(request.query_params.get("conversation", ""), "conversation")
    return await take_upload(request, desk, user, number_given)


async def _of_session(request: Request, desk: Desk, user: DeskUser) -> Conversation:
    found = await desk.manager.lists.of_session(str(request.path_params["chatSessionId"]), user)
    if found is None or found.bot != request.path_params["tenantId"]:
        raise NotFound("There is no conversation of this session at this desk.")
    return found


def _tag(label: str) -> dict[str, str]:
    return {"label": label, "scope": "CHAT_SESSIONS"}


_PAGE = ("skip", "take", "order")
_TALKS = "/agent/organizations/{organizationId}/livechat-conversations"
_TAGS = "/organizations/{organizationId}/tags"
_SESSION = "/organizations/{organizationId}/tenants/{tenantId}/chat-sessions/{chatSessionId}"
_NOTES = "/livechat-conversations/{conversationId}/livechat-notes"

OPERATIONS = (
    Operation(
        "GET",
        "/agent/organizations/{organizationId}/livechat-requests",
        "agent",
        "Requests that wait for the caller.",
        _requests,
        answer="LivechatRequest[]",
        query=_PAGE,
    ),
    Operation(
        "HEAD",
        _TALKS,
        "agent",
        "How many conversations the caller sees: X-Total-Count.",
        _count,
        query=("status",),
    ),
    Operation(
        "GET",
        _TALKS,
        "agent",
        "Conversations that the caller sees; with Accept: application/zip their transcripts, for admins.",
        _conversations,
        answer="LivechatConversation[]",
        query=(*_PAGE, "status"),
    ),
    Operation(
        "GET",
        "/organizations/{organizationId}/livechat-conversations/{id}",
        "agent",
        "One conversation with its first messages.",
        _conversation,
        answer="LivechatConversation",
    ),
    Operation(
        "GET",
        "/organizations/{organizationId}/livechat-messages",
        "agent",
        "Messages of a conversation.",
        _messages,
        answer="LivechatMessage[]",
        query=(*_PAGE, "conversation"),
    ),
    Operation("GET", _NOTES, "agent", "Notes of a conversation.", _notes, answer="LivechatNote[]"),
    Operation(
        "POST",
        _NOTES,
        "agent",
        "Write a note.",
        _add_note,
        status=201,
        body="NewNote",
        answer="LivechatNote",
    ),
    Operation(
        "PATCH",
        _NOTES + "/{id}",
        "agent",
        "Write a note of one's own anew.",
        _change_note,
        body="NewNote",
        answer="LivechatNote",
    ),
    Operation(
        "DELETE", _NOTES + "/{id}", "agent", "Delete a note of one's own.", _delete_note, answer="Deleted"
    ),
    Operation(
        "GET",
        _SESSION + "/messages",
        "agent",
        "What was said before the request.",
        _history,
        answer="SessionMessage[]",
    ),
    Operation("GET", _TAGS, "agent", "Tags of the workspace.", _tags, answer="Tag[]"),
    Operation("POST", _TAGS, "agent", "Make a tag.", _add_tag, status=201, body="NewTag", answer="Tag"),
    Operation("GET", _SESSION + "/tags", "agent", "Tags of a session.", _tags_of, answer="Label[]"),
    Operation(
        "PATCH",
        _SESSION + "/tags",
        "agent",
        "Replace the tags of a session.",
        _replace_tags,
        body="Label[]",
        answer="Label[]",
    ),
    Operation(
        "POST",
        "/livechat-attachments",
        "agent",
        "Upload a file, as the bytes of the body, for a message that is sent later.",
        _attach,
        status=201,
        answer="UploadedFile",
        query=("conversation", "name"),
    ),
)
