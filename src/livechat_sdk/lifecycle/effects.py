"""What a step wants done: durable actions, run lane by lane, and writes of the same transaction.

An ``Action`` leaves our process (a vendor, the channel, a hook) and its result comes back as an
input. A ``LedgerWrite`` happens in the transaction that stores the step. A ``Signal`` is ephemeral:
sent at once if it can be, never stored.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from livechat_sdk.domain.base import Identifier, Metadata, Model, ShortText, Timestamp
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.messages import Author, Direction, Fate, Message, UserReceipt
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.tickets import Ticket, TicketDraft, TicketMoment, TicketNote

__all__ = [
    "Action",
    "AddToTicket",
    "BaseAction",
    "CancelActions",
    "CancelTimer",
    "ChangeOwner",
    "CloseChat",
    "CreateTicket",
    "Decide",
    "DeliverEnded",
    "DeliverMessage",
    "Effect",
    "Enrich",
    "EraseSecrets",
    "FindContact",
    "LedgerWrite",
    "OpenChat",
    "PatchChat",
    "RecordMessage",
    "ReturnToBot",
    "SaveChat",
    "SaveTicket",
    "Say",
    "SendMessage",
    "SetFate",
    "SetTimer",
    "ShowReceipt",
    "ShowTyping",
    "Signal",
    "SignalReceipt",
    "SignalTyping",
    "Unpark",
    "UpdateDetails",
]


class BaseAction(Model):
    """An action runs in a lane: one after the other, in the order in which they were decided."""

    @property
    def lane(self) -> str:
        """Name of the lane within the handoff."""
        raise AssertionError(f"{type(self).__name__} has no lane")


class _ToProvider(BaseAction):
    attempt: int

    @property
    def lane(self) -> str:
        """One lane for each attempt."""
        return f"provider.{self.attempt}"


class _ToUser(BaseAction):
    @property
    def lane(self) -> str:
        """All that the end user sees keeps its order."""
        return "user"


class Decide(BaseAction):
    """Look up hours, route and availability."""

    kind: Literal["decide"] = "decide"

    @property
    def lane(self) -> str:
        """A lane of its own."""
        return "decide"


class FindContact(BaseAction):
    """Ask the CRMs who the end user is."""

    kind: Literal["find_contact"] = "find_contact"

    @property
    def lane(self) -> str:
        """A lane of its own: a slow CRM delays nobody."""
        return "contact"


def _ticket_lane(moment: TicketMoment | None) -> str:
    return "ticket.during" if moment is TicketMoment.DURING else "ticket"


class CreateTicket(BaseAction):
    """Make a ticket from the handoff.

    ``draft`` is what was asked for, kept before the first call so that each repetition asks for the same.
    ``in_doubt``: an earlier action may have made it.
    """

    kind: Literal["create_ticket"] = "create_ticket"
    key: Identifier
    moment: TicketMoment | None = None
    draft: TicketDraft | None = None
    in_doubt: bool = False

    @property
    def lane(self) -> str:
        """Lanes of their own: one for a ticket while the handoff goes on, one for what the end makes."""
        return _ticket_lane(self.moment)


class AddToTicket(BaseAction):
    """Add a note to the ticket of a moment; without ``note``, all that was said by then.

    As with ``CreateTicket``, what was asked for is kept before the first call. ``in_doubt``: an earlier
    action may have added it.
    """

    kind: Literal["add_to_ticket"] = "add_to_ticket"
    key: Identifier
    moment: TicketMoment
    note: TicketNote | None = None
    in_doubt: bool = False

    @property
    def lane(self) -> str:
        """Behind the making of its ticket."""
        return _ticket_lane(self.moment)


class OpenChat(_ToProvider):
    """Ask the vendor for a chat."""

    kind: Literal["open_chat"] = "open_chat"


class SendMessage(_ToProvider):
    """Send one message of the end user to the vendor.

    ``parts_sent`` are keys of the parts of a split message that have arrived. ``in_doubt``: an earlier action
    may have sent it, so that a failure of this one does not prove that it never arrived. ``repeated`` says
    why something of it was sent again though it may have arrived.
    """

    kind: Literal["send_message"] = "send_message"
    message_key: Identifier
    parts_sent: tuple[Identifier, ...] = ()
    in_doubt: bool = False
    repeated: ShortText | None = None


class UpdateDetails(_ToProvider):
    """Tell the vendor about new details; ``message_keys`` are the answers that travel with them."""

    kind: Literal["update_details"] = "update_details"
    message_keys: tuple[Identifier, ...] = ()


class CloseChat(_ToProvider):
    """End the vendor's side. ``alive``: it has shown that there is a chat, whether or not we know it."""

    kind: Literal["close_chat"] = "close_chat"
    reason: EndReason
    vendor_ref: Identifier | None = None
    alive: bool = False


class Say(_ToUser):
    """Tell the end user something at a moment. ``params`` fill the placeholders of the text.

    ``in_doubt``: an earlier action may have said it.
    """

    kind: Literal["say"] = "say"
    key: Identifier
    moment: Moment
    params: Metadata = Field(default_factory=dict)
    owner_number: int
    in_doubt: bool = False


class DeliverMessage(_ToUser):
    """Deliver a message of the agent to the end user. ``in_doubt``: an earlier action may have done it.

    ``said_at`` is when it was said, where the vendor's times tell the order of messages.
    """

    kind: Literal["deliver_message"] = "deliver_message"
    message_key: Identifier
    owner_number: int
    agent_name: ShortText | None = None
    in_doubt: bool = False
    said_at: Timestamp | None = None


class Enrich(_ToUser):
    """Fetch the files of a message of the agent, whose links do not last, before it is delivered."""

    kind: Literal["enrich"] = "enrich"
    message_key: Identifier
    attempt: int


class DeliverEnded(_ToUser):
    """Give control back to the bot."""

    kind: Literal["deliver_ended"] = "deliver_ended"
    owner_number: int


Action = Annotated[
    Decide
    | FindContact
    | CreateTicket
    | AddToTicket
    | OpenChat
    | SendMessage
    | UpdateDetails
    | CloseChat
    | Say
    | Enrich
    | DeliverMessage
    | DeliverEnded,
    Field(discriminator="kind"),
]
"""Anything durable that leaves our process, told apart by ``kind``."""


class RecordMessage(Model):
    """Write a message into the ledger."""

    message: Message
    direction: Direction
    author: Author
    fate: Fate
    attempt: int | None = None
    vendor_id: str | None = None
    detail: ShortText | None = None
    agent_name: ShortText | None = None


class SetFate(Model):
    """Record what became of a message.

    ``anew``: a person wants it sent again, though it was refused. ``answer``: it is the answer to the call
    that sent it, which may come after the vendor's later word that it could not deliver the message.
    ``doubts``: what was reported before comes of another attempt; where the one did not bring it, and nobody
    can tell of the other, it is doubtful, and where the other did bring it, that stays.
    """

    message_key: Identifier
    direction: Direction
    fate: Fate
    detail: ShortText | None = None
    vendor_id: str | None = None
    anew: bool = False
    answer: bool = False
    doubts: bool = False


class ReturnToBot(Model):
    """Messages that go back to the bot with the end of the handoff; their fate is *dropped*.

    Only those that no human got and whose sending has not started: sends that have started keep their
    own result.
    """

    message_keys: tuple[Identifier, ...]


class Unpark(Model):
    """Take an action that was given up off the list: a person has seen to it, as ``detail`` says.

    Refused by the store (``NotParked``) when somebody else has done so already.
    """

    action_id: int
    detail: ShortText


class CancelActions(Model):
    """Withdraw what was decided for an attempt and has not started; closing is never withdrawn."""

    attempt: int


class ChangeOwner(Model):
    """The conversation changes hands; ``number`` is the new owner number."""

    owner: Literal["bot", "human"]
    number: int


class SaveChat(Model):
    """Store the vendor's side of an attempt."""

    chat: Chat


class PatchChat(Model):
    """Change named keys of ``Chat.state`` of an attempt, as the stored chat is then.

    What was changed between the call and its result (by a poll, say) stays. Nothing happens where the
    vendor's side of the attempt is not known.
    """

    attempt: int
    patch: Metadata


class SaveTicket(Model):
    """Store a ticket."""

    ticket: Ticket


class EraseSecrets(Model):
    """Erase the session credentials of every chat of the handoff."""


class SetTimer(Model):
    """Wake the handoff at ``due_at``; replaces a timer of the same name."""

    name: Identifier
    due_at: Timestamp


class CancelTimer(Model):
    """Forget a timer."""

    name: Identifier


LedgerWrite = (
    RecordMessage
    | SetFate
    | ReturnToBot
    | Unpark
    | CancelActions
    | ChangeOwner
    | SaveChat
    | PatchChat
    | SaveTicket
    | EraseSecrets
    | SetTimer
    | CancelTimer
)
"""A write of the transaction that stores the step."""


class SignalTyping(Model):
    """Show the agent that the end user is typing."""

    attempt: int
    on: bool


class SignalReceipt(Model):
    """Show the agent what became of a message."""

    attempt: int
    receipt: UserReceipt


class ShowTyping(Model):
    """Show the end user that the agent is typing."""

    on: bool


class ShowReceipt(Model):
    """Show the end user what became of a message."""

    message_key: Identifier
    status: Literal["delivered", "read"]


Signal = SignalTyping | SignalReceipt | ShowTyping | ShowReceipt
"""Ephemeral: sent at once or not at all."""

Effect = Action | LedgerWrite | Signal
"""Anything that a step wants done."""
