"""The automations of a desk: what a member may start, what was started, and what would be sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.errors import HandoffNotFound
from livechat_sdk.provider.hosting import EmbeddedHost
from livechat_sdk_helvia.accounts import Accounts
from livechat_sdk_helvia.automations.calling import body_of
from livechat_sdk_helvia.automations.checking import read_answers
from livechat_sdk_helvia.automations.definitions import Definitions
from livechat_sdk_helvia.automations.doing import FlowDoer, HttpDoer, TicketDoer
from livechat_sdk_helvia.automations.flows import Flows
from livechat_sdk_helvia.automations.lane import Lane
from livechat_sdk_helvia.automations.outside import Outside
from livechat_sdk_helvia.automations.payload import call_document
from livechat_sdk_helvia.automations.records import Automation, AutomationRun
from livechat_sdk_helvia.automations.runs import Runs
from livechat_sdk_helvia.context import DeskContext, require
from livechat_sdk_helvia.conversations import Conversations
from livechat_sdk_helvia.faults import Forbidden, NotFound, RequestGone
from livechat_sdk_helvia.records import Conversation, ConversationStatus, DeskUser, Right

__all__ = ["Automations", "DryLook"]

_HIDDEN = "(secret)"


@dataclass(frozen=True, slots=True)
class DryLook:
    """What an automation would send. The values of secret headers are not in it."""

    method: str
    address: str
    headers: Mapping[str, str] = field(repr=False)
    body: str = field(repr=False)


class Automations:
    """Starting automations and looking at what came of them. ``definitions`` and ``flows`` are for admins."""

    def __init__(
        self,
        desk: DeskContext,
        conversations: Conversations,
        accounts: Accounts,
        host: EmbeddedHost | None = None,
    ) -> None:
        self._desk = desk
        self._conversations = conversations
        self.outside = Outside(host)
        self.definitions = Definitions(desk, self.outside)
        self.flows = Flows(desk, self.outside)
        self.runs = Runs(desk)
        self.lane = Lane(
            desk,
            self.runs,
            conversations,
            {
                "http": HttpDoer(desk, self.definitions, self.outside, accounts.get),
                "ticket": TicketDoer(desk, self.outside),
                "flow": FlowDoer(desk, self.flows, self.outside),
            },
        )

    async def buttons(self, actor: DeskUser, conversation: Conversation) -> Sequence[Automation]:
        """What ``actor`` may start in this conversation; nothing where somebody else handles it."""
        require(actor, Right.HANDLE)
        if not await self._may_start(actor, conversation):
            return ()
        return await self.definitions.buttons(actor, conversation.bot)

    async def button(self, actor: DeskUser, conversation: Conversation, automation_id: int) -> Automation:
        """One of them. Raises ``NotFound``, ``Forbidden``, ``RequestGone`` before anybody has accepted."""
        require(actor, Right.HANDLE)
        if conversation.status in {ConversationStatus.PENDING, ConversationStatus.UNSERVED}:
            raise RequestGone("Nobody has accepted this request.", hint="Accept it first.")
        if not await self._may_start(actor, conversation):
            raise Forbidden(
                f"This conversation is handled by {conversation.owner_name or 'nobody yet'}.",
                hint="They can start automations in it, or a LiveChat Admin.",
            )
        for one in await self.definitions.buttons(actor, conversation.bot):
            if one.id == automation_id:
                return one
        raise NotFound(f"There is no automation {automation_id} for this conversation.")

    async def start(
        self,
        actor: DeskUser,
        conversation: Conversation,
        automation_id: int,
        answers: Mapping[str, str],
        *,
        key: str | None = None,
    ) -> AutomationRun:
        """Start an automation; the lane carries it out. The same ``key`` again is the same run.

        Raises as ``button`` does, and ``InvalidField`` for answers that are missing or not of their type.
        """
        automation = await self.button(actor, conversation, automation_id)
        inputs = read_answers(automation.inputs, answers)
        return await self.runs.begin(actor, automation, conversation, inputs, key)

    async def of(self, actor: DeskUser, conversation: Conversation) -> Sequence[AutomationRun]:
        """The runs of a conversation, the newest first."""
        require(actor, Right.HANDLE)
        return await self.runs.of(conversation.id)

    async def tickets(self, actor: DeskUser, conversation: Conversation) -> Sequence[Ticket]:
        """The tickets that were made of the conversation's handoff, whoever asked for them."""
        require(actor, Right.HANDLE)
        if self.outside.host is None:
            return ()
        try:
            return await self.outside.host.tickets(conversation.handoff_id)
        except HandoffNotFound:
            return ()

    async def dry_look(
        self,
        actor: DeskUser,
        automation_id: int,
        answers: Mapping[str, str],
        conversation: Conversation,
        moment: str = "button",
    ) -> DryLook:
        """What would be sent for ``conversation``; nothing is. Raises ``NotFound``, ``InvalidField``."""
        automation = await self.definitions.get(actor, automation_id)
        inputs = read_answers(automation.inputs, answers) if moment == "button" else {}
        document = call_document(
            f"{conversation.id}.{moment}.example",
            automation,
            conversation,
            workspace=self._desk.workspace,
            moment=moment,
            inputs=inputs,
            started_by=actor if moment == "button" else None,
        )
        headers = {one.name: _HIDDEN if one.secret else one.value for one in automation.headers}
        headers |= {"Content-Type": "application/json", "Idempotency-Key": str(document["id"])}
        body = json.dumps(json.loads(body_of(document)), ensure_ascii=False, indent=2)
        return DryLook("POST", automation.address, headers, body)

    async def _may_start(self, actor: DeskUser, conversation: Conversation) -> bool:
        if conversation.status not in {ConversationStatus.STARTED, ConversationStatus.FINISHED}:
            return False
        if conversation.owner_id == actor.id or actor.may(Right.ADMINISTER):
            return actor.may(Right.HANDLE)
        there = await self._conversations.participants(conversation.id)
        return actor.may(Right.HANDLE) and any(one.user_id == actor.id for one in there)
