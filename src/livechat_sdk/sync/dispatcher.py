"""``Dispatcher``: one plain method for each asynchronous one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Self

from livechat_sdk.dispatcher import Dispatcher as _AsyncDispatcher
from livechat_sdk.dispatcher.setup import read_file
from livechat_sdk.domain.answers import (
    Accepted,
    BotAvailability,
    GateAnswer,
    NotLive,
    Parked,
    ParkedAnswer,
    RequestAnswer,
)
from livechat_sdk.domain.channel import Channel
from livechat_sdk.domain.clock import Clock
from livechat_sdk.domain.ends import Who, Why
from livechat_sdk.domain.handoff import Handoff, HandoffRequest, SurveyAnswer
from livechat_sdk.domain.messages import Attachment, LedgerEntry, Message, UserReceipt
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.ledger.store import ActionRow, JournalEntry, Store
from livechat_sdk.owning.erasing import Erasure
from livechat_sdk.sync.background import Background
from livechat_sdk.sync.channel import PlainChannel, Threaded, in_loop
from livechat_sdk.telemetry.meters import Family

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.files import FileScanner
    from livechat_sdk.provider.webhooks import WebhookDelivery
    from livechat_sdk.registry import Registry

__all__ = ["Dispatcher"]


class Dispatcher:
    """Hands conversations to humans and back: ``livechat_sdk.Dispatcher`` for programs without an event loop.

    Use it as a context manager. Every method does, takes, returns and raises what the method of the same name
    there does; beside that, every call raises ``RuntimeError`` outside of the ``with`` block, and in a thread
    that runs an event loop, which it would block.
    """

    def __init__(
        self,
        settings: LivechatFile,
        *,
        channel: Channel | PlainChannel,
        registry: Registry | None = None,
        store: Store | None = None,
        clock: Clock | None = None,
        plugins: Sequence[object] = (),
        scan: FileScanner | None = None,
    ) -> None:
        """Put everything together; nothing is opened yet. Raises as ``livechat_sdk.Dispatcher`` does."""
        self._channel = in_loop(channel)
        self._dispatcher = _AsyncDispatcher(
            settings,
            channel=self._channel,
            registry=registry,
            store=store,
            clock=clock,
            plugins=plugins,
            scan=scan,
        )
        self.settings = settings
        self.registry = self._dispatcher.registry
        self.workspace = self._dispatcher.workspace
        self._background = Background()

    @classmethod
    def from_file(
        cls,
        path: str | Path,
        *,
        channel: Channel | PlainChannel,
        registry: Registry | None = None,
        store: Store | None = None,
        clock: Clock | None = None,
        plugins: Sequence[object] = (),
        scan: FileScanner | None = None,
    ) -> Self:
        """A dispatcher from ``livechat.yaml``. Raises ``ConfigurationError`` with file, line and fix."""
        settings, known = read_file(path, registry)
        return cls(
            settings, channel=channel, registry=known, store=store, clock=clock, plugins=plugins, scan=scan
        )

    def __enter__(self) -> Self:
        self._background.start()
        try:
            self._background.run(self._dispatcher.__aenter__())
        except BaseException:
            self._background.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._background.stop(self._dispatcher.__aexit__(kind, error, trace))
        finally:
            if isinstance(self._channel, Threaded):
                self._channel.close()

    # What platforms call

    def request(self, request: HandoffRequest, *, wait: float = 5.0) -> Handoff:
        """Ask for a human. The same ``key`` gives the same handoff."""
        return self._background.run(self._dispatcher.request(request, wait=wait))

    def request_answer(self, request: HandoffRequest, *, wait: float = 5.0) -> RequestAnswer:
        """As ``request``, and whether this call made the handoff: exact, also among several processes."""
        return self._background.run(self._dispatcher.request_answer(request, wait=wait))

    def user_message(self, handoff_id: str, message: Message) -> Accepted | NotLive:
        """Take a message of the end user. The same key again is accepted and changes nothing."""
        return self._background.run(self._dispatcher.user_message(handoff_id, message))

    def upload_file(
        self, handoff_id: str, content: bytes, *, name: str, media_type: str | None = None
    ) -> Attachment:
        """Keep a file that the end user sent, and give the attachment for a message of this handoff."""
        return self._background.run(
            self._dispatcher.upload_file(handoff_id, content, name=name, media_type=media_type)
        )

    def read_file(self, attachment: Attachment) -> bytes:
        """The content of a file that is kept here, by the attachment of a message."""
        return self._background.run(self._dispatcher.read_file(attachment))

    def add_details(self, handoff_id: str, *, survey: Sequence[SurveyAnswer]) -> Accepted | NotLive:
        """Add answers to the pre-chat survey; an answer with a known id replaces it."""
        return self._background.run(self._dispatcher.add_details(handoff_id, survey=survey))

    def user_typing(self, handoff_id: str, *, on: bool) -> None:
        """The end user started or stopped typing. Best effort."""
        self._background.run(self._dispatcher.user_typing(handoff_id, on=on))

    def user_receipt(self, handoff_id: str, receipt: UserReceipt) -> None:
        """The end user's side received or read a message of the agent."""
        self._background.run(self._dispatcher.user_receipt(handoff_id, receipt))

    def user_left(self, handoff_id: str) -> None:
        """The end user left the channel: the handoff ends."""
        self._background.run(self._dispatcher.user_left(handoff_id))

    def end(
        self, handoff_id: str, *, by: Who = "user", why: Why | None = None, raw: str | None = None
    ) -> Handoff:
        """End a handoff from our side and return it as it is then; ending again changes nothing."""
        return self._background.run(self._dispatcher.end(handoff_id, by=by, why=why, raw=raw))

    def create_ticket(self, handoff_id: str) -> str:
        """Have a ticket made of a handoff as it is now, and return the ticket's key."""
        return self._background.run(self._dispatcher.create_ticket(handoff_id))

    def add_to_ticket(
        self,
        handoff_id: str,
        text: str,
        *,
        public: bool = False,
        attachments: Sequence[Attachment] = (),
        key: str | None = None,
    ) -> str:
        """Add a note to the newest ticket of a handoff, internal unless ``public``; returns its key."""
        return self._background.run(
            self._dispatcher.add_to_ticket(handoff_id, text, public=public, attachments=attachments, key=key)
        )

    def bot_may_send(self, conversation_id: str, owner_number: int) -> GateAnswer:
        """The send gate: whether a bot message under ``owner_number`` may pass now."""
        return self._background.run(self._dispatcher.bot_may_send(conversation_id, owner_number))

    def availability(self, bot: str) -> BotAvailability:
        """Whether a human could be had for this bot now: hours, agents, waiting, estimate."""
        return self._background.run(self._dispatcher.availability(bot))

    def webhook(self, integration: str, delivery: WebhookDelivery) -> int:
        """Take a vendor's webhook; returns how many of its events were new. Answer the vendor after this."""
        return self._background.run(self._dispatcher.webhook(integration, delivery))

    def parked(self, handoff_id: str | None = None) -> Sequence[Parked]:
        """What was given up and waits for a person, oldest first; of one handoff, or of the workspace."""
        return self._background.run(self._dispatcher.parked(handoff_id))

    def retry(self, handoff_id: str, action_id: int | None = None) -> Sequence[ParkedAnswer]:
        """Try again what was given up: one action, or all of a handoff in their order."""
        return self._background.run(self._dispatcher.retry(handoff_id, action_id))

    def drop(self, handoff_id: str, action_id: int | None = None) -> Sequence[ParkedAnswer]:
        """Take what was given up off the list: one action, or all of a handoff. Raises as ``retry`` does."""
        return self._background.run(self._dispatcher.drop(handoff_id, action_id))

    # What people and programs ask

    def handoff(self, handoff_id: str) -> Handoff:
        """One handoff. Raises ``HandoffNotFound``."""
        return self._background.run(self._dispatcher.handoff(handoff_id))

    def entries(self, handoff_id: str, *, after: int = 0, limit: int = 1000) -> Sequence[LedgerEntry]:
        """Messages of a handoff with their fates, in order: at most ``limit``, from ``after`` on.

        Who gets as many may ask for more, ``after`` the ``seq`` of the last one.
        """
        return self._background.run(self._dispatcher.entries(handoff_id, after=after, limit=limit))

    def journal(self, handoff_id: str, *, after: int = 0, limit: int = 1000) -> Sequence[JournalEntry]:
        """What happened to a handoff, in order, in pages as ``entries``."""
        return self._background.run(self._dispatcher.journal(handoff_id, after=after, limit=limit))

    def actions(self, handoff_id: str) -> Sequence[ActionRow]:
        """Everything that had to be done for a handoff, and how far it is."""
        return self._background.run(self._dispatcher.actions(handoff_id))

    def tickets(self, handoff_id: str) -> Sequence[Ticket]:
        """Tickets made from a handoff."""
        return self._background.run(self._dispatcher.tickets(handoff_id))

    def watch(self, handoff_id: str, *, after: int = 0) -> Iterator[JournalEntry]:
        """Journal entries as they come, from the one after ``after`` on; ends with the handoff."""
        return self._background.iterate(self._dispatcher.watch(handoff_id, after=after))

    def until_ended(self, handoff_id: str, *, wait: float | None = None) -> Handoff:
        """The handoff when it has ended, or as it is after ``wait`` seconds."""
        return self._background.run(self._dispatcher.until_ended(handoff_id, wait=wait))

    def undelivered(self, handoff_id: str) -> Sequence[Message]:
        """The end user's messages that went back to the bot at the end, in order."""
        return self._background.run(self._dispatcher.undelivered(handoff_id))

    # What is kept about people

    def erase(
        self,
        *,
        user_id: str | None = None,
        handoff_id: str | None = None,
        conversation_id: str | None = None,
        end_live: bool = False,
        drop_open: bool = False,
        compact: bool = False,
        wait: float = 30.0,
    ) -> Erasure:
        """Erase everything about an end user, a conversation or one handoff; name exactly one."""
        return self._background.run(
            self._dispatcher.erase(
                user_id=user_id,
                handoff_id=handoff_id,
                conversation_id=conversation_id,
                end_live=end_live,
                drop_open=drop_open,
                compact=compact,
                wait=wait,
            )
        )

    def export(
        self,
        *,
        user_id: str | None = None,
        handoff_id: str | None = None,
        conversation_id: str | None = None,
    ) -> Iterator[str]:
        """Everything that is kept about an end user, a conversation or one handoff, as one JSON document."""
        pieces = self._dispatcher.export(
            user_id=user_id, handoff_id=handoff_id, conversation_id=conversation_id
        )
        return self._background.iterate(pieces)

    # How it is doing

    def ready(self) -> Mapping[str, str]:
        """What keeps this process from serving, by name; empty when it is ready."""
        return self._background.run(self._dispatcher.ready())

    def metrics(self) -> Sequence[Family]:
        """What was counted since the start and how things are now; ``GET /metrics`` is made from this."""
        return self._background.run(self._dispatcher.metrics())

    def wait_idle(self) -> None:
        """Wait until nothing is left that could be done now. For tests and scripts."""
        self._background.run(self._dispatcher.wait_idle())
