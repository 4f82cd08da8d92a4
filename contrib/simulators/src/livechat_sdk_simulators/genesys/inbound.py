"""The inbound calls of Open Messaging: what the end user writes, types, presses and has received."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, json_answer
from livechat_sdk_simulators.clock import rfc3339
from livechat_sdk_simulators.genesys.bodies import Body, json_body, only, truth
from livechat_sdk_simulators.genesys.errors import refusal
from livechat_sdk_simulators.genesys.senders import Sender, read_content, read_reason, read_sender
from livechat_sdk_simulators.genesys.state import Conversation, Message, message_id, new_id

if TYPE_CHECKING:
    from livechat_sdk_simulators.genesys.simulator import GenesysSimulator

__all__ = ["Inbound"]

_BASE: Final = "/api/v2/conversations/messages/{integration}/inbound/open"
_RIGHT: Final = "conversation:message:receive"
_STATUSES: Final = ("Sent", "Delivered", "Failed", "Published", "Removed")
_BUTTONS: Final = ("Button", "QuickReply", "DatePicker")
_OLD: Final = ("type", "direction", "conversationId")
_AGENT_STATUS: Final = {"Sent": "sent", "Delivered": "delivery-success", "Failed": "delivery-failed"}


class Inbound:
    """The four calls that the vendor has at present."""

    def __init__(self, genesys: GenesysSimulator) -> None:
        self._genesys = genesys
        self._answers: dict[str, dict[str, Any]] = {}
        """By the sender's id and own message id."""

    def operations(self) -> Sequence[Operation]:
        """What there is. ``open`` is a message that begins a chat, ``send`` one that joins it."""
        return [
            Operation("open", "POST", f"{_BASE}/message", self.message, when_body=self._begins),
            Operation("send", "POST", f"{_BASE}/message", self.message),
            Operation("typing", "POST", f"{_BASE}/event", self.event),
            Operation("receipt", "POST", f"{_BASE}/receipt", self.receipt),
            Operation("send", "POST", f"{_BASE}/structured/response", self.structured),
        ]

    def _begins(self, body: bytes) -> bool:
        """Whether this message finds no chat that is under way."""
        try:
            address = json.loads(body)["channel"]["from"]["id"]
        except (KeyError, TypeError, ValueError):
            return True
        known = self._genesys.conversations.of_address(str(address))
        return known is None or known.live is None

    # --------------------------------------------------------------------------------------- messages
    async def message(self, call: Call) -> Response:
        """A text, or an attachment."""
        integration = self._integration(call)
        only(call.query, "prefetchConversationId")
        prefetch = truth(call.query, "prefetchConversationId")
        body = json_body(call, "OpenInboundNormalizedMessage")
        came = self._sender(body)
        text = body.maybe("text", most=self._genesys.settings.text_limit) or ""
        content = body.parts("content", "OpenInboundMessageContent", read_content)
        metadata = body.text_map("metadata")
        body.drop(*_OLD)
        body.end()
        if not text and not content:
            raise refusal("constraint.validation", "Either text or content must be provided")
        if len(content) > 1:
            raise refusal("constraint.validation", "content: only one attachment is allowed")
        made = message_id()
        answer: dict[str, Any] = {
            "id": made,
            "channel": came.channel(integration, made),
            "type": "Text",
            **({"text": text} if text else {}),
            "content": content,
            **({"metadata": metadata} if metadata else {}),
        }
        failure = self._failure(text, content)
        if failure is not None:
            return json_answer({**answer, **failure}, self._genesys.settings.inbound_status)
        repeated = self._repeated(came)
        if repeated is None:
            message = Message(
                id=made,
                by="customer",
                at=self._genesys.clock.now(),
                type="Text",
                text=text,
                content=content,
                key=came.key,
            )
            conversation = self._take(call, came, message)
            repeated = {**answer, "conversationId": conversation.id}
            if self._genesys.settings.drops_repeated_messages:
                self._answers[f"{came.address}\n{came.key}"] = repeated
        call.chat = str(repeated["conversationId"])
        shown = {name: one for name, one in repeated.items() if prefetch or name != "conversationId"}
        return json_answer(shown, self._genesys.settings.inbound_status)

    def _repeated(self, came: Sender) -> dict[str, Any] | None:
        if not (self._genesys.settings.drops_repeated_messages and came.key):
            return None
        return self._answers.get(f"{came.address}\n{came.key}")

    def _failure(self, text: str, content: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
        """What the answer says of a message that was taken over HTTP and failed all the same."""
        settings = self._genesys.settings
        code = ""
        if settings.failing_text is not None and settings.failing_text in text:
            code = "GeneralError"
        if settings.refused_media and any(
            one["attachment"]["mime"].startswith(tuple(settings.refused_media)) for one in content
        ):
            code = "MediaTypeNotAllowed"
        if not code:
            return None
        reasons = [{"code": code, "message": "The message was not taken."}]
        return {"status": "Failed", "reasons": reasons, "isFinalReceipt": True}

    def _take(self, call: Call, came: Sender, message: Message) -> Conversation:
        """Put a message where it belongs: into the chat that is under way, or a new one."""
        genesys, now = self._genesys, self._genesys.clock.now()
        conversation = genesys.conversations.of_address(came.address)
        if conversation is not None and not self._goes_on(conversation, now):
            conversation = None
        if conversation is None:
            conversation = Conversation(id=new_id(), sender=came.shown, started_at=now)
            genesys.conversations.add(conversation)
        conversation.sender = {**conversation.sender, **came.shown}
        if conversation.live is None:
            genesys.floor.begin(conversation, came.attributes)
            call.applied = f"conversation {conversation.id} began"
        else:
            call.applied = f"message {message.id} came"
        conversation.last.types = False
        genesys.floor.keep(conversation, message)
        genesys.topics.tell(conversation, faulty=False)
        return conversation

    def _goes_on(self, conversation: Conversation, now: datetime) -> bool:
        """Whether a new message of this end user belongs to it still."""
        ended = conversation.last.customer.ended_at
        return ended is None or now - ended < timedelta(minutes=self._genesys.threading_minutes)

    async def structured(self, call: Call) -> Response:
        """The end user has pressed a button that a message offered."""
        integration = self._integration(call)
        only(call.query)
        body = json_body(call, "OpenInboundStructuredResponseMessage")
        came = self._sender(body)
        button = body.part("buttonResponse", "ContentButtonResponse")
        pressed = {
            "type": button.text("type", among=_BUTTONS),
            "text": button.text("text"),
            "payload": button.text("payload"),
        }
        button.maybe("id")
        button.end()
        origin = body.text("originatingMessageId")
        body.drop(*_OLD)
        body.end()
        conversation = self._genesys.conversations.of_address(came.address)
        if conversation is None or conversation.live is None:
            raise refusal("conversation.error.conversation.not.found")
        offered = [one for one in conversation.messages if one.id == origin and one.type == "Structured"]
        if not offered:
            raise refusal("not.found")
        content = [{"contentType": "ButtonResponse", "buttonResponse": pressed}]
        message = Message(
            id=message_id(),
            by="customer",
            at=self._genesys.clock.now(),
            type="Structured",
            text=pressed["text"],
            content=content,
            key=came.key,
        )
        call.chat = self._take(call, came, message).id
        answer = {
            "id": message.id,
            "channel": came.channel(integration, message.id),
            "type": "Structured",
            "direction": "Inbound",
            "content": content,
        }
        return json_answer(answer, self._genesys.settings.inbound_status)

    # ------------------------------------------------------------------------- typing and receipts
    async def event(self, call: Call) -> Response:
        """The end user types."""
        integration = self._integration(call)
        only(call.query)
        body = json_body(call, "OpenInboundNormalizedEvent")
        came = self._sender(body, plain=True)
        if not body.has("events"):
            raise refusal("constraint.validation", "events may not be null")
        kinds = body.parts("events", "OpenEvent", lambda one: one.text("eventType", among=("Typing",)))
        body.drop(*_OLD)
        body.end()
        if not kinds:
            raise refusal("constraint.validation", "events may not be empty")
        conversation = self._genesys.conversations.of_address(came.address)
        stay = None if conversation is None else conversation.live
        if conversation is not None and stay is not None and self._genesys.settings.typing_enabled:
            stay.types = True
            call.chat, call.applied = conversation.id, "the customer types"
        made = message_id()
        events = [{"eventType": "Typing", "typing": {"type": "On", "duration": 5000}} for _ in kinds]
        answer = {
            "id": made,
            "channel": came.channel(integration, made),
            "type": "Event",
            "events": events,
        }
        return json_answer(answer, self._genesys.settings.inbound_status)

    async def receipt(self, call: Call) -> Response:
        """What became of a message that a webhook brought."""
        integration = self._integration(call)
        only(call.query)
        body = json_body(call, "OpenInboundNormalizedReceipt")
        named = body.text("id")
        channel = body.part("channel", "OpenInboundMessagingReceiptChannel")
        to = channel.part("to", "OpenMessagingToRecipient")
        address = to.text("id")
        to.drop("nickname", "idType", "firstName", "lastName", "image", "email")
        to.end()
        time = channel.moment("time")
        channel.drop("id", "platform", "type", "messageId", "from", "metadata")
        channel.end()
        status = body.text("status", among=_STATUSES)
        reasons = body.parts("reasons", "ConversationReason", read_reason)
        final = body.flag("isFinalReceipt")
        body.drop("direction", "type", "metadata")
        body.end()
        conversation = self._genesys.conversations.of_address(address)
        known = [] if conversation is None else conversation.messages
        found = [one for one in known if one.id == named and not one.inbound]
        if conversation is None or not found:
            raise refusal("not.found")
        answer: dict[str, Any] = {
            "id": named,
            "channel": {
                "id": integration,
                "platform": "Open",
                "type": "Private",
                "messageId": named,
                "to": {"id": address},
                "from": {"id": integration, "idType": "Opaque"},
                "time": rfc3339(time),
            },
            "type": "Receipt",
            "status": status,
            "reasons": reasons,
            "isFinalReceipt": bool(final),
            "direction": "Outbound",
        }
        message = found[0]
        message.receipts.append(answer)
        message.status = _AGENT_STATUS.get(status, message.status)
        message.failure = reasons[0]["message"] if status == "Failed" and reasons else message.failure
        conversation.last.receipts.append(f"{status.lower()} {named}")
        self._genesys.topics.tell(conversation, faulty=False)
        call.chat, call.applied = conversation.id, f"message {named} is {status}"
        return json_answer(answer, self._genesys.settings.inbound_status)

    # ------------------------------------------------------------------------------------------ parts
    def _integration(self, call: Call) -> str:
        """The integration that the address names, for a client that may write to it."""
        self._genesys.need(_RIGHT)
        if self._genesys.settings.user_token:
            raise refusal("not.a.client")
        named = call.part("integration")
        if not self._genesys.set_up.has(named):
            raise refusal("not.found")
        return named

    def _sender(self, body: Body, *, plain: bool = False) -> Sender:
        kind = "OpenInboundMessagingChannel" if plain else "OpenInboundMessageMessagingChannel"
        return read_sender(body.part("channel", kind), self._genesys.settings.attributes_limit, plain=plain)
