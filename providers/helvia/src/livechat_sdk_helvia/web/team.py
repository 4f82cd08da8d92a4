"""Admin Panel, "Users and groups": who may sign in, with which roles, and in which groups."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.auth import SignedIn
from livechat_sdk_helvia.faults import DeskFault
from livechat_sdk_helvia.groups import MAX_GROUP_NAME, Group
from livechat_sdk_helvia.members import MAX_CAPACITY, MAX_MEMBER_NAME, Account
from livechat_sdk_helvia.records import Right, Role
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import base_of, check_csrf
from livechat_sdk_helvia.web.bodies import Fields, read_form, whole_number
from livechat_sdk_helvia.web.frame import enter, page_values
from livechat_sdk_helvia.web.rendering import Templates

__all__ = ["TeamRoutes"]

_MOST_BOXES: Final = 2200
"""Fields of a form with a box for each account or group of a large team."""

_DONE: Final = {
    "made": "The group was made.",
    "saved": "The changes are saved and in force.",
    "deleted": "The group was deleted. Requests for it are for the whole team now.",
    "on": "The account can sign in again.",
    "off": "The account can no longer sign in. Its conversations stay as they are.",
}


class TeamRoutes:
    """The pages and the forms on them. Everything needs the role LiveChat Admin."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def routes(self) -> list[BaseRoute]:
        """The routes of the pages and forms."""
        here = "/admin/team"
        return [
            Route(here, self._all, methods=["GET"]),
            Route(f"{here}/users", self._create_user, methods=["POST"]),
            Route(f"{here}/users/{{id}}", self._user, methods=["GET"]),
            Route(f"{here}/users/{{id}}", self._change_user, methods=["POST"]),
            Route(f"{here}/users/{{id}}/password", self._reset_password, methods=["POST"]),
            Route(f"{here}/users/{{id}}/switch", self._switch_user, methods=["POST"]),
            Route(f"{here}/groups", self._create_group, methods=["POST"]),
            Route(f"{here}/groups/{{group}}", self._group, methods=["GET"]),
            Route(f"{here}/groups/{{group}}", self._change_group, methods=["POST"]),
            Route(f"{here}/groups/{{group}}/delete", self._delete_group, methods=["POST"]),
        ]

    # ------------------------------------------------------------------------------------------------ pages
    async def _all(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        return await self._overview(request, desk, signed_in)

    async def _user(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        account = await desk.members.get(signed_in.user, _id(request))
        return await self._account_page(request, desk, signed_in, account)

    async def _group(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        return await self._group_page(request, desk, signed_in, await desk.groups.get(_group_id(request)))

    # --------------------------------------------------------------------------------------------- accounts
    async def _create_user(self, request: Request) -> Response:
        desk, signed_in, fields = await _enter(request)
        try:
            account, password = await desk.members.create(
                signed_in.user,
                fields.text("email"),
                fields.text("name"),
                roles=_roles(fields),
                groups=fields.ticked("group."),
                capacity=_capacity(fields),
            )
        except DeskFault as fault:
            return await self._overview(request, desk, signed_in, fault=fault, fields=fields)
        return await self._account_page(request, desk, signed_in, account, password=password)

    async def _change_user(self, request: Request) -> Response:
        desk, signed_in, fields = await _enter(request)
        account = await desk.members.get(signed_in.user, _id(request))
        try:
            await desk.members.change(
                signed_in.user,
                account.id,
                name=fields.text("name"),
                roles=_roles(fields),
                groups=fields.ticked("group."),
                capacity=_capacity(fields),
            )
        except DeskFault as fault:
            return await self._account_page(request, desk, signed_in, account, fault=fault)
        return _back(request, f"users/{account.id}", "saved")

    async def _reset_password(self, request: Request) -> Response:
        desk, signed_in, _ = await _enter(request)
        account = await desk.members.get(signed_in.user, _id(request))
        try:
            password = await desk.members.reset_password(signed_in.user, account.id)
        except DeskFault as fault:
            return await self._account_page(request, desk, signed_in, account, fault=fault)
        return await self._account_page(request, desk, signed_in, account, password=password)

    async def _switch_user(self, request: Request) -> Response:
        desk, signed_in, fields = await _enter(request)
        account, on = await desk.members.get(signed_in.user, _id(request)), fields.flag("on")
        try:
            await desk.members.switch(signed_in.user, account.id, on=on)
        except DeskFault as fault:
            return await self._account_page(request, desk, signed_in, account, fault=fault)
        return _back(request, f"users/{account.id}", "on" if on else "off")

    # ----------------------------------------------------------------------------------------------- groups
    async def _create_group(self, request: Request) -> Response:
        desk, signed_in, fields = await _enter(request)
        try:
            group = await desk.groups.create(
                signed_in.user, fields.text("id"), fields.text("group_name"), _roles(fields)
            )
        except DeskFault as fault:
            return await self._overview(request, desk, signed_in, fault=fault, fields=fields)
        return _back(request, f"groups/{group.id}", "made")

    async def _change_group(self, request: Request) -> Response:
        desk, signed_in, fields = await _enter(request)
        group = await desk.groups.get(_group_id(request))
        try:
            shown = {one.id for one in await desk.members.all(signed_in.user) if one.active}
            members = [whole_number(number, "member") for number in fields.ticked("member.")]
            # Who is switched off has no box on the page, and stays a member.
            members += [number for number in await desk.groups.member_ids(group.id) if number not in shown]
            await desk.groups.change(
                signed_in.user, group.id, fields.text("group_name"), _roles(fields), members
            )
        except DeskFault as fault:
            return await self._group_page(request, desk, signed_in, group, fault=fault)
        return _back(request, f"groups/{group.id}", "saved")

    async def _delete_group(self, request: Request) -> Response:
        desk, signed_in, _ = await _enter(request)
        group = await desk.groups.get(_group_id(request))
        try:
            await desk.groups.delete(signed_in.user, group.id)
        except DeskFault as fault:
            return await self._group_page(request, desk, signed_in, group, fault=fault)
        return _back(request, "", "deleted")

    # ----------------------------------------------------------------------------------------------- inside
    async def _overview(
        self,
        request: Request,
        desk: Desk,
        signed_in: SignedIn,
        *,
        fault: DeskFault | None = None,
        fields: Fields | None = None,
    ) -> Response:
        given = fields or Fields({})
        return self._page(
            request,
            desk,
            signed_in,
            "admin_team.html",
            fault,
            accounts=await desk.members.all(signed_in.user),
            there={one.id: one for one in await desk.team.colleagues(signed_in.user)},
            groups=await desk.groups.all(),
            given={name: given.text(name, "") for name in ("email", "name", "capacity", "id", "group_name")},
            ticked=set(given.ticked("group.")),
            chosen=set(given.ticked("role.")) if fields else {Role.AGENT.value},
        )

    async def _account_page(
        self,
        request: Request,
        desk: Desk,
        signed_in: SignedIn,
        account: Account,
        *,
        fault: DeskFault | None = None,
        password: str | None = None,
    ) -> Response:
        return self._page(
            request,
            desk,
            signed_in,
            "admin_account.html",
            fault,
            account=account,
            groups=await desk.groups.all(),
            ticked={group.id for group in await desk.groups.of(account.id)},
            chosen={role.value for role in account.roles},
            password=password,
        )

    async def _group_page(
        self,
        request: Request,
        desk: Desk,
        signed_in: SignedIn,
        group: Group,
        *,
        fault: DeskFault | None = None,
    ) -> Response:
        return self._page(
            request,
            desk,
            signed_in,
            "admin_group.html",
            fault,
            group=group,
            accounts=[one for one in await desk.members.all(signed_in.user) if one.active],
            ticked={member.id for member in await desk.groups.members(group.id)},
            chosen={role.value for role in group.roles},
        )

    def _page(
        self,
        request: Request,
        desk: Desk,
        signed_in: SignedIn,
        name: str,
        fault: DeskFault | None,
        **values: Any,
    ) -> Response:
        values |= page_values(request, desk, signed_in, "admin", admin_page="team")
        values |= {
            "fault": fault,
            "done": _DONE.get(request.query_params.get("done", "")),
            "all_roles": list(Role),
            "name_limit": MAX_MEMBER_NAME,
            "group_name_limit": MAX_GROUP_NAME,
            "capacity_limit": MAX_CAPACITY,
        }
        return self._templates.page(name, status=fault.status if fault else 200, **values)


async def _enter(request: Request) -> tuple[Desk, SignedIn, Fields]:
    desk, signed_in = await enter(request, Right.ADMINISTER)
    fields = await read_form(request, most=_MOST_BOXES)
    check_csrf(request, signed_in, fields)
    return desk, signed_in, fields


def _id(request: Request) -> int:
    return whole_number(str(request.path_params["id"]), "id")


def _group_id(request: Request) -> str:
    return str(request.path_params["group"])


def _roles(fields: Fields) -> list[Role]:
    return [role for role in Role if role.value in fields.ticked("role.")]


def _capacity(fields: Fields) -> int | None:
    given = fields.text("capacity", "").strip()
    return whole_number(given, "capacity") if given else None


def _back(request: Request, place: str, done: str) -> Response:
    address = f"{base_of(request)}/admin/team{'/' if place else ''}{place}"
    return RedirectResponse(f"{address}?done={done}", status_code=303)
