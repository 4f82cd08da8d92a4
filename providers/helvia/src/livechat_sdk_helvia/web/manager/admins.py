"""The published manager's calls for what a desk is set up with: settings, hours, responses, actions."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from livechat_sdk_helvia.records import DeskUser
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.api_admin import replace_settings, settings_document
from livechat_sdk_helvia.web.api_automations import automation_document, automation_draft
from livechat_sdk_helvia.web.api_canned import canned_draft
from livechat_sdk_helvia.web.bodies import Fields, read_json, read_object
from livechat_sdk_helvia.web.hours import HOURS_FIELDS, hours_document
from livechat_sdk_helvia.web.manager.documents import action_document, response_document
from livechat_sdk_helvia.web.manager.operations import Operation, Who, number, organization

__all__ = ["OPERATIONS"]


async def _settings(_: Request, desk: Desk, __: DeskUser) -> Response:
    return JSONResponse(settings_document(await desk.settings.stored()))


async def _hours(request: Request, desk: Desk, user: DeskUser) -> Response:
    return JSONResponse([hours_document(row) for row in await desk.hours.of(user, _group(request))])


async def _add_hours(request: Request, desk: Desk, user: DeskUser) -> Response:
    given = (await read_json(request)).known(HOURS_FIELDS)
    return JSONResponse(hours_document(await desk.hours.add(user, _group(request), given)), status_code=201)


async def _change_hours(request: Request, desk: Desk, user: DeskUser) -> Response:
    given = (await read_json(request)).known(HOURS_FIELDS)
    row = await desk.hours.change(user, _group(request), number(request), given)
    return JSONResponse(hours_document(row))


async def _delete_hours(request: Request, desk: Desk, user: DeskUser) -> Response:
    await desk.hours.delete(user, _group(request), number(request))
    return _deleted(request)


async def _responses(request: Request, desk: Desk, user: DeskUser) -> Response:
    found = await desk.canned.listed(user, bot=request.query_params.get("tenantScope"))
    return JSONResponse([response_document(one, organization(desk)) for one in found])


async def _response(request: Request, desk: Desk, user: DeskUser) -> Response:
    return JSONResponse(response_document(await desk.canned.get(user, number(request)), organization(desk)))


async def _add_response(request: Request, desk: Desk, user: DeskUser) -> Response:
    made = await desk.canned.create(user, canned_draft(await read_json(request)))
    return JSONResponse(response_document(made, organization(desk)), status_code=201)


async def _change_response(request: Request, desk: Desk, user: DeskUser) -> Response:
    """What is not sent stays as it is."""
    known = await desk.canned.get(user, number(request))
    changed = await desk.canned.change(user, known.id, canned_draft(await read_json(request), known))
    return JSONResponse(response_document(changed, organization(desk)))


async def _delete_response(request: Request, desk: Desk, user: DeskUser) -> Response:
    await desk.canned.delete(user, number(request))
    return _deleted(request)


async def _actions(request: Request, desk: Desk, user: DeskUser) -> Response:
    scope = request.query_params.get("tenantScope")
    found = await desk.automations.definitions.all(user)
    wanted = [one for one in found if scope is None or one.everywhere or scope in one.bots]
    return JSONResponse([action_document(one, organization(desk)) for one in wanted])


async def _action(request: Request, desk: Desk, user: DeskUser) -> Response:
    found = await desk.automations.definitions.get(user, number(request))
    return JSONResponse(action_document(found, organization(desk)))


async def _add_action(request: Request, desk: Desk, user: DeskUser) -> Response:
    made = await desk.automations.definitions.create(user, automation_draft(await read_json(request)))
    return JSONResponse(action_document(made, organization(desk)), status_code=201)


async def _change_action(request: Request, desk: Desk, user: DeskUser) -> Response:
    """What is not sent stays as it is; so does a secret header without a value."""
    known = await desk.automations.definitions.get(user, number(request))
    merged: dict[str, Any] = automation_document(known) | dict(await read_object(request))
    changed = await desk.automations.definitions.change(user, known.id, automation_draft(Fields(merged)))
    return JSONResponse(action_document(changed, organization(desk)))


async def _delete_action(request: Request, desk: Desk, user: DeskUser) -> Response:
    await desk.automations.definitions.delete(user, number(request))
    return _deleted(request)


def _group(request: Request) -> str:
    return str(request.path_params["userGroupId"])


def _deleted(request: Request) -> Response:
    return JSONResponse({"id": number(request)})


_ORGANIZATION = "/organizations/{organizationId}"
_HOURS = _ORGANIZATION + "/user-groups/{userGroupId:path}/business-hours"
_RESPONSES = _ORGANIZATION + "/predefined-responses"
_ACTIONS = _ORGANIZATION + "/predefined-actions"
_CONTACTS = _ORGANIZATION + "/tenants/{tenantId}"


def _absent(method: str, path: str, who: Who = "agent") -> Operation:
    return Operation(method, path, who, "Not served by this desk.", None, status=501)


OPERATIONS = (
    Operation(
        "GET",
        _ORGANIZATION + "/livechat-settings",
        "admin",
        "Settings of the desk.",
        _settings,
        answer="LivechatSettings",
    ),
    Operation(
        "PUT",
        _ORGANIZATION + "/livechat-settings",
        "admin",
        "Replace the settings.",
        replace_settings,
        body="LivechatSettings",
        answer="LivechatSettings",
    ),
    Operation("GET", _HOURS, "admin", "Business hours of a group.", _hours, answer="BusinessHours[]"),
    Operation(
        "POST",
        _HOURS,
        "admin",
        "Add business hours.",
        _add_hours,
        status=201,
        body="NewHours",
        answer="BusinessHours",
    ),
    Operation(
        "PATCH",
        _HOURS + "/{id}",
        "admin",
        "Change business hours.",
        _change_hours,
        body="NewHours",
        answer="BusinessHours",
    ),
    Operation("DELETE", _HOURS + "/{id}", "admin", "Delete business hours.", _delete_hours, answer="Deleted"),
    Operation(
        "GET",
        _RESPONSES,
        "agent",
        "Canned responses.",
        _responses,
        answer="PredefinedResponse[]",
        query=("tenantScope",),
    ),
    Operation(
        "POST",
        _RESPONSES,
        "admin",
        "Write a canned response.",
        _add_response,
        status=201,
        body="NewResponse",
        answer="PredefinedResponse",
    ),
    Operation(
        "GET", _RESPONSES + "/{id}", "agent", "A canned response.", _response, answer="PredefinedResponse"
    ),
    Operation(
        "PATCH",
        _RESPONSES + "/{id}",
        "admin",
        "Change a canned response.",
        _change_response,
        body="NewResponse",
        answer="PredefinedResponse",
    ),
    Operation(
        "DELETE",
        _RESPONSES + "/{id}",
        "admin",
        "Delete a canned response.",
        _delete_response,
        answer="Deleted",
    ),
    Operation(
        "GET",
        _ACTIONS,
        "admin",
        "Automations.",
        _actions,
        answer="PredefinedAction[]",
        query=("tenantScope",),
    ),
    Operation(
        "POST",
        _ACTIONS,
        "admin",
        "Write an automation.",
        _add_action,
        status=201,
        body="NewAction",
        answer="PredefinedAction",
    ),
    Operation("GET", _ACTIONS + "/{id}", "admin", "An automation.", _action, answer="PredefinedAction"),
    Operation(
        "PATCH",
        _ACTIONS + "/{id}",
        "admin",
        "Change an automation.",
        _change_action,
        body="NewAction",
        answer="PredefinedAction",
    ),
    Operation(
        "DELETE", _ACTIONS + "/{id}", "admin", "Delete an automation.", _delete_action, answer="Deleted"
    ),
    _absent("GET", _CONTACTS + "/contacts/{contactId}"),
    _absent("GET", _CONTACTS + "/contact-by-subscriber-handle/{handle:path}"),
)
