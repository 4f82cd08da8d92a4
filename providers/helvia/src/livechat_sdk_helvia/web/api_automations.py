"""Automations and tickets for programs, under the names of the published API (``PredefinedAction``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk_helvia.automations.records import (
    Automation,
    AutomationDraft,
    AutomationInput,
    AutomationRun,
    Choice,
    Header,
    InputType,
)
from livechat_sdk_helvia.context import page_limits
from livechat_sdk_helvia.faults import InvalidField, NotFound
from livechat_sdk_helvia.web.access import bearer, desk_of
from livechat_sdk_helvia.web.bodies import Fields, read_json, whole_number

__all__ = ["automation_api_routes", "automation_document", "automation_draft"]


def automation_api_routes() -> list[BaseRoute]:
    """The routes, to be mounted under ``/api``."""
    return [
        Route("/automations", _list, methods=["GET"]),
        Route("/automations", _create, methods=["POST"]),
        Route("/automations/{id}", _get, methods=["GET"]),
        Route("/automations/{id}", _change, methods=["PUT"]),
        Route("/automations/{id}", _delete, methods=["DELETE"]),
        Route("/conversations/{id}/automations", _buttons, methods=["GET"]),
        Route("/conversations/{id}/automations/{automation}", _start, methods=["POST"]),
        Route("/conversations/{id}/runs", _runs, methods=["GET"]),
        Route("/tickets", _tickets, methods=["GET"]),
        Route("/tickets/{ticket}", _ticket, methods=["GET"]),
    ]


async def _list(request: Request) -> Response:
    user = (await bearer(request)).user
    found = await desk_of(request).automations.definitions.all(user)
    return JSONResponse({"items": [automation_document(one) for one in found]})


async def _get(request: Request) -> Response:
    user = (await bearer(request)).user
    return JSONResponse(
        automation_document(await desk_of(request).automations.definitions.get(user, _id(request)))
    )


async def _create(request: Request) -> Response:
    user = (await bearer(request)).user
    draft = automation_draft(await read_json(request))
    made = await desk_of(request).automations.definitions.create(user, draft)
    return JSONResponse(automation_document(made), status_code=201)


async def _change(request: Request) -> Response:
    """The whole automation; a secret header without a value keeps the one that is stored."""
    user = (await bearer(request)).user
    draft = automation_draft(await read_json(request))
    changed = await desk_of(request).automations.definitions.change(user, _id(request), draft)
    return JSONResponse(automation_document(changed))


async def _delete(request: Request) -> Response:
    user = (await bearer(request)).user
    await desk_of(request).automations.definitions.delete(user, _id(request))
    return Response(status_code=204)


async def _buttons(request: Request) -> Response:
    desk, user = desk_of(request), (await bearer(request)).user
    found = await desk.conversations.seen(user, _id(request))
    return JSONResponse({"items": [_button(one) for one in await desk.automations.buttons(user, found)]})


async def _start(request: Request) -> Response:
    desk, user = desk_of(request), (await bearer(request)).user
    fields = await read_json(request)
    found = await desk.conversations.seen(user, _id(request))
    inputs = fields.part("inputs")
    answers = {name: inputs.text(name) for name in inputs.named("")}
    run = await desk.automations.start(
        user, found, _id(request, "automation"), answers, key=fields.optional_text("key")
    )
    return JSONResponse(_run(run), status_code=201)


async def _runs(request: Request) -> Response:
    desk, user = desk_of(request), (await bearer(request)).user
    found = await desk.conversations.seen(user, _id(request))
    return JSONResponse({"items": [_run(run) for run in await desk.automations.of(user, found)]})


async def _tickets(request: Request) -> Response:
    """The tickets of one conversation, a page of them; ``associatedId`` is its id."""
    query = request.query_params
    page, size = (
        whole_number(query.get("page", "0"), "page"),
        whole_number(query.get("pageSize", "50"), "pageSize"),
    )
    page_limits(page * size, size)
    found, association = await _tickets_of(request)
    items = [_ticket_document(one, association) for one in found[page * size : (page + 1) * size]]
    return JSONResponse({"items": items, "page": page, "pageSize": size, "total": len(found)})


async def _ticket(request: Request) -> Response:
    found, association = await _tickets_of(request)
    wanted = str(request.path_params["ticket"])
    for one in found:
        if wanted in {one.id, one.number}:
            return JSONResponse(_ticket_document(one, association))
    raise NotFound(f"Conversation {association} has no ticket {wanted[:60]!r}.")


async def _tickets_of(request: Request) -> tuple[list[Ticket], int]:
    desk, user = desk_of(request), (await bearer(request)).user
    association = whole_number(request.query_params.get("associatedId", ""), "associatedId")
    found = await desk.conversations.seen(user, association)
    return list(await desk.automations.tickets(user, found)), association


def automation_draft(fields: Fields) -> AutomationDraft:
    """What a program wrote of an automation. Raises ``InvalidField``."""
    return AutomationDraft(
        name=fields.text("name", ""),
        kind="ticket" if fields.text("kind", "http") == "ticket" else "http",
        address=fields.text("url", ""),
        headers=tuple(
            Header(
                name=one.text("key"),
                value=one.text("value", ""),
                secret=one.flag("secret") if one.has("secret") else False,
            )
            for one in _objects(fields, "headers")
        ),
        inputs=tuple(_input(one) for one in _objects(fields, "agentInput")),
        categories=fields.texts("categories"),
        everywhere=fields.flag("organizationWide") if fields.has("organizationWide") else True,
        bots=fields.texts("tenantIds"),
        on_button=fields.flag("runOnButton") if fields.has("runOnButton") else True,
        on_end=fields.flag("runOnEndConversation") if fields.has("runOnEndConversation") else False,
        on_missed=fields.flag("runOnMissedRequest") if fields.has("runOnMissedRequest") else False,
    )


def _input(fields: Fields) -> AutomationInput:
    kind = fields.text("type", "plain_text")
    if kind not in set(InputType):
        raise InvalidField(f"There is no input of the type {kind[:40]!r}.")
    return AutomationInput(
        name=fields.text("name"),
        type=InputType(kind),
        prompt=fields.text("prompt", ""),
        required=fields.flag("isRequired") if fields.has("isRequired") else False,
        entries=tuple(
            Choice(key=one.text("key"), value=one.text("value", "")) for one in _objects(fields, "entries")
        ),
    )


def _objects(fields: Fields, name: str) -> list[Fields]:
    found: Any = fields.known({name: name}).get(name) or []
    if not isinstance(found, list):
        raise InvalidField(f"The field {name!r} is no list of objects.")
    listed = Fields({str(number): one for number, one in enumerate(cast("Sequence[Any]", found))})
    return [listed.part(number) for number in listed.named("")]


def _button(automation: Automation) -> dict[str, Any]:
    """What a member needs to start it; where it calls is the admins' business."""
    return {
        "id": automation.id,
        "name": automation.name,
        "kind": automation.kind,
        "categories": list(automation.categories),
        "agentInput": [
            {
                "name": one.name,
                "type": one.type.value,
                "prompt": one.prompt,
                "isRequired": one.required,
                "entries": [entry.model_dump() for entry in one.entries],
            }
            for one in automation.inputs
        ],
    }


def automation_document(automation: Automation) -> dict[str, Any]:
    """An automation (API: ``PredefinedAction``). The values of secret headers are not in it."""
    return {
        **_button(automation),
        "url": automation.address,
        "headers": [
            {"key": one.name, "value": one.value, "secret": one.secret} for one in automation.headers
        ],
        "organizationWide": automation.everywhere,
        "tenantIds": list(automation.bots),
        "runOnButton": automation.on_button,
        "runOnEndConversation": automation.on_end,
        "runOnMissedRequest": automation.on_missed,
        "platformUserId": str(automation.author_id),
        "createdAt": utc_text(automation.created_at),
        "updatedAt": utc_text(automation.updated_at),
    }


def _run(run: AutomationRun) -> dict[str, Any]:
    return {
        "key": run.key,
        "automationId": run.automation_id,
        "name": run.name,
        "kind": run.kind,
        "moment": run.moment,
        "startedBy": run.started_by,
        "inputs": dict(run.inputs),
        "status": run.status,
        "error": run.error,
        "result": run.result.model_dump(mode="json"),
        "createdAt": utc_text(run.created_at),
        "finishedAt": utc_text(run.finished_at) if run.finished_at else None,
    }


def _ticket_document(ticket: Ticket, association: int) -> dict[str, Any]:
    return {
        "id": ticket.id,
        "associatedId": str(association),
        "name": ticket.number or ticket.id,
        "description": ticket.subject,
        "url": ticket.url,
        "createdAt": utc_text(ticket.created_at) if ticket.created_at else None,
    }


def _id(request: Request, name: str = "id") -> int:
    return whole_number(str(request.path_params[name]), name)
