"""How Genesys shows what it knows: conversations of both kinds, participants, messages."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from livechat_sdk_simulators.clock import epoch_milliseconds, rfc3339
from livechat_sdk_simulators.genesys.state import Conversation, Message, Participant, Stay, id_of

if TYPE_CHECKING:
    from livechat_sdk_simulators.genesys.simulator import GenesysSimulator

__all__ = ["PROVIDER", "Shown"]

PROVIDER: Final = "PureCloud Messaging"

_TRANSFERS: Final = 20
_TOLD: Final = 100
"""Messages of one who takes part in a snapshot: the newest."""
_TOPIC_ENDS: Final = {
    "endpoint.donotdisturb": "endpoint.dnd",
    "transfer.donotdisturb": "transfer.dnd",
    "session.expired": "session.expired",
}
_DETAIL_ENDS: Final = {
    "transfer.noanswer": "NO_ANSWER_TRANSFER",
    "transfer.consult": "CONSULT_TRANSFER",
    "transfer.conference": "CONFERENCE_TRANSFER",
    "transfer.forward": "FORWARD_TRANSFER",
    "transfer.notavailable": "NOT_AVAILABLE_TRANSFER",
    "transfer.donotdisturb": "DND_TRANSFER",
    "endpoint.donotdisturb": "DND_ENDPOINT",
}


class Shown:
    """JSON of the API and of the topics."""

    def __init__(self, genesys: GenesysSimulator) -> None:
        self._genesys = genesys

    # ----------------------------------------------------------------------------------- conversations
    def message_conversation(self, conversation: Conversation) -> dict[str, Any]:
        """``MessageConversation``."""
        return {
            "id": conversation.id,
            "participants": [
                {
                    **self._participant(conversation, stay, one),
                    "messages": [self._details(conversation, message) for message in one.messages],
                }
                for stay in conversation.stays
                for one in stay.participants
            ],
            "otherMediaUris": [],
            "recentTransfers": conversation.transfers[-_TRANSFERS:],
            "divisions": [],
            "selfUri": f"/api/v2/conversations/messages/{conversation.id}",
        }

    def snapshot(self, conversation: Conversation) -> dict[str, Any]:
        """``MessageConversation`` as the topics of queues and users have it."""
        participants: list[dict[str, Any]] = []
        for stay in conversation.stays:
            for one in stay.participants:
                shown = self._participant(conversation, stay, one)
                shown.pop("startAlertingTime", None)
                for name in ("toAddress", "fromAddress"):
                    shown.pop(name, None)
                for name in ("user", "queue"):
                    if name in shown:
                        shown[name] = {"id": shown[name]["id"]}
                if one.disconnect is not None:
                    shown["disconnectType"] = _TOPIC_ENDS.get(one.disconnect, one.disconnect)
                shown["messages"] = [self._topic_message(message) for message in one.messages[-_TOLD:]]
                participants.append(shown)
        return {"id": conversation.id, "participants": participants, "otherMediaUris": [], "divisions": []}

    def conversation(self, conversation: Conversation) -> dict[str, Any]:
        """``Conversation``, of any media."""
        ended = conversation.last.customer.ended_at
        shown: dict[str, Any] = {
            "id": conversation.id,
            "startTime": rfc3339(conversation.started_at),
            "address": conversation.address,
            "participants": [
                self._any_participant(conversation, stay, one)
                for stay in conversation.stays
                for one in stay.participants
            ],
            "recordingState": "NONE",
            "state": "disconnected" if conversation.live is None else "connected",
            "divisions": [],
            "recentTransfers": conversation.transfers[-_TRANSFERS:],
            "selfUri": f"/api/v2/conversations/{conversation.id}",
        }
        if conversation.live is None and ended is not None:
            shown["endTime"] = rfc3339(ended)
        return shown

    # ------------------------------------------------------------------------------------ participants
    def _participant(self, conversation: Conversation, stay: Stay, one: Participant) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": one.id,
            "name": one.name,
            "address": conversation.address,
            "startTime": rfc3339(one.started_at),
            "purpose": one.purpose,
            "state": one.state,
            "direction": "inbound",
            "held": False,
            "wrapupRequired": False,
            "mediaRoles": ["full"],
            "attributes": dict(one.attributes),
            "provider": PROVIDER,
            "toAddress": self._address(self._genesys.settings.integration_id),
            "fromAddress": self._address(conversation.address),
            "type": "open",
            **_times(one),
        }
        if one.disconnect is not None:
            shown["disconnectType"] = one.disconnect
        if one.agent is not None:
            shown["user"] = {"id": one.agent.id, "selfUri": f"/api/v2/users/{one.agent.id}"}
        if one.queue is not None:
            shown["queue"] = {"id": one.queue.id, "selfUri": f"/api/v2/routing/queues/{one.queue.id}"}
        if one.purpose in {"acd", "agent"}:
            shown["conversationRoutingData"] = self.routing(stay)
        if conversation.contact is not None and one.purpose == "customer":
            shown["externalContact"] = {"id": conversation.contact}
        return shown

    def _any_participant(self, conversation: Conversation, stay: Stay, one: Participant) -> dict[str, Any]:
        communication: dict[str, Any] = {
            "id": one.session_id,
            "state": one.state,
            "initialState": "alerting" if one.alerting_at else "connected",
            "held": False,
            "direction": "inbound",
            "provider": PROVIDER,
            "authenticated": False,
            "type": "open",
            "toAddress": self._address(self._genesys.settings.integration_id),
            "fromAddress": self._address(conversation.address),
            "messages": [self._details(conversation, message) for message in one.messages],
        }
        begun = {"startAlertingTime", "connectedTime"}
        communication |= {name: value for name, value in _times(one).items() if name in begun}
        if one.disconnect is not None and one.ended_at is not None:
            communication["disconnectType"] = one.disconnect
            communication["disconnectedTime"] = rfc3339(one.ended_at)
        times = {name: value for name, value in _times(one).items() if name != "startAlertingTime"}
        shown: dict[str, Any] = {
            "id": one.id,
            "name": one.name,
            "startTime": rfc3339(one.started_at),
            "purpose": one.purpose,
            "participantType": "External" if one.purpose == "customer" else "Internal",
            "address": conversation.address,
            "wrapupRequired": False,
            "mediaRoles": ["full"],
            "attributes": dict(one.attributes),
            "messages": [communication],
            **times,
        }
        if one.agent is not None:
            shown |= {"userId": one.agent.id, "userUri": f"/api/v2/users/{one.agent.id}"}
        if one.queue is not None:
            shown |= {"queueId": one.queue.id, "queueName": one.queue.name}
        if one.purpose in {"acd", "agent"}:
            shown["conversationRoutingData"] = self.routing(stay)
        if conversation.contact is not None and one.purpose == "customer":
            shown["externalContactId"] = conversation.contact
        return shown

    def routing(self, stay: Stay) -> dict[str, Any]:
        """``ConversationRoutingData``: skills and language by their ids."""
        routing = stay.routing
        shown: dict[str, Any] = {
            "queue": {"id": routing.queue.id},
            "priority": routing.priority,
            "skills": [{"id": id_of("skill", one)} for one in routing.skills],
            "scoredAgents": [],
        }
        if routing.language:
            shown["language"] = {"id": id_of("language", routing.language)}
        return shown

    def _address(self, value: str) -> dict[str, str]:
        return {"addressNormalized": value, "addressRaw": value, "addressDisplayable": value}

    # ---------------------------------------------------------------------------------------- messages
    def _details(self, conversation: Conversation, message: Message) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "messageId": message.id,
            "messageURI": f"/api/v2/conversations/messages/{conversation.id}/messages/{message.id}",
            "messageStatus": message.status,
            "messageSegmentCount": 1,
            "messageTime": rfc3339(message.at),
        }
        if message.files():
            shown["media"] = self._media(message)
        if message.failure:
            shown["errorInfo"] = {"message": message.failure, "code": "GeneralError"}
        return shown

    def _topic_message(self, message: Message) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "message": {"id": message.id},
            "messageTime": rfc3339(message.at),
            "messageSegmentCount": 1,
            "messageStatus": message.status,
        }
        if message.files():
            shown["media"] = self._media(message)
        return shown

    def _media(self, message: Message) -> list[dict[str, Any]]:
        return [
            {
                "url": one.get("url", ""),
                "mediaType": one.get("mime", ""),
                "name": one.get("filename", ""),
                "id": one.get("id", ""),
                "contentLengthBytes": one.get("contentSizeBytes", 0),
            }
            for one in message.files()
        ]

    def message_data(self, conversation: Conversation, message: Message) -> dict[str, Any]:
        """``MessageData``."""
        ours, theirs = self._genesys.settings.integration_id, conversation.address
        shown: dict[str, Any] = {
            "id": message.id,
            "providerMessageId": message.key or message.id,
            "timestamp": rfc3339(message.at),
            "fromAddress": theirs if message.inbound else ours,
            "toAddress": ours if message.inbound else theirs,
            "direction": "inbound" if message.inbound else "outbound",
            "messengerType": "open",
            "textBody": message.text,
            "status": message.status,
            "media": self._media(message),
            "normalizedMessage": {
                "id": message.id,
                "type": message.type,
                "text": message.text,
                "content": message.content,
                "direction": "Inbound" if message.inbound else "Outbound",
                "channel": {
                    "id": ours,
                    "platform": "Open",
                    "type": "Private",
                    "messageId": message.key or message.id,
                },
            },
            "normalizedReceipts": message.receipts,
            "conversationId": conversation.id,
            "selfUri": f"/api/v2/conversations/messages/{conversation.id}/messages/{message.id}",
        }
        if message.by != "customer":
            shown["normalizedMessage"]["originatingEntity"] = "Human" if message.agent else "Bot"
        if message.agent is not None:
            shown["createdBy"] = {
                "id": message.agent.id,
                "name": message.agent.name,
                "version": 1,
                "selfUri": f"/api/v2/users/{message.agent.id}",
            }
        return shown

    # ------------------------------------------------------------------------------------------ topics
    def detail(self, conversation: Conversation, end: str, one: Participant, at: datetime) -> dict[str, Any]:
        """What the bodies of all detail events have; ``end`` is that of the topic's name: ``acd.end``."""
        if end == "attributes":
            return {
                "eventTime": epoch_milliseconds(at),
                "conversationId": conversation.id,
                "participantId": one.id,
                "communications": [{"id": one.session_id, "mediaType": "MESSAGE"}],
            }
        shown: dict[str, Any] = {
            "eventTime": epoch_milliseconds(at),
            "conversationId": conversation.id,
            "participantId": one.id,
            "sessionId": one.session_id,
            "mediaType": "MESSAGE",
            "provider": PROVIDER,
            "direction": "INBOUND",
            "addressTo": self._genesys.settings.integration_id,
            "addressFrom": conversation.address,
            "messageType": "OPEN",
        }
        if one.disconnect is not None and end.endswith(".end"):
            shown["disconnectType"] = _DETAIL_ENDS.get(
                one.disconnect, one.disconnect.upper().replace(".", "_")
            )
        if one.queue is not None:
            shown["queueId"] = one.queue.id
        if one.agent is not None:
            shown["userId"] = one.agent.id
        if one.purpose == "workflow":
            shown |= {"flowType": "INBOUNDSHORTMESSAGE", "flowId": id_of("flow", one.name)}
        return shown


def _times(one: Participant) -> dict[str, str]:
    times = {
        "startAlertingTime": one.alerting_at,
        "connectedTime": one.connected_at,
        "endTime": one.ended_at,
    }
    return {name: rfc3339(at) for name, at in times.items() if at is not None}
