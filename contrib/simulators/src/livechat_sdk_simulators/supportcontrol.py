"""The control API of tickets, contacts and accounts: what support people do, in JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from livechat_sdk_simulators.acts import Act, as_file, as_flag, as_text, perform
from livechat_sdk_simulators.clock import rfc3339
from livechat_sdk_simulators.human import NoSuchChat
from livechat_sdk_simulators.supportside import SimTicket, SupportSide

if TYPE_CHECKING:
    from livechat_sdk_simulators.simulator import Simulator

__all__ = ["support_calls"]

Fields = Callable[[Request], Awaitable[dict[str, object]]]
Handler = Callable[[Request], Awaitable[object]]

_COMMENT = Act(
    "comment", "Comment", {"text": as_text}, {"public": as_flag, "agent": as_text, "file": as_file}
)
_STATE = SupportSide.own_acts["set_state"]


def support_calls(simulator: Simulator, fields: Fields) -> list[tuple[str, str, Handler]]:
    """Method, path and handler of each call; none for a vendor without tickets.

    ``fields`` reads the JSON object of a request.
    """
    people = simulator.human
    if not isinstance(people, SupportSide):
        return []
    control = _SupportControl(people, fields)
    return [
        ("GET", "/tickets", control.tickets),
        ("GET", "/tickets/{ticket:path}", control.ticket),
        ("POST", "/tickets/{ticket:path}/comment", control.comment),
        ("POST", "/tickets/{ticket:path}/state", control.state),
        ("GET", "/contacts", control.contacts),
        ("POST", "/contacts", control.add_contact),
        ("GET", "/accounts", control.accounts),
        ("POST", "/accounts", control.add_account),
    ]


class _SupportControl:
    def __init__(self, people: SupportSide, fields: Fields) -> None:
        self._people = people
        self._fields = fields

    async def tickets(self, request: Request) -> object:
        return {"tickets": [_shown(one) for one in await self._people.tickets()]}

    async def ticket(self, request: Request) -> object:
        name = str(request.path_params["ticket"])
        for one in await self._people.tickets():
            if name in {one.id, one.number, one.key}:
                comments = await self._people.comments(one.id)
                shown = [
                    {**asdict(each), "at": rfc3339(each.at), "files": list(each.files)} for each in comments
                ]
                return {**_shown(one), "comments": shown}
        raise NoSuchChat(f"there is no ticket {name!r}")

    async def comment(self, request: Request) -> object:
        ticket = str(request.path_params["ticket"])
        made = await perform(self._people, ticket, _COMMENT, await self._fields(request))
        return {"comment_id": made}

    async def state(self, request: Request) -> object:
        await perform(self._people, str(request.path_params["ticket"]), _STATE, await self._fields(request))
        return {}

    async def contacts(self, request: Request) -> object:
        return {"contacts": [asdict(one) for one in await self._people.contacts()]}

    async def add_contact(self, request: Request) -> object:
        return {"id": await self._people.add_contact(**await self._named(request))}

    async def accounts(self, request: Request) -> object:
        return {"accounts": [asdict(one) for one in await self._people.accounts()]}

    async def add_account(self, request: Request) -> object:
        return {"id": await self._people.add_account(**await self._named(request))}

    async def _named(self, request: Request) -> Mapping[str, Any]:
        return await self._fields(request)


def _shown(ticket: SimTicket) -> dict[str, Any]:
    return {**asdict(ticket), "created_at": rfc3339(ticket.created_at)}
