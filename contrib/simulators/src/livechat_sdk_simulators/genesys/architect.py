"""Opening hours as Architect keeps them: schedules, and groups of them. Nobody answers whether it is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.genesys.bodies import only, page_of
from livechat_sdk_simulators.genesys.errors import refusal
from livechat_sdk_simulators.genesys.state import id_of

if TYPE_CHECKING:
    from livechat_sdk_simulators.genesys.simulator import GenesysSimulator

__all__ = ["Architect"]

_SCHEDULES: Final = "/api/v2/architect/schedules"
_GROUPS: Final = "/api/v2/architect/schedulegroups"
_PAGE: Final = ("pageNumber", "pageSize", "sortBy", "sortOrder", "name", "divisionId")
_KINDS: Final = ("open", "closed", "holiday")


class Architect:
    """The schedules of the settings."""

    def __init__(self, genesys: GenesysSimulator) -> None:
        self._genesys = genesys
        self._schedules: dict[str, dict[str, Any]] = {}
        self._groups: dict[str, dict[str, Any]] = {}
        for group in genesys.settings.schedule_groups:
            self._add(group)

    def _add(self, group: Mapping[str, Any]) -> None:
        named = id_of("schedule group", str(group["name"]))
        shown: dict[str, Any] = {
            "id": named,
            "name": group["name"],
            "state": "active",
            "timeZone": group["timeZone"],
            "selfUri": f"{_GROUPS}/{named}",
        }
        for kind in _KINDS:
            schedules: Sequence[Mapping[str, str]] = group.get(kind, ())
            shown[f"{kind}Schedules"] = [self._schedule(one) for one in schedules]
        self._groups[named] = shown

    def _schedule(self, schedule: Mapping[str, str]) -> dict[str, str]:
        named = id_of("schedule", schedule["name"])
        uri = f"{_SCHEDULES}/{named}"
        self._schedules[named] = {"id": named, "state": "active", **schedule, "selfUri": uri}
        return {"id": named, "name": schedule["name"], "selfUri": uri}

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            Operation("schedule", "GET", _SCHEDULES, self.schedules),
            Operation("schedule", "GET", f"{_SCHEDULES}/{{schedule}}", self.schedule),
            Operation("schedule", "GET", _GROUPS, self.groups),
            Operation("schedule", "GET", f"{_GROUPS}/{{group}}", self.group),
        ]

    async def schedules(self, call: Call) -> Response:
        """The schedules."""
        self._genesys.need("routing:schedule:view")
        only(call.query, *_PAGE)
        return _page(call, self._schedules, _SCHEDULES)

    async def schedule(self, call: Call) -> Response:
        """One schedule."""
        self._genesys.need("routing:schedule:view")
        only(call.query)
        return _one(self._schedules, call.part("schedule"))

    async def groups(self, call: Call) -> Response:
        """The groups."""
        self._genesys.need("routing:scheduleGroup:view")
        only(call.query, *_PAGE, "scheduleIds")
        return _page(call, self._groups, _GROUPS)

    async def group(self, call: Call) -> Response:
        """One group."""
        self._genesys.need("routing:scheduleGroup:view")
        only(call.query)
        return _one(self._groups, call.part("group"))


def _page(call: Call, entries: Mapping[str, dict[str, Any]], uri: str) -> Response:
    name = call.query.get("name")
    fitting = [one for one in entries.values() if name is None or one["name"].lower() == name.lower()]
    return json_answer(page_of(call.query, fitting, uri))


def _one(entries: Mapping[str, dict[str, Any]], named: str) -> Response:
    if named not in entries:
        raise refusal("general.resource.not.found")
    return json_answer(entries[named])
