"""The calls that set up the switchboard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.reading import Misfit
from livechat_sdk_simulators.zendesk.bodies import Body, json_body, missing, refusing
from livechat_sdk_simulators.zendesk.keys import whole_app
from livechat_sdk_simulators.zendesk.state import Integration, hex_id

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

__all__ = ["BoardCalls"]

_BOARDS: Final = "/sc/v2/apps/{app}/switchboards"
_ALL: Final = f"{_BOARDS}/{{board}}/switchboardIntegrations"
_MOST: Final = 10
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")


class BoardCalls:
    """The calls, on the switchboard of one simulator."""

    def __init__(self, zendesk: ZendeskSimulator) -> None:
        self._zendesk = zendesk
        self._board = zendesk.switchboard

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            Operation("switchboard", "GET", _BOARDS, self.list_boards),
            Operation("switchboard", "GET", _ALL, self.list_all),
            Operation("switchboard", "POST", _ALL, self.create),
            Operation("switchboard", "PATCH", f"{_ALL}/{{one}}", self.update),
        ]

    def _named_board(self, call: Call) -> None:
        whole_app(call)
        if call.part("board") != self._board.id:
            raise missing("switchboard")

    async def list_boards(self, call: Call) -> Response:
        """The one that there is."""
        whole_app(call)
        board: dict[str, Any] = {"id": self._board.id, "enabled": self._board.enabled}
        if self._board.default is not None:
            board["defaultSwitchboardIntegrationId"] = self._board.default.id
        return json_answer({"switchboards": [board]})

    async def list_all(self, call: Call) -> Response:
        """Everybody on it."""
        self._named_board(call)
        return json_answer({"switchboardIntegrations": [one.json() for one in self._board.integrations]})

    async def create(self, call: Call) -> Response:
        """Put an integration on it."""
        self._named_board(call)
        with refusing():
            fields = json_body(call)
            made = Integration(hex_id(), self._name(fields), "", "custom", standby_events=True)
            if fields.has("integrationId") == fields.has("integrationType"):
                raise Misfit("either integrationId or integrationType is required")
            made.integration_id = fields.maybe("integrationId") or hex_id()
            made.type = fields.maybe("integrationType") or "custom"
            self._rest(fields, made)
        if made.type == "custom" and made.integration_id not in self._zendesk.hooks.integrations:
            raise missing("integration")
        if len(self._board.integrations) >= _MOST:
            title = f"Switchboard has reached the max number of switchboard integrations ({_MOST})"
            raise VendorError(400, "too_many_switchboard_integrations", title)
        self._board.integrations.append(made)
        call.applied = f"switchboard integration {made.name} was made"
        return json_answer({"switchboardIntegration": made.json()}, 201)

    async def update(self, call: Call) -> Response:
        """Change one."""
        self._named_board(call)
        found = next((one for one in self._board.integrations if one.id == call.part("one")), None)
        if found is None:
            raise VendorError(404, "switchboard_integration_not_found", "SwitchboardIntegration not found")
        with refusing():
            fields = json_body(call)
            name = self._name(fields, found) if fields.has("name") else found.name
            self._rest(fields, found)
        found.name = name
        call.applied = f"switchboard integration {name} was changed"
        return json_answer({"switchboardIntegration": found.json()})

    def _name(self, fields: Body, own: Integration | None = None) -> str:
        name = fields.text("name")
        if not _NAME.fullmatch(name):
            raise Misfit("name is restricted to alphanumeric characters, - and _")
        if any(one.name == name and one is not own for one in self._board.integrations):
            raise Misfit("name is taken")
        return name

    def _rest(self, fields: Body, one: Integration) -> None:
        standby = fields.maybe_flag("deliverStandbyEvents")
        following = fields.maybe("nextSwitchboardIntegrationId")
        history = int(fields.number("messageHistoryCount")) if fields.has("messageHistoryCount") else None
        fields.end()
        if history is not None and not 1 <= history <= _MOST:
            raise Misfit(f"messageHistoryCount is from 1 to {_MOST}")
        known = next((known for known in self._board.integrations if known.id == following), None)
        if following is not None and known is None:
            raise Misfit("nextSwitchboardIntegrationId is unknown")
        one.next = known or one.next
        one.standby_events = one.standby_events if standby is None else standby
        one.history = one.history if history is None else history
