"""What a platform calls for one conversation: ask for a human, pass on what is said, end it, ask the gate."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic_core import PydanticSerializationError

from livechat_sdk.dispatcher.arguments import must_be
from livechat_sdk.dispatcher.asking import Inquiries
from livechat_sdk.domain.answers import Accepted, GateAnswer, NotLive, RequestAnswer
from livechat_sdk.domain.base import new_key
from livechat_sdk.domain.ends import WHO, WHY, Who, Why
from livechat_sdk.domain.handoff import Handoff, HandoffRequest, HandoffState, SurveyAnswer
from livechat_sdk.domain.messages import MAX_MESSAGE_BYTES, Attachment, Direction, Message, UserReceipt
from livechat_sdk.domain.tickets import TicketNote
from livechat_sdk.errors import FileMissing, InvalidInput, MessageTooLarge, StoreError, UnknownBot
from livechat_sdk.files import one_piece
from livechat_sdk.ledger.store import DuplicateMessage, Ownership, VersionConflict
from livechat_sdk.ledger.tombstones import remembered_number, revive_conversation
from livechat_sdk.lifecycle.effects import AddToTicket, CreateTicket
from livechat_sdk.lifecycle.inputs import (
    AlreadyOpen,
    DetailsAdded,
    EndRequested,
    Input,
    NoteRequested,
    Requested,
    TicketRequested,
    UserLeft,
    UserRead,
    UserSaid,
    UserTyped,
)
from livechat_sdk.lifecycle.ownership import gate_lets_pass
from livechat_sdk.lifecycle.ticketing import moment_now, ticket_key
from livechat_sdk.telemetry import spans

if TYPE_CHECKING:
    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.dispatcher.stepping import Stepper
    from livechat_sdk.domain.clock import Clock
    from livechat_sdk.files import Files

__all__ = ["MAX_REQUEST_BYTES", "Conversing"]

MAX_REQUEST_BYTES = 4 * 1024 * 1024
"""Largest handoff request, transcript included, in bytes of JSON."""

_WHY_BY_DEFAULT: dict[Who, tuple[Why, Why]] = {
    # who: (while waiting, with an agent)
    "user": ("abandoned", "resolved"),
    "bot": ("abandoned", "resolved"),
    "agent": ("resolved", "resolved"),
    "operator": ("other", "other"),
    "provider": ("error", "error"),
    "clock": ("timeout", "timeout"),
}


class Conversing(Inquiries):
    """The calls of a dispatcher that concern one conversation. The dispatcher sets what they work with."""

    settings: LivechatFile
    clock: Clock
    workspace: str
    files: Files
    _stepper: Stepper

    async def request(self, request: HandoffRequest, *, wait: float = 5.0) -> Handoff:
        """Ask for a human. The same ``key`` gives the same handoff.

        Waits up to ``wait`` seconds for the decision (hours, route, availability) and returns the
        handoff as it is then. Another key while the conversation has a live handoff gives one that
        has ended with ``already_open``. Raises ``UnknownBot``, ``InvalidInput``, ``StoreError``.
        """
        return (await self.request_answer(request, wait=wait)).handoff

    async def request_answer(self, request: HandoffRequest, *, wait: float = 5.0) -> RequestAnswer:
        """As ``request``, and whether this call made the handoff: exact, also among several processes."""
        must_be(request, HandoffRequest, "ask with a HandoffRequest(key=…, conversation_id=…, bot=…, user=…)")
        bot = self.settings.bots.get(request.bot)
        if bot is None:
            raise UnknownBot(request.bot, tuple(self.settings.bots))
        size = _size_of(request, "the request")
        if size > MAX_REQUEST_BYTES:
            raise InvalidInput(
                f"the request has {size:,} bytes, the limit is {MAX_REQUEST_BYTES:,}; shorten the transcript"
            )
        with spans.span("livechat.request", {"livechat.bot": request.bot}):
            answer = await self._create(request)
            handoff = answer.handoff
            if handoff.state is HandoffState.REQUESTED and wait > 0:
                decided = await self._watchers.until(
                    handoff.id, lambda h: h.state is not HandoffState.REQUESTED, wait=wait
                )
                handoff = decided or handoff
            spans.annotate(
                {
                    spans.HANDOFF: handoff.id,
                    "livechat.integration": handoff.integration,
                    "livechat.state": handoff.state,
                    "livechat.outcome": handoff.outcome,
                }
            )
        return RequestAnswer(handoff, answer.created)

    async def user_message(self, handoff_id: str, message: Message) -> Accepted | NotLive:
        """Take a message of the end user. The same key again is accepted and changes nothing.

        Attachments are links, or files that were uploaded for this handoff. Raises ``MessageTooLarge``,
        ``InvalidInput`` for an empty message, ``FileRefused`` for too many attachments, ``FileMissing``,
        ``HandoffNotFound``.
        """
        must_be(message, Message, "a message is a Message, such as Message.text('Hello')")
        size = _size_of(message, "the message")
        if size > MAX_MESSAGE_BYTES:
            raise MessageTooLarge(size, MAX_MESSAGE_BYTES)
        if not (message.body.strip() or message.attachments):
            raise InvalidInput("the message is empty: give it a body or an attachment")
        if message.attachments:
            try:
                message = await self.files.taken_in(handoff_id, message)
            except FileMissing:
                # The link may have expired since the same message was taken.
                if await self.store.entry(handoff_id, Direction.TO_PROVIDER, message.key) is None:
                    raise
                return Accepted(message.key, duplicate=True)
        try:
            answer = await self._submit(handoff_id, UserSaid(message=message))
        except DuplicateMessage:
            return Accepted(message.key, duplicate=True)
        if answer is None:
            return Accepted(message.key)
        # Too late for a new message; one whose first answer was lost has its fate in the ledger all the same.
        known = await self.store.entry(handoff_id, Direction.TO_PROVIDER, message.key)
        return answer if known is None else Accepted(message.key, duplicate=True)

    async def upload_file(
        self, handoff_id: str, content: bytes, *, name: str, media_type: str | None = None
    ) -> Attachment:
        """Keep a file that the end user sent, and give the attachment for a message of this handoff.

        The same file again is the same. Raises ``FileRefused`` for what ``files`` in the settings does not
        allow, ``InvalidInput`` when the handoff has ended, ``HandoffNotFound``, ``StoreError``.
        """
        handoff = await self.handoff(handoff_id)
        if not handoff.is_live:
            raise InvalidInput("the handoff has ended: nobody would get the file")
        file = await self.files.upload(handoff_id, one_piece(content), name=name, media_type=media_type)
        return Attachment(url=file.reference, name=file.name, media_type=file.media_type, size=file.size)

    async def read_file(self, attachment: Attachment) -> bytes:
        """The content of a file that is kept here, by the attachment of a message.

        Raises ``FileMissing`` for somebody else's link and for what was erased, ``StoreError``.
        """
        return await (await self.files.open(attachment)).read()

    async def add_details(self, handoff_id: str, *, survey: Sequence[SurveyAnswer]) -> Accepted | NotLive:
        """Add answers to the pre-chat survey; an answer with a known id replaces it."""
        return await self._submit(handoff_id, DetailsAdded(survey=tuple(survey))) or Accepted(handoff_id)

    async def user_typing(self, handoff_id: str, *, on: bool) -> None:
        """The end user started or stopped typing. Best effort."""
        await self._submit(handoff_id, UserTyped(on=on))

    async def user_receipt(self, handoff_id: str, receipt: UserReceipt) -> None:
        """The end user's side received or read a message of the agent."""
        await self._submit(handoff_id, UserRead(receipt=receipt))

    async def user_left(self, handoff_id: str) -> None:
        """The end user left the channel: the handoff ends."""
        await self._submit(handoff_id, UserLeft())

    async def end(
        self, handoff_id: str, *, by: Who = "user", why: Why | None = None, raw: str | None = None
    ) -> Handoff:
        """End a handoff from our side and return it as it is then; ending again changes nothing.

        Raises ``InvalidInput`` for words that ``by`` and ``why`` do not know, ``HandoffNotFound``.
        """
        for name, word, known in (("by", by, WHO), ("why", why or WHY[0], WHY)):
            if word not in known:
                raise InvalidInput(f"{name} is one of {', '.join(known)}, not {str(word)[:60]!r}")
        handoff = await self.handoff(handoff_id)
        reason = why or _WHY_BY_DEFAULT[by][0 if handoff.is_waiting else 1]
        submitted = await self._stepper.submit(handoff_id, EndRequested(by=by, why=reason, raw=raw))
        return submitted.handoff

    async def create_ticket(self, handoff_id: str) -> str:
        """Have a ticket made of a handoff as it is now, and return the ticket's key.

        There is one ticket while the handoff goes on and one for its end, at most: asking again changes
        nothing. ``tickets`` has it when it is made. Raises ``InvalidInput`` where the bot's settings name no
        ticket system, ``HandoffNotFound``, ``StoreError``.
        """
        handoff = await self.handoff(handoff_id)
        bot = self.settings.bots.get(handoff.request.bot)
        if bot is None or bot.ticketing is None:
            raise InvalidInput(
                f"bot {handoff.request.bot!r} has no ticket system: name one under `ticketing:`"
            )
        key = ticket_key(handoff, moment_now(handoff))
        actions = await self.store.actions(handoff_id)
        if any(isinstance(row.action, CreateTicket) and row.action.key == key for row in actions):
            return key  # also what an earlier release has made
        submitted = await self._stepper.submit(handoff_id, TicketRequested())
        return ticket_key(submitted.handoff, moment_now(submitted.handoff))

    async def add_to_ticket(
        self,
        handoff_id: str,
        text: str,
        *,
        public: bool = False,
        attachments: Sequence[Attachment] = (),
        key: str | None = None,
    ) -> str:
        """Add a note to the newest ticket of a handoff, internal unless ``public``; returns its key.

        The same ``key`` again changes nothing. ``parked`` lists what could not be added. Raises
        ``InvalidInput`` when no ticket was asked for, ``HandoffNotFound``, ``StoreError``.
        """
        handoff = await self.handoff(handoff_id)
        if not handoff.ticket_moments:
            raise InvalidInput("the handoff has no ticket: ask for one first")
        if len(text.encode("utf-8", "replace")) > MAX_MESSAGE_BYTES or not text.strip():
            raise InvalidInput(f"a note has between 1 and {MAX_MESSAGE_BYTES:,} bytes")
        note = TicketNote(
            key=key or f"{handoff_id}.note.{new_key()}",
            body=text,
            public=public,
            attachments=tuple(attachments),
        )
        actions = await self.store.actions(handoff_id)
        if not any(isinstance(row.action, AddToTicket) and row.action.key == note.key for row in actions):
            await self._stepper.submit(handoff_id, NoteRequested(note=note))
        return note.key

    async def bot_may_send(self, conversation_id: str, owner_number: int) -> GateAnswer:
        """The send gate: whether a bot message under ``owner_number`` may pass now.

        The bot knows its number from the last ``HandoffEnded`` (0 before the first handoff).
        """
        owner = await self.store.ownership(conversation_id)
        if owner_number and not owner.number:  # never handed off, or erased since
            number = await remembered_number(self.store, self.workspace, conversation_id)
            owner = replace(owner, number=number)
        allowed = gate_lets_pass(
            owner.live_state, may_wait=owner.bot_may_wait, owner_number=owner_number, current=owner.number
        )
        return GateAnswer(allowed, owner.owner, owner.number, owner.live_handoff)

    async def _create(self, request: HandoffRequest) -> RequestAnswer:
        bot = self.settings.bots[request.bot]
        for _ in range(20):
            owner = await self._owner_for_request(request.conversation_id)
            now = self.clock.now()
            handoff = Handoff(
                id=f"h-{uuid.uuid4().hex[:20]}",
                workspace=self.workspace,
                request=request,
                policy=bot.policy(),
                settings_revision=self.settings.revision,
                owner_number=owner.number + 1,
                created_at=now,
                state_since=now,
            )
            try:
                created = await self._stepper.create(handoff, Requested())
                if created.status != "conversation_live":
                    return RequestAnswer(created.handoff, created.status == "created")
                live = created.handoff
                owner = await self.store.ownership(request.conversation_id)
                second = await self._stepper.create(
                    handoff.model_copy(update={"owner_number": owner.number}),
                    AlreadyOpen(existing=live.id, existing_state=live.state),
                )
            except VersionConflict:
                continue
            return RequestAnswer(second.handoff, second.status == "created")
        raise StoreError("the conversation changes hands all the time; try again")

    async def _owner_for_request(self, conversation_id: str) -> Ownership:
        """Who owns a conversation. One that was erased and goes on gets its owner number back."""
        for _ in range(20):
            owner = await self.store.ownership(conversation_id)
            if owner.number or not await revive_conversation(self.store, self.workspace, conversation_id):
                return owner
        raise StoreError("the conversation is erased by others all the time; try again")

    async def _submit(self, handoff_id: str, happening: Input) -> NotLive | None:
        """``None`` when it was applied; who owns the conversation when it was refused."""
        submitted = await self._stepper.submit(handoff_id, happening)
        if submitted.refused is None:
            return None
        owner = await self.store.ownership(submitted.handoff.request.conversation_id)
        return NotLive(owner.owner, owner.number, owner.live_handoff)


def _size_of(given: HandoffRequest | Message, what: str) -> int:
    """Bytes of JSON. Raises ``InvalidInput`` for what JSON cannot carry."""
    try:
        return len(given.model_dump_json().encode())
    except (PydanticSerializationError, UnicodeEncodeError) as error:
        raise InvalidInput(f"{what} cannot be kept as JSON: {error}"[:500]) from None
