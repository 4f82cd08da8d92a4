"""The switchboard: who has control of a conversation, and the calls that pass, offer and release it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer, strict_json
from livechat_sdk_simulators.reading import Misfit, only
from livechat_sdk_simulators.zendesk.bodies import Body, json_body, missing, refusing
from livechat_sdk_simulators.zendesk.events import Event
from livechat_sdk_simulators.zendesk.keys import key_of
from livechat_sdk_simulators.zendesk.state import WORKSPACE, Conversation, Integration, Metadata, hex_id

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

__all__ = ["BOT", "CONVERSATION", "Switchboard"]

BOT: Final = "bot"
"""The name of the integration that belongs to the bot."""
CONVERSATION: Final = "/sc/v2/apps/{app}/conversations/{conversation}"
_BOARD: Final = "/sc/v2/apps/{app}/switchboards"
_MOST: Final = 10
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")


class Switchboard:
    """The one switchboard of the app, and what is on it."""

    def __init__(self, zendesk: ZendeskSimulator) -> None:
        self._zendesk = zendesk
        settings = zendesk.settings
        self.id = hex_id()
        self.enabled = settings.switchboard_enabled
        self.bot = Integration(hex_id(), BOT, hex_id(), "custom", settings.standby_events)
        answers = Integration(hex_id(), "zd-answerBot", hex_id(), "zd:answerBot", standby_events=False)
        self.workspace = Integration(
            hex_id(), "zd-agentWorkspace", hex_id(), WORKSPACE, standby_events=False, next=self.bot
        )
        self.bot.next = answers.next = self.workspace
        self.integrations = [self.bot, answers, self.workspace]
        named = {one.name: one for one in self.integrations}
        name = settings.default_responder
        if name and name not in named:
            raise ValueError(f"default_responder is one of {', '.join(named)}, or empty, not {name!r}")
        self._default = named.get(name)

    @property
    def default(self) -> Integration | None:
        """Who has control of a conversation of which nobody has."""
        return self._default if self.enabled else None

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            Operation(
                "open", "POST", f"{CONVERSATION}/passControl", self.pass_control, when_body=self._hands_over
            ),
            Operation("control", "POST", f"{CONVERSATION}/passControl", self.pass_control),
            Operation("offer", "POST", f"{CONVERSATION}/offerControl", self.offer_control),
            Operation("accept", "POST", f"{CONVERSATION}/acceptControl", self.accept_control),
            Operation("close", "POST", f"{CONVERSATION}/releaseControl", self.release_control),
            Operation("switchboard", "GET", _BOARD, self.list_boards),
            Operation("switchboard", "GET", f"{_BOARD}/{{board}}/switchboardIntegrations", self.list_all),
            Operation("switchboard", "POST", f"{_BOARD}/{{board}}/switchboardIntegrations", self.create),
            Operation(
                "switchboard", "PATCH", f"{_BOARD}/{{board}}/switchboardIntegrations/{{one}}", self.update
            ),
        ]

    def _hands_over(self, body: bytes) -> bool:
        """Whether control is to go to the agents: that is what opens a chat."""
        try:
            asked: Any = strict_json(body)
            named = asked["switchboardIntegration"]
        except (KeyError, TypeError, ValueError):
            return False
        return isinstance(named, str) and self._named(named) is self.workspace

    # -------------------------------------------------------------------------------------- control
    def _named(self, name: str) -> Integration | None:
        """By id, then by name, then by type where only one has it."""
        found = [one for one in self.integrations if one.id == name]
        found += [one for one in self.integrations if one.name == name]
        if found:
            return found[0]
        typed = [one for one in self.integrations if one.type == name]
        return typed[0] if len(typed) == 1 else None

    def _asked(self, call: Call) -> tuple[Conversation, str, Metadata]:
        conversation = self._zendesk.conversations.of(call)
        with refusing():
            only(call.query)
            fields = json_body(call)
            name, metadata = fields.text("switchboardIntegration"), fields.metadata()
            fields.end()
        return conversation, name, metadata

    async def pass_control(self, call: Call) -> Response:
        """Give control to somebody. Who has it already keeps it, and nothing is told."""
        conversation, name, metadata = self._asked(call)
        current = conversation.active
        target = (current.next if current else None) if name == "next" else self._named(name)
        if not self.enabled or target is None:
            return self._failed(
                conversation, "passControl", "switchboard_invalid_target", "Switchboard invalid target"
            )
        if target is not current:
            self.give(conversation, target, metadata)
            call.applied = f"{target.name} has control"
        return json_answer({})

    def give(
        self,
        conversation: Conversation,
        target: Integration,
        metadata: Metadata,
        reason: str | None = None,
        *also: Event,
    ) -> None:
        """Let ``target`` have control, and tell it, after what else there is to tell."""
        before = (conversation.active, conversation.pending)
        if conversation.active is self.workspace:
            self._zendesk.desk.session_over(conversation, reason or "control was passed on")
        conversation.active, conversation.pending, conversation.handover = target, None, metadata
        if target is self.workspace:
            self._zendesk.desk.begin(conversation)
        event = ("switchboard:passControl", _payload(metadata, reason))
        self._zendesk.events.tell(conversation, *also, event, before=before)

    async def offer_control(self, call: Call) -> Response:
        """Offer control; earlier offers are over."""
        conversation, name, metadata = self._asked(call)
        current = conversation.active
        target = (current.next if current else None) if name == "next" else self._named(name)
        if not self.enabled or target is None:
            return self._failed(
                conversation, "offerControl", "switchboard_invalid_target", "Switchboard invalid target"
            )
        if target is current:
            title = "Cannot offer control to the active switchboard integration."
            return self._failed(conversation, "offerControl", "switchboard_invalid_target", title)
        before = (conversation.pending,)
        conversation.pending = target
        call.applied = f"control was offered to {target.name}"
        event = ("switchboard:offerControl", _payload(metadata))
        self._zendesk.events.tell(conversation, event, before=before)
        return json_answer({})

    async def accept_control(self, call: Call) -> Response:
        """Let the one who was offered control have it."""
        conversation = self._zendesk.conversations.of(call)
        metadata = self._metadata(call)
        target = conversation.pending
        if target is None:
            title = "There is no pendingSwitchboardIntegration"
            return self._failed(conversation, "acceptControl", "switchboard_invalid_action", title)
        self._may(call, target)
        before = (conversation.active,)
        if conversation.active is self.workspace:
            self._zendesk.desk.session_over(conversation, "control was accepted by somebody else")
        conversation.active, conversation.pending, conversation.handover = target, None, metadata
        if target is self.workspace:
            self._zendesk.desk.begin(conversation)
        call.applied = f"{target.name} has control"
        event = ("switchboard:acceptControl", _payload(metadata))
        self._zendesk.events.tell(conversation, event, before=before)
        return json_answer({})

    async def release_control(self, call: Call) -> Response:
        """Let nobody have control. The ticket stays as it is."""
        conversation = self._zendesk.conversations.of(call)
        metadata = self._metadata(call)
        if conversation.active is not None:
            self._may(call, conversation.active)
            self.release(conversation, metadata)
            call.applied = "control was released"
        return json_answer({})

    def release(
        self,
        conversation: Conversation,
        metadata: Metadata,
        reason: str | None = None,
        *also: Event,
    ) -> None:
        """Let nobody have control, and tell it, after what else there is to tell."""
        before = (conversation.active, conversation.pending)
        if conversation.active is self.workspace:
            self._zendesk.desk.session_over(conversation, reason or "control was released")
        conversation.active = conversation.pending = None
        event = ("switchboard:releaseControl", _payload(metadata, reason))
        self._zendesk.events.tell(conversation, *also, event, before=before)

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

    # ---------------------------------------------------------------------------------------- set-up
    def _board(self, call: Call) -> None:
        if key_of(call).integration_id is not None:
            raise VendorError(403, "forbidden", "Forbidden")
        if call.part("board") != self.id:
            raise missing("switchboard")

    async def list_boards(self, call: Call) -> Response:
        """The one that there is."""
        if key_of(call).integration_id is not None:
            raise VendorError(403, "forbidden", "Forbidden")
        board: dict[str, Any] = {"id": self.id, "enabled": self.enabled}
        if self._default is not None:
            board["defaultSwitchboardIntegrationId"] = self._default.id
        return json_answer({"switchboards": [board]})

    async def list_all(self, call: Call) -> Response:
        """Everybody on it."""
        self._board(call)
        return json_answer({"switchboardIntegrations": [one.json() for one in self.integrations]})

    async def create(self, call: Call) -> Response:
        """Put an integration on it."""
        self._board(call)
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
        if len(self.integrations) >= _MOST:
            title = f"Switchboard has reached the max number of switchboard integrations ({_MOST})"
            raise VendorError(400, "too_many_switchboard_integrations", title)
        self.integrations.append(made)
        call.applied = f"switchboard integration {made.name} was made"
        return json_answer({"switchboardIntegration": made.json()}, 201)

    async def update(self, call: Call) -> Response:
        """Change one."""
        self._board(call)
        found = next((one for one in self.integrations if one.id == call.part("one")), None)
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
        if any(one.name == name and one is not own for one in self.integrations):
            raise Misfit("name is taken")
        return name

    def _rest(self, fields: Body, one: Integration) -> None:
        standby = fields.maybe_flag("deliverStandbyEvents")
        following = fields.maybe("nextSwitchboardIntegrationId")
        history = int(fields.number("messageHistoryCount")) if fields.has("messageHistoryCount") else None
        fields.end()
        if history is not None and not 1 <= history <= _MOST:
            raise Misfit(f"messageHistoryCount is from 1 to {_MOST}")
        if following is not None:
            one.next = next((known for known in self.integrations if known.id == following), None)
            if one.next is None:
                raise Misfit("nextSwitchboardIntegrationId is unknown")
        one.standby_events = one.standby_events if standby is None else standby
        one.history = one.history if history is None else history


def _payload(metadata: Metadata, reason: str | None = None) -> dict[str, Any]:
    payload: dict[str, Any] = {"metadata": dict(metadata)} if metadata else {}
    return payload if reason is None else {**payload, "reason": reason}
