"""The API for programs of LiveChat Admins: accounts with their roles, and groups with their members."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.faults import InvalidField
from livechat_sdk_helvia.groups import Group
from livechat_sdk_helvia.members import Account
from livechat_sdk_helvia.records import DeskUser, Right, Role
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.bodies import Fields, read_json, whole_number
from livechat_sdk_helvia.web.programs import for_programs

__all__ = ["user_api_routes"]

_MOST: Final = 2000
"""Most groups or members that one call may name."""

_Named = TypeVar("_Named", str, int)

_ROLES: Final = {role.api_name: role for role in Role}


def user_api_routes() -> list[BaseRoute]:
    """The routes, to be mounted under ``/api``."""
    admin = Right.ADMINISTER
    return [
        Route("/users", for_programs(_users, admin), methods=["GET"]),
        Route("/users", for_programs(_create_user, admin), methods=["POST"]),
        Route("/users/{id}", for_programs(_user, admin), methods=["GET"]),
        Route("/users/{id}", for_programs(_change_user, admin), methods=["PATCH"]),
        Route("/users/{id}/password", for_programs(_reset_password, admin), methods=["POST"]),
        Route("/users/{id}/switch", for_programs(_switch_user, admin), methods=["POST"]),
        Route("/groups", for_programs(_create_group, admin), methods=["POST"]),
        Route("/groups/{group}", for_programs(_group, admin), methods=["GET"]),
        Route("/groups/{group}", for_programs(_change_group, admin), methods=["PATCH"]),
        Route("/groups/{group}", for_programs(_delete_group, admin), methods=["DELETE"]),
    ]


# ------------------------------------------------------------------------------------------------- accounts
async def _users(_: Request, desk: Desk, user: DeskUser) -> Response:
    return JSONResponse({"items": [await _account(desk, one) for one in await desk.members.all(user)]})


async def _user(request: Request, desk: Desk, user: DeskUser) -> Response:
    return JSONResponse(await _account(desk, await desk.members.get(user, _id(request))))


async def _create_user(request: Request, desk: Desk, user: DeskUser) -> Response:
    """The answer has the password, this once."""
    fields = await read_json(request)
    account, password = await desk.members.create(
        user,
        fields.text("email"),
        fields.text("fullName"),
        roles=_roles(fields),
        groups=_few(fields.texts("groupIds")),
        capacity=_capacity(fields, None),
    )
    return JSONResponse(await _account(desk, account) | {"password": password}, status_code=201)


async def _change_user(request: Request, desk: Desk, user: DeskUser) -> Response:
    """What is not sent stays as it is; ``"capacity": null`` is no limit."""
    known, fields = await desk.members.get(user, _id(request)), await read_json(request)
    joined = [group.id for group in await desk.groups.of(known.id)]
    changed = await desk.members.change(
        user,
        known.id,
        name=fields.text("fullName", known.name),
        roles=_roles(fields, known.roles),
        groups=_few(fields.texts("groupIds")) if fields.has("groupIds") else joined,
        capacity=_capacity(fields, known.capacity),
    )
    return JSONResponse(await _account(desk, changed))


async def _switch_user(request: Request, desk: Desk, user: DeskUser) -> Response:
    on = (await read_json(request)).flag("on")
    return JSONResponse(await _account(desk, await desk.members.switch(user, _id(request), on=on)))


async def _reset_password(request: Request, desk: Desk, user: DeskUser) -> Response:
    return JSONResponse({"password": await desk.members.reset_password(user, _id(request))})


# --------------------------------------------------------------------------------------------------- groups
async def _group(request: Request, desk: Desk, _: DeskUser) -> Response:
    return JSONResponse(await _group_document(desk, await desk.groups.get(_group_id(request))))


async def _create_group(request: Request, desk: Desk, user: DeskUser) -> Response:
    fields = await read_json(request)
    made = await desk.groups.create(
        user, fields.text("id"), fields.text("name"), _roles(fields), _members(fields) or ()
    )
    return JSONResponse(await _group_document(desk, made), status_code=201)


async def _change_group(request: Request, desk: Desk, user: DeskUser) -> Response:
    """What is not sent stays as it is."""
    known, fields = await desk.groups.get(_group_id(request)), await read_json(request)
    given = _members(fields)
    changed = await desk.groups.change(
        user,
        known.id,
        fields.text("name", known.name),
        _roles(fields, known.roles),
        await desk.groups.member_ids(known.id) if given is None else given,
    )
    return JSONResponse(await _group_document(desk, changed))


async def _delete_group(request: Request, desk: Desk, user: DeskUser) -> Response:
    await desk.groups.delete(user, _group_id(request))
    return Response(status_code=204)


# --------------------------------------------------------------------------------------------------- inside
async def _account(desk: Desk, account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "email": account.email,
        "fullName": account.name,
        "organizationRoles": sorted(role.api_name for role in account.roles),
        "groupIds": [group.id for group in await desk.groups.of(account.id)],
        "capacity": account.capacity,
        "active": account.active,
        "editable": account.editable,
    }


async def _group_document(desk: Desk, group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": group.name,
        "organizationRoles": sorted(role.api_name for role in group.roles),
        "userIds": list(await desk.groups.member_ids(group.id)),
        "editable": group.editable,
    }


def _roles(fields: Fields, known: Collection[Role] = ()) -> Sequence[Role]:
    """The roles that are named; ``known`` when none are sent."""
    if not fields.has("organizationRoles"):
        return list(known)
    names = fields.texts("organizationRoles")
    if not set(names) <= set(_ROLES):
        raise InvalidField(f"The roles at this desk are {' and '.join(sorted(_ROLES))}.")
    return [_ROLES[name] for name in names]


def _members(fields: Fields) -> Sequence[int] | None:
    if not fields.has("userIds"):
        return None
    return _few(fields.numbers("userIds"))


def _capacity(fields: Fields, known: int | None) -> int | None:
    if fields.has("capacity"):
        return fields.number("capacity")
    return None if fields.known({"capacity": "capacity"}) else known


def _few(named: Sequence[_Named]) -> Sequence[_Named]:
    if len(named) > _MOST:
        raise InvalidField(f"At most {_MOST:,} can be named at once.")
    return named


def _id(request: Request) -> int:
    return whole_number(str(request.path_params["id"]), "id")


def _group_id(request: Request) -> str:
    return str(request.path_params["group"])
