"""Handoffs over HTTP: ask for a human, talk, follow, end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from livechat_sdk.domain.answers import Accepted, NotLive
from livechat_sdk.domain.base import Identifier
from livechat_sdk.domain.ends import Outcome
from livechat_sdk.domain.handoff import Handoff, HandoffRequest
from livechat_sdk.domain.messages import Direction, LedgerEntry, Message, UserReceipt
from livechat_sdk.errors import FileMissing, HandoffNotFound
from livechat_sdk.gateway.incoming import Incoming
from livechat_sdk.gateway.operations import KEY, Operation, Parameter, answer, no_content
from livechat_sdk.gateway.refusals import Refusal, key_reused
from livechat_sdk.gateway.views import (
    DetailsBody,
    EndBody,
    HandoffView,
    MessagesView,
    MessageView,
    Taken,
    TypingBody,
)
from livechat_sdk.relay.enriching import was_fetched

if TYPE_CHECKING:
    from livechat_sdk.dispatcher import Dispatcher

__all__ = ["HandoffRoutes", "handoff_id"]

_ID = TypeAdapter[str](Identifier)
_PAGE = 200
_LARGEST_PAGE = 1000
_NOT_FOUND = {404: "`handoff_not_found`"}
_NOT_LIVE = {409: "`not_live`: the bot owns the conversation again, or another handoff does"}


def handoff_id(incoming: Incoming) -> str:
    """The handoff id of the path; one that cannot be an id is one that nobody has."""
    given = incoming.path("handoff_id")
    try:
        return _ID.validate_python(given)
    except ValidationError:
        raise HandoffNotFound(given[:200]) from None


class HandoffRoutes:
    """Everything under ``/v1/handoffs`` but the event stream."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def operations(self) -> Sequence[Operation]:
        """The operations of this room, for the table."""
        one = "/v1/handoffs/{handoff_id}"
        return (
            Operation(
                "POST",
                "/v1/handoffs",
                "requestHandoff",
                "Ask for a human. The same key gives the same handoff, however often it is sent.",
                self.request,
                answers={
                    201: (HandoffView, "a new handoff"),
                    200: (HandoffView, "the handoff of this key, or `already_open` with the one in the way"),
                },
                body=HandoffRequest,
                parameters=(KEY,),
                refusals={422: "`unknown_bot`, `invalid_input`, `key_reused`"},
            ),
            Operation(
                "GET",
                one,
                "getHandoff",
                "One handoff as it is now.",
                self.show,
                answers={200: (HandoffView, "the handoff")},
                refusals=_NOT_FOUND,
            ),
            Operation(
                "GET",
                f"{one}/messages",
                "listMessages",
                "The messages of a handoff in order, each with what became of it until now.",
                self.messages,
                answers={200: (MessagesView, "one page")},
                parameters=(
                    Parameter("after", "leave out messages up to this `seq`", kind="integer"),
                    Parameter("limit", f"at most so many, {_PAGE} unless given", kind="integer"),
                ),
                refusals=_NOT_FOUND,
            ),
            Operation(
                "POST",
                f"{one}/messages",
                "addMessage",
                "Pass on a message of the end user. The same key is the same message.",
                self.add_message,
                answers={201: (Taken, "accepted"), 200: (Taken, "it was there already")},
                body=Message,
                parameters=(KEY,),
                refusals={
                    **_NOT_FOUND,
                    **_NOT_LIVE,
                    422: "`invalid_input`, `key_reused`, `file_missing`, `too_many_files`",
                },
            ),
            Operation(
                "POST",
                f"{one}/details",
                "addDetails",
                "Add answers to the pre-chat survey; an answer with a known `id` replaces it.",
                self.add_details,
                answers={204: (None, "they are in the ledger")},
                body=DetailsBody,
                refusals={**_NOT_FOUND, **_NOT_LIVE},
            ),
            Operation(
                "POST",
                f"{one}/typing",
                "showTyping",
                "Show the agent that the end user is typing, or stopped. Never stored.",
                self.typing,
                answers={204: (None, "taken")},
                body=TypingBody,
                refusals=_NOT_FOUND,
            ),
            Operation(
                "POST",
                f"{one}/receipts",
                "addReceipt",
                "A message of the agent reached the end user, or was read.",
                self.receipt,
                answers={204: (None, "taken")},
                body=UserReceipt,
                refusals=_NOT_FOUND,
            ),
            Operation(
                "POST",
                f"{one}/end",
                "endHandoff",
                "End the handoff. Ending it again changes nothing.",
                self.end,
                answers={200: (HandoffView, "the handoff, ending or ended")},
                body=EndBody,
                body_optional=True,
                refusals={**_NOT_FOUND, 422: "`invalid_input`"},
            ),
        )

    async def request(self, incoming: Incoming) -> Response:
        """``POST /v1/handoffs``."""
        wanted = incoming.validate(HandoffRequest, incoming.keyed(await incoming.fields(), needed=True))
        found = await self._dispatcher.request_answer(wanted)
        handoff = found.handoff
        if not found.created and _content(handoff.request) != _content(wanted):
            raise key_reused(wanted.key, handoff_id=handoff.id)
        new = found.created and handoff.outcome is not Outcome.ALREADY_OPEN
        where = {"location": f"/v1/handoffs/{handoff.id}"}
        return answer(HandoffView.of(handoff), 201 if new else 200, headers=where)

    async def show(self, incoming: Incoming) -> Response:
        """``GET /v1/handoffs/{id}``."""
        return answer(HandoffView.of(await self._dispatcher.handoff(handoff_id(incoming))))

    async def messages(self, incoming: Incoming) -> Response:
        """``GET …/messages``."""
        after = incoming.number("after", default=0)
        limit = incoming.number("limit", default=_PAGE, lowest=1, highest=_LARGEST_PAGE)
        entries = await self._dispatcher.entries(handoff_id(incoming), after=after, limit=limit + 1)
        page = entries[:limit]
        handoff = await self._dispatcher.handoff(handoff_id(incoming))
        view = MessagesView(
            messages=tuple([await self._shown(handoff, entry) for entry in page]),
            next_after=page[-1].seq if page else after,
            more=len(entries) > len(page),
        )
        return answer(view)

    async def _shown(self, handoff: Handoff, entry: LedgerEntry) -> MessageView:
        fetched = was_fetched(handoff, entry)
        message, _ = await self._dispatcher.files.for_reading(handoff.id, entry.message, fetched=fetched)
        return MessageView.of(entry, message)

    async def add_message(self, incoming: Incoming) -> Response:
        """``POST …/messages``."""
        message = incoming.validate(Message, incoming.keyed(await incoming.fields()))
        identity = handoff_id(incoming)
        taken = _accepted(await self._dispatcher.user_message(identity, message))
        if taken.duplicate:
            known = await self._dispatcher.store.entry(identity, Direction.TO_PROVIDER, message.key)
            if known is not None and not await self._is_same(identity, message, known.message):
                raise key_reused(message.key)
        return answer(taken, 200 if taken.duplicate else 201)

    async def _is_same(self, identity: str, again: Message, known: Message) -> bool:
        try:
            again = await self._dispatcher.files.taken_in(identity, again)
        except FileMissing:  # a link that was good then has expired
            again = again.model_copy(update={"attachments": known.attachments})
        return _content(again) == _content(known)

    async def add_details(self, incoming: Incoming) -> Response:
        """``POST …/details``."""
        details = await incoming.model(DetailsBody)
        _accepted(await self._dispatcher.add_details(handoff_id(incoming), survey=details.survey))
        return no_content()

    async def typing(self, incoming: Incoming) -> Response:
        """``POST …/typing``."""
        typing = await incoming.model(TypingBody)
        await self._dispatcher.user_typing(handoff_id(incoming), on=typing.on)
        return no_content()

    async def receipt(self, incoming: Incoming) -> Response:
        """``POST …/receipts``."""
        receipt = await incoming.model(UserReceipt)
        await self._dispatcher.user_receipt(handoff_id(incoming), receipt)
        return no_content()

    async def end(self, incoming: Incoming) -> Response:
        """``POST …/end``."""
        end = await incoming.model(EndBody, may_be_empty=True)
        ended = await self._dispatcher.end(handoff_id(incoming), by=end.by, why=end.why, raw=end.raw)
        return answer(HandoffView.of(ended))


def _content(value: HandoffRequest | Message) -> object:
    """What the caller said, in the form in which it is stored: two releases may differ in their defaults."""
    return value.model_dump(mode="json", exclude_defaults=True)


def _accepted(found: Accepted | NotLive) -> Taken:
    if isinstance(found, NotLive):
        raise Refusal(
            409,
            "not_live",
            "no human side has this conversation through this handoff; nothing was stored",
            hint="let the owner handle it: the bot, or the handoff in `handoff_id`",
            owner=found.owner,
            owner_number=found.owner_number,
            handoff_id=found.handoff_id,
        )
    return Taken(key=found.key, duplicate=found.duplicate)
