"""The calls that pass, offer, accept and release control of a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer, strict_json
from livechat_sdk_simulators.reading import only
from livechat_sdk_simulators.zendesk.bodies import Body, json_body, refusing
from livechat_sdk_simulators.zendesk.keys import key_of
from livechat_sdk_simulators.zendesk.state import Conversation, Integration, Metadata
from livechat_sdk_simulators.zendesk.switchboard import control_payload

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

__all__ = ["CONVERSATION", "ControlCalls"]

CONVERSATION: Final = "/sc/v2/apps/{app}/conversations/{conversation}"
"""The address of a conversation."""
_TARGET: Final = "switchboard_invalid_target"
_ACTION: Final = "switchboard_invalid_action"


class ControlCalls:
    """The calls, on the state of one simulator."""

    def __init__(self, zendesk: ZendeskSimulator) -> None:
        self._zendesk = zendesk
        self._board = zendesk.switchboard

    def operations(self) -> Sequence[Operation]:
        """What there is. To pass control to the agents is to ``open`` a chat."""
        pass_control = f"{CONVERSATION}/passControl"
        return [
            Operation("open", "POST", pass_control, self.pass_control, when_body=self._hands_over),
            Operation("control", "POST", pass_control, self.pass_control),
            Operation("offer", "POST", f"{CONVERSATION}/offerControl", self.offer_control),
            Operation("accept", "POST", f"{CONVERSATION}/acceptControl", self.accept_control),
            Operation("close", "POST", f"{CONVERSATION}/releaseControl", self.release_control),
        ]

    def _hands_over(self, body: bytes) -> bool:
        try:
            asked: Any = strict_json(body)
            named = asked["switchboardIntegration"]
        except (KeyError, TypeError, ValueError):
            return False
        return isinstance(named, str) and self._board.named(named) is self._board.workspace

    async def pass_control(self, call: Call) -> Response:
        """Give control to somebody. Who has it already keeps it, and nothing is told."""
        conversation, name, metadata = self._asked(call)
        target = self._board.target(conversation, name)
        if target is None:
            return self._failed(conversation, "passControl", _TARGET, "Switchboard invalid target")
        if target is not conversation.active:
            self._board.give(conversation, target, metadata)
            call.applied = f"{target.name} has control"
        return json_answer({})

    async def offer_control(self, call: Call) -> Response:
        """Offer control; earlier offers are over."""
        conversation, name, metadata = self._asked(call)
        target = self._board.target(conversation, name)
        if target is None:
            return self._failed(conversation, "offerControl", _TARGET, "Switchboard invalid target")
        if target is conversation.active:
            title = "Cannot offer control to the active switchboard integration."
            return self._failed(conversation, "offerControl", _TARGET, title)
        before = (conversation.pending,)
        conversation.pending = target
        call.applied = f"control was offered to {target.name}"
        event = ("switchboard:offerControl", control_payload(metadata))
        self._zendesk.events.tell(conversation, event, before=before)
        return json_answer({})

    async def accept_control(self, call: Call) -> Response:
        """Let the one who was offered control have it."""
        conversation = self._zendesk.conversations.of(call)
        metadata = self._metadata(call)
        target = conversation.pending
        if target is None:
            title = "There is no pendingSwitchboardIntegration"
            return self._failed(conversation, "acceptControl", _ACTION, title)
        self._may(call, target)
        self._board.give(conversation, target, metadata, kind="switchboard:acceptControl")
        call.applied = f"{target.name} has control"
        return json_answer({})

    async def release_control(self, call: Call) -> Response:
        """Let nobody have control. The ticket stays as it is."""
        conversation = self._zendesk.conversations.of(call)
        metadata = self._metadata(call)
        if conversation.active is not None:
            self._may(call, conversation.active)
            self._board.release(conversation, metadata)
            call.applied = "control was released"
        return json_answer({})

    def _asked(self, call: Call) -> tuple[Conversation, str, Metadata]:
        conversation = self._zendesk.conversations.of(call)
        with refusing():
            only(call.query)
            fields = json_body(call)
            name, metadata = fields.text("switchboardIntegration"), fields.metadata()
            fields.end()
        return conversation, name, metadata

    def _metadata(self, call: Call) -> Metadata:
        with refusing():
            only(call.query)
            fields = json_body(call) if call.body else Body({})
            metadata = fields.metadata()
            fields.end()
        return metadata

    def _may(self, call: Call, integration: Integration) -> None:
        owner = key_of(call).integration_id
        if owner is not None and owner != integration.integration_id:
            raise VendorError(403, "forbidden", "Forbidden")

    def _failed(self, conversation: Conversation, act: str, code: str, title: str) -> Response:
        if self._zendesk.settings.invalid_target == "error":
            raise VendorError(400, "bad_request", title)
        event = (f"switchboard:{act}:failure", {"error": {"code": code, "message": title}})
        self._zendesk.events.tell(conversation, event)
        return json_answer({})
