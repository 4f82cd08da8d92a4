"""The published manager's calls for services: opening requests, speaking for end users, listing, purging."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from livechat_sdk.domain.ends import EndReason
from livechat_sdk_helvia.faults import Forbidden, InvalidField
from livechat_sdk_helvia.manager.service import MINE
from livechat_sdk_helvia.records import DeskUser
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import address_of
from livechat_sdk_helvia.web.bodies import read_json, read_object
from livechat_sdk_helvia.web.manager.documents import livechat_conversation, livechat_request
from livechat_sdk_helvia.web.manager.operations import Operation, number, organization, page_of

__all__ = ["OPERATIONS"]

_LOGIN_SECONDS = 24 * 60 * 60
_LONGEST_BOT = 200
_MAX_REQUEST = 1024 * 1024
"""Bytes of a request: the dialogue with the bot comes along."""


async def _log_in(request: Request, desk: Desk, _: DeskUser) -> Response:
    fields = await read_json(request)
    found = await desk.manager.tokens.log_in(
        fields.text("email"), fields.text("password"), address=address_of(request)
    )
    return _login(found.token, found.refresh_token, found.user)


async def _refresh(request: Request, desk: Desk, _: DeskUser) -> Response:
    fields = await read_json(request)
    name = "refreshToken" if fields.has("refreshToken") else "token"
    found = await desk.manager.tokens.refresh(fields.text(name))
    return _login(found.token, found.refresh_token, found.user)


def _login(token: str, refresh_token: str, user: DeskUser) -> Response:
    """Under both names that the published answers have for the token."""
    return JSONResponse(
        {
            "token": token,
            "accessToken": token,
            "refreshToken": refresh_token,
            "expiresIn": _LOGIN_SECONDS,
            "user": {
                "id": str(user.id),
                "email": user.email,
                "fullName": user.name,
                "effectiveRoles": sorted(role.api_name for role in user.effective_roles),
            },
        },
        headers={"cache-control": "no-store"},
    )


async def _open(request: Request, desk: Desk, _: DeskUser) -> Response:
    body = await read_object(request, limit=_MAX_REQUEST)
    _check_organization(body.get("organizationId"), desk)
    await desk.manager.open(body)
    return Response(status_code=204)


async def _withdraw(request: Request, desk: Desk, _: DeskUser) -> Response:
    """The end user has left: a waiting request is withdrawn, a conversation is finished."""
    conversation = (await desk.conversations.request(number(request))).conversation
    if not conversation.ref.startswith(MINE):
        raise Forbidden("This request was opened by a dispatcher, which ends it.")
    await desk.conversations.close(conversation.id, EndReason(by="user", why="abandoned"))
    return Response(status_code=204)


async def _say(request: Request, desk: Desk, _: DeskUser) -> Response:
    await desk.manager.take_in(await read_object(request))
    return Response(status_code=204)


async def _requests(request: Request, desk: Desk, _: DeskUser) -> Response:
    user_id = request.path_params.get("userId")
    found = await desk.manager.lists.requests(page_of(request), user_id=user_id)
    return JSONResponse([livechat_request(one, organization(desk)) for one in found])


async def _conversations(request: Request, desk: Desk, _: DeskUser) -> Response:
    lists = desk.manager.lists
    found = await lists.conversations(page_of(request), user_id=str(request.path_params["userId"]))
    team = await lists.participants([one.id for one in found])
    return JSONResponse(
        [livechat_conversation(one, organization(desk), participants=team[one.id]) for one in found]
    )


async def _purge(request: Request, desk: Desk, caller: DeskUser) -> Response:
    """What ended before a moment. Without one nothing is purged: that is what ``…/data`` is for."""
    given = request.query_params.get("before", "")
    try:
        before = datetime.fromisoformat(given)
    except ValueError as error:
        raise InvalidField("'before' is missing, or is no moment.") from error
    moment = (before if before.tzinfo else before.replace(tzinfo=UTC)).astimezone(UTC)
    return JSONResponse(
        {"purged": await desk.purge.run(caller, before=moment, bot=_bot(request))},
    )


async def _purge_all(request: Request, desk: Desk, caller: DeskUser) -> Response:
    return JSONResponse({"purged": await desk.purge.run(caller, bot=_bot(request))})


def _bot(request: Request) -> str | None:
    given = request.query_params.get("tenantId", "")
    if len(given) > _LONGEST_BOT:
        raise InvalidField("There is no such tenant.")
    return given or None


def _check_organization(given: object, desk: Desk) -> None:
    if given not in (None, "", organization(desk)):
        raise InvalidField("The organizationId is not the workspace of this desk.")


_PAGE = ("skip", "take", "order", "status")

OPERATIONS = (
    Operation(
        "POST", "/login", "nobody", "Log in as a member of the team.", _log_in, body="Login", answer="Tokens"
    ),
    Operation(
        "POST", "/login/refresh", "nobody", "Renew a login, once.", _refresh, body="Refresh", answer="Tokens"
    ),
    Operation(
        "POST",
        "/livechat-requests",
        "service",
        "Open a request of an end user.",
        _open,
        status=204,
        body="NewRequest",
    ),
    Operation(
        "DELETE",
        "/livechat-requests/{id}",
        "service",
        "Withdraw a request, or finish its conversation.",
        _withdraw,
        status=204,
    ),
    Operation(
        "GET",
        "/users/{userId:path}/livechat-requests",
        "service",
        "Requests of one end user.",
        _requests,
        answer="LivechatRequest[]",
        query=_PAGE,
    ),
    Operation(
        "GET",
        "/organizations/{organizationId}/livechat-requests",
        "service",
        "All requests.",
        _requests,
        answer="LivechatRequest[]",
        query=_PAGE,
    ),
    Operation(
        "GET",
        "/users/{userId:path}/livechat-conversations",
        "service",
        "Conversations of one end user.",
        _conversations,
        answer="LivechatConversation[]",
        query=_PAGE,
    ),
    Operation(
        "POST",
        "/organizations/{organizationId}/livechat-messages",
        "service",
        "Say what an end user says.",
        _say,
        status=204,
        body="NewMessage",
    ),
    Operation(
        "DELETE",
        "/organizations/{organizationId}/data-retention",
        "service",
        "Delete conversations that ended before a moment.",
        _purge,
        answer="Purged",
        query=("before", "tenantId"),
    ),
    Operation(
        "DELETE",
        "/organizations/{organizationId}/data",
        "service",
        "Delete all conversations that are over.",
        _purge_all,
        answer="Purged",
        query=("tenantId",),
    ),
)
