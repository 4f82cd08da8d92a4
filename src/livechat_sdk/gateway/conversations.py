"""The send gate, and whether a human could be had: what a bot asks before it speaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from livechat_sdk.domain.base import Identifier
from livechat_sdk.gateway.incoming import Incoming
from livechat_sdk.gateway.operations import Operation, Parameter, answer
from livechat_sdk.gateway.refusals import Refusal
from livechat_sdk.gateway.views import AvailabilityView, GateBody, GateView

if TYPE_CHECKING:
    from livechat_sdk.dispatcher import Dispatcher

__all__ = ["ConversationRoutes", "identifier"]

_ID = TypeAdapter[str](Identifier)


class ConversationRoutes:
    """``/v1/conversations`` and ``/v1/availability``."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def operations(self) -> Sequence[Operation]:
        """The operations of this room, for the table."""
        return (
            Operation(
                "POST",
                "/v1/conversations/{conversation_id:path}/bot-messages",
                "mayBotSend",
                "The send gate: whether the bot may speak to the end user now.",
                self.gate,
                answers={200: (GateView, "the bot may speak")},
                body=GateBody,
                refusals={409: "`not_owner`: the bot may not speak, or knows an old owner number"},
            ),
            Operation(
                "GET",
                "/v1/availability",
                "getAvailability",
                "Whether a handoff of this bot would find somebody now.",
                self.availability,
                answers={200: (AvailabilityView, "as far as it is known")},
                parameters=(Parameter("bot", "name of the bot in the settings", required=True),),
                refusals={422: "`unknown_bot`"},
            ),
        )

    async def gate(self, incoming: Incoming) -> Response:
        """``POST /v1/conversations/{id}/bot-messages``."""
        conversation = identifier(incoming.path("conversation_id"), "the conversation id")
        known = await incoming.model(GateBody)
        gate = await self._dispatcher.bot_may_send(conversation, known.owner_number)
        if not gate.allowed:
            raise Refusal(
                409,
                "not_owner",
                f"the bot may not speak: the conversation belongs to the {gate.owner} side, "
                f"with owner number {gate.owner_number}",
                hint="drop the message; the bot may speak again after the handoff has ended, "
                "with the owner number that comes with the end",
                allowed=False,
                owner=gate.owner,
                owner_number=gate.owner_number,
                handoff_id=gate.handoff_id,
            )
        view = GateView(
            allowed=True, owner=gate.owner, owner_number=gate.owner_number, handoff_id=gate.handoff_id
        )
        return answer(view)

    async def availability(self, incoming: Incoming) -> Response:
        """``GET /v1/availability?bot=``."""
        bot = incoming.needed("bot", "name a bot of the settings")
        found = await self._dispatcher.availability(identifier(bot, "?bot"))
        view = AvailabilityView(
            open=found.open,
            agents=found.agents,
            why=found.why,
            next_opening=found.next_opening,
            next_closing=found.next_closing,
            waiting=found.waiting,
            estimate=found.estimate,
        )
        return answer(view)


def identifier(text: str, what: str) -> str:
    """A text of the caller as an id. Raises a 400 ``Refusal`` for one that cannot be."""
    try:
        return _ID.validate_python(text)
    except ValidationError:
        raise Refusal(
            400, "invalid_parameter", f"{what} must have 1 to 200 characters and no control characters"
        ) from None
