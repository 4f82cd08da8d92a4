"""The published manager's paths as a service of the desk: what services open and say, and the lists."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from pydantic import SecretStr

from livechat_sdk_helvia.faults import ConversationOver, DeskFault, Forbidden, NotFound
from livechat_sdk_helvia.hub import SERVICE_REQUESTS
from livechat_sdk_helvia.manager.bodies import message_from, opening_from, place_of
from livechat_sdk_helvia.manager.lists import ManagerLists
from livechat_sdk_helvia.manager.tokens import ManagerTokens
from livechat_sdk_helvia.records import Conversation, ConversationStatus, DeskMessage

if TYPE_CHECKING:
    from livechat_sdk_helvia.service import Desk

__all__ = ["MINE", "Manager", "SwitchedOff"]

MINE: Final = "manager:"
"""How the references of conversations begin that services have opened."""

_OPEN: Final = (ConversationStatus.PENDING, ConversationStatus.STARTED)


class SwitchedOff(DeskFault):
    """Live chat is switched off for the bot that asks."""

    code = "unavailable"
    status = 409


class Manager:
    """Opens requests for services and takes in what their end users say, each once."""

    def __init__(self, desk: Desk, services: Sequence[SecretStr], *, turns_away: bool) -> None:
        """``turns_away``: a request that nobody at the desk could take is missed at once."""
        self._desk = desk
        self._turns_away = turns_away
        self.tokens = ManagerTokens(desk.context, desk.accounts, desk.sessions, services)
        self.lists = ManagerLists(desk.context, desk.sight)

    async def open(self, body: Mapping[str, Any]) -> Conversation:
        """A request of an end user. While one of the same session waits or runs, it is that one.

        Raises ``InvalidField``, ``SwitchedOff``.
        """
        asked = opening_from(self._desk.context, body, "manager")
        digest = hashlib.sha256(asked.conversation_id.encode()).hexdigest()[:32]
        newest = await self.lists.newest_of_session(asked.conversation_id, f"{MINE}{digest}:%")
        if newest is not None and newest.status in _OPEN:
            return newest
        if not (await self._desk.bots.get(asked.bot)).available:
            raise SwitchedOff(f"Live chat is switched off for {asked.bot!r}.")
        # Two that open at one time make the same reference, so that the store lets only one of them through.
        ref = f"{MINE}{digest}:{newest.id if newest else 0}"
        opening = asked.model_copy(update={"ref": ref, "handoff_id": ref})
        conversation, _ = await self._desk.conversations.open(opening)
        if self._turns_away and not await self._desk.team.somebody_free(opening.route):
            await self._desk.conversations.miss(conversation.id)
            return await self._desk.conversations.get(conversation.id)
        self._desk.hub.deliver(SERVICE_REQUESTS, "opened")
        return conversation

    async def take_in(self, body: Mapping[str, Any]) -> DeskMessage:
        """What an end user said. Raises ``InvalidField``, ``NotFound``, ``Forbidden``, ``ConversationOver``.

        Only in conversations that a service opened: a dispatcher speaks for the end users of its own.
        """
        message = message_from(self._desk.context, body)
        how, which = place_of(body)
        if how == "id":
            number = int(which) if which.isascii() and which.isdigit() and len(which) < len("9" * 17) else -1
            conversation: Conversation | None = await self._desk.conversations.get(number)
        else:
            conversation = await self.lists.newest_of_session(which, f"{MINE}%")
        if conversation is None:
            raise NotFound("There is no conversation of this session at this desk.")
        if not conversation.ref.startswith(MINE):
            raise Forbidden(
                "This conversation was opened by a dispatcher, which sends what its end user says.",
                hint="Send the message to POST /v1/handoffs/{id}/messages of the gateway.",
            )
        if conversation.status not in _OPEN:
            known = await self._desk.messages.by_key(conversation.id, "end-user", message.key)
            if known is not None:
                return known
            raise ConversationOver("The conversation has ended: nothing can be said in it any more.")
        stored, _ = await self._desk.messages.take_in(conversation, message)
        return stored
