"""The calls about conversations: look at them, disconnect who takes part, change what they carry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.genesys.bodies import json_body, json_list, no_body, only
from livechat_sdk_simulators.genesys.errors import refusal
from livechat_sdk_simulators.genesys.state import Conversation, Message, Participant, id_of
from livechat_sdk_simulators.genesys.topics import Detail

if TYPE_CHECKING:
    from livechat_sdk_simulators.genesys.simulator import GenesysSimulator

__all__ = ["Conversations"]

_OF_MESSAGES: Final = "/api/v2/conversations/messages/{conversation}"
_PARTICIPANT: Final = f"{_OF_MESSAGES}/participants/{{participant}}"
_ANY: Final = "/api/v2/conversations/{conversation}"
_DISCONNECT: Final = "conversation:communication:disconnect"
_SEE_MESSAGES: Final = ("conversation:message:view", "conversation:webmessaging:view")
_STATES: Final = (
    "alerting",
    "dialing",
    "contacting",
    "offering",
    "connected",
    "disconnected",
    "terminated",
    "converting",
    "uploading",
    "transmitting",
    "parked",
    "none",
)
_OTHER_CHANGES: Final = (
    "wrapup",
    "recording",
    "muted",
    "confined",
    "held",
    "wrapupSkipped",
    "resumeTime",
)
_BULK: Final = 100
_PRIORITY: Final = 25_000_000


class Conversations:
    """The conversations of one simulator."""

    def __init__(self, genesys: GenesysSimulator) -> None:
        self._genesys = genesys
        self._by_id: dict[str, Conversation] = {}
        self._by_address: dict[str, Conversation] = {}

    def __iter__(self) -> Iterator[Conversation]:
        """Every conversation, oldest first."""
        return iter(list(self._by_id.values()))

    def add(self, conversation: Conversation) -> None:
        """Keep a new conversation: from now on it is that of its end user."""
        self._by_id[conversation.id] = self._by_address[conversation.address] = conversation

    def of_address(self, address: str) -> Conversation | None:
        """The newest conversation of an end user."""
        return self._by_address.get(address)

    def with_id(self, conversation_id: str) -> Conversation | None:
        """The conversation with this id."""
        return self._by_id.get(conversation_id)

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            Operation("status", "GET", _OF_MESSAGES, self.get_messages),
            Operation("status", "GET", _ANY, self.get_any),
            Operation("close", "PATCH", _OF_MESSAGES, self.patch),
            Operation("close", "PATCH", _PARTICIPANT, self.patch_participant),
            Operation(
                "close", "PATCH", f"{_PARTICIPANT}/communications/{{communication}}", self.patch_communication
            ),
            Operation("close", "DELETE", _ANY, self.delete),
            Operation("close", "POST", f"{_ANY}/disconnect", self.tear_down),
            Operation("update", "PATCH", f"{_PARTICIPANT}/attributes", self.patch_attributes),
            Operation("update", "PATCH", "/api/v2/routing/conversations/{conversation}", self.patch_routing),
            Operation("history", "POST", f"{_OF_MESSAGES}/messages/bulk", self.bulk),
            Operation("history", "GET", f"{_OF_MESSAGES}/messages/{{message}}", self.get_message),
            Operation(
                "history", "GET", "/api/v2/conversations/messages/{message}/details", self.message_details
            ),
        ]

    def _of(self, call: Call) -> Conversation:
        found = self._by_id.get(call.part("conversation"))
        if found is None:
            raise refusal("conversation.error.conversation.not.found")
        call.chat = found.id
        return found

    def _leg(self, call: Call, conversation: Conversation) -> Participant:
        named = call.part("participant")
        found = next((one for one in conversation.participants if one.id == named), None)
        if found is None:
            raise refusal("not.found")
        return found

    # ----------------------------------------------------------------------------------------- looking
    async def get_messages(self, call: Call) -> Response:
        """One conversation of messages."""
        only(call.query)
        return json_answer(self._genesys.shown.message_conversation(self._of(call)))

    async def get_any(self, call: Call) -> Response:
        """The same as a conversation of any media."""
        self._genesys.need("conversation:communication:view")
        only(call.query)
        return json_answer(self._genesys.shown.conversation(self._of(call)))

    async def get_message(self, call: Call) -> Response:
        """One message."""
        self._genesys.need(*_SEE_MESSAGES)
        only(call.query, "useNormalizedMessage")
        conversation = self._of(call)
        return self._message(conversation, call.part("message"))

    async def message_details(self, call: Call) -> Response:
        """One message, whatever conversation it is in."""
        self._genesys.need(*_SEE_MESSAGES)
        only(call.query, "useNormalizedMessage")
        wanted = call.part("message")
        for conversation in self:
            if any(one.id == wanted for one in conversation.messages):
                return self._message(conversation, wanted)
        raise refusal("not.found")

    def _message(self, conversation: Conversation, wanted: str) -> Response:
        found = next((one for one in conversation.messages if one.id == wanted), None)
        if found is None:
            raise refusal("not.found")
        return json_answer(self._genesys.shown.message_data(conversation, found))

    async def bulk(self, call: Call) -> Response:
        """Several messages; those that are not there are left out."""
        self._genesys.need(*_SEE_MESSAGES)
        only(call.query, "useNormalizedMessage")
        conversation = self._of(call)
        wanted = json_list(call)
        if not wanted or len(wanted) > _BULK or not all(isinstance(one, str) for one in wanted):
            raise refusal("constraint.validation", f"size must be between 1 and {_BULK}")
        known: dict[str, Message] = {one.id: one for one in conversation.messages}
        found = [known[str(one)] for one in wanted if one in known]
        shown = [self._genesys.shown.message_data(conversation, one) for one in found]
        return json_answer({"entities": shown})

    # ------------------------------------------------------------------------------------ disconnecting
    def _disconnected(self, call: Call) -> None:
        """Read the one change that is played here: the state ``disconnected``."""
        body = json_body(call, "MediaParticipantRequest")
        state = body.maybe("state", among=_STATES)
        others = [name for name in _OTHER_CHANGES if body.has(name)]
        body.drop(*_OTHER_CHANGES)
        body.end()
        if state != "disconnected" or others:
            raise refusal("conversation.participant.update.invalid")

    def _hang_up(self, call: Call, conversation: Conversation, leg: Participant) -> None:
        if not leg.alive or leg not in conversation.last.participants:
            if self._genesys.settings.disconnect_again == "refused":
                raise refusal("conversation.error.participant.no.active.conversations")
            return
        if leg.purpose == "customer":
            self._genesys.floor.end(conversation, "client", by=leg)
            call.applied = "the customer left"
        else:
            self._genesys.floor.leave(conversation, leg)
            call.applied = f"{leg.name} was disconnected"

    async def patch_participant(self, call: Call) -> Response:
        """Disconnect one who takes part; without the customer it is over."""
        self._genesys.need(_DISCONNECT, "conversation:participant:wrapup", "conversation:call:record", of=1)
        only(call.query)
        conversation = self._of(call)
        leg = self._leg(call, conversation)
        self._disconnected(call)
        self._hang_up(call, conversation, leg)
        return Response(status_code=202)

    async def patch_communication(self, call: Call) -> Response:
        """Disconnect one leg."""
        only(call.query)
        conversation = self._of(call)
        leg = self._leg(call, conversation)
        if leg.session_id != call.part("communication"):
            raise refusal("not.found")
        self._disconnected(call)
        self._hang_up(call, conversation, leg)
        return json_answer({})

    async def patch(self, call: Call) -> Response:
        """End the conversation for everybody."""
        self._genesys.need(_DISCONNECT, "conversation:message:park", of=1)
        only(call.query)
        conversation = self._of(call)
        body = json_body(call, "Conversation")
        body.text("state", among=("disconnected",))
        body.end()
        self._end(call, conversation)
        return json_answer(self._genesys.shown.conversation(conversation))

    async def delete(self, call: Call) -> Response:
        """The same, by DELETE."""
        self._genesys.need(_DISCONNECT)
        only(call.query)
        no_body(call)
        self._end(call, self._of(call))
        return Response(status_code=204)

    async def tear_down(self, call: Call) -> Response:
        """The emergency: against routine use of which the vendor warns."""
        self._genesys.need(_DISCONNECT)
        only(call.query)
        no_body(call)
        self._end(call, self._of(call))
        return json_answer("", 202)

    def _end(self, call: Call, conversation: Conversation) -> None:
        if conversation.live is not None:
            self._genesys.floor.end(conversation, "system")
            call.applied = "the conversation was ended"

    # ----------------------------------------------------------------------------------------- changing
    async def patch_attributes(self, call: Call) -> Response:
        """Set data of one who takes part."""
        only(call.query)
        conversation = self._of(call)
        leg = self._leg(call, conversation)
        body = json_body(call, "ParticipantAttributes")
        attributes = body.text_map("attributes")
        body.end()
        leg.attributes.update(attributes)
        told: list[Detail] = [("attributes", leg, {"attributes": dict(leg.attributes)})]
        self._genesys.topics.tell(conversation, told, faulty=False)
        call.applied = f"attributes of {leg.name}: {', '.join(attributes)}"
        return Response(status_code=202)

    async def patch_routing(self, call: Call) -> Response:
        """Change what is asked of the queue, while the chat waits there."""
        self._genesys.need("routing:conversation:edit")
        only(call.query)
        conversation = self._of(call)
        body = json_body(call, "RoutingConversationAttributesRequest")
        priority = body.whole("priority", -_PRIORITY, _PRIORITY)
        skills, language = body.texts("skillIds"), body.maybe("languageId")
        body.maybe("skillExpression")
        body.maybe("labelId")
        body.end()
        stay = conversation.live
        if stay is None or stay.waiting is None:
            raise refusal("request.conflict")
        floor = self._genesys.floor
        if any(one not in floor.skills for one in skills or ()) or (
            language and language not in floor.languages
        ):
            raise refusal("resource.not.found")
        if priority is not None:
            stay.routing.priority = priority
        if skills is not None:
            stay.routing.skills = [floor.skills[one] for one in skills]
        if language is not None:
            stay.routing.language = floor.languages[language] if language else None
        self._genesys.topics.tell(conversation, faulty=False)
        call.applied = "the routing was changed"
        shown: dict[str, Any] = {
            "priority": stay.routing.priority,
            "skills": [{"id": id_of("skill", one), "name": one} for one in stay.routing.skills],
        }
        if stay.routing.language:
            shown["language"] = {
                "id": id_of("language", stay.routing.language),
                "name": stay.routing.language,
            }
        return json_answer(shown)
