"""How a provider under test is set up for one case: the vendor behind it, and what a case may do there.

A *rig* is made anew for each case by a function of the clock, ``make_rig(clock) -> Rig``. It holds

- the plugin that offers the integration type, and the settings of one integration of it;
- the human side, to play the agent (``rig.human``), and the faults on demand (``rig.faults``);
- what the vendor really has, by its own account (``await rig.seen(ref)``);
- for vendors with webhooks: deliveries on their way to us (``rig.deliver``, ``rig.pump()``), and a way to
  build and sign some of one's own (``rig.webhooks``), so that they can be forged, replayed and altered.

The protocols fit the simulators of ``livechat_sdk_simulators`` by their shape; neither imports the other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, runtime_checkable
from urllib.parse import quote

from livechat_sdk.domain.messages import Attachment
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.clock import VirtualClock

if TYPE_CHECKING:
    from livechat_sdk_testing.conformance.case import Excuse

__all__ = [
    "CALLS",
    "CALL_FAULTS",
    "EVERYTHING",
    "WEBHOOK_FAULTS",
    "ChatView",
    "Deliver",
    "FaultSwitch",
    "HumanSide",
    "MakeRig",
    "ManySignatures",
    "NoFaults",
    "NotPlayed",
    "Play",
    "Rig",
    "Seen",
    "SimChat",
    "WebhookMaker",
]

File = tuple[str, str, bytes]
"""Name, media type, content."""

Deliver = Callable[[WebhookDelivery], Awaitable[int]]
"""Brings a webhook to our side; returns the HTTP status that we answer."""

Play = Literal[
    "accept",
    "leave",
    "transfer",
    "typing",
    "read",
    "fail_message",
    "unknown_event",
    "choices",
    "file",
    "agents",
    "queue",
]
"""Something that the human side of a vendor may or may not be able to do.

``accept``: an agent can accept without joining. ``agents``: how many agents are on duty can be set;
``queue``: so can the place of a waiting chat be changed.
The rest are the methods of ``HumanSide``, and the arguments of ``say``. Everybody can join, say and end.
"""

EVERYTHING: Final[frozenset[Play]] = frozenset(
    {
        "accept",
        "leave",
        "transfer",
        "typing",
        "read",
        "fail_message",
        "unknown_event",
        "choices",
        "file",
        "agents",
        "queue",
    }
)
"""A vendor whose agents can do all there is."""

CALLS: Final = (
    "open",
    "send",
    "close",
    "update",
    "typing",
    "receipt",
    "availability",
    "status",
    "history",
    "look_up",
    "poll",
    "token",
    "file",
)
"""The calls of ``FaultSwitch``."""

_FOR_GOOD: Final = 100

CALL_FAULTS: Final = frozenset(
    {
        "status",
        "drop_before",
        "drop_after",
        "time_out_before",
        "time_out_after",
        "malformed",
        "truncated",
        "slow",
        "expire_token",
    }
)
"""Faults of calls. ``status`` takes ``status``, ``retry_after`` and ``body``; ``slow`` takes ``seconds``.
``…_after`` means that the vendor has applied the call before its answer was lost."""

WEBHOOK_FAULTS: Final = frozenset({"withhold", "repeat", "delay", "reorder"})
"""Faults of webhooks (operation ``webhook``), or of whatever else brings the vendor's events."""


class NotPlayed(NotImplementedError):
    """A case asked a rig for what it does not have: it says of itself that it can, by ``can`` or a trait."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the rig says that it can do this, and has no method for it: {what}")


class SimChat(Protocol):
    """A chat as the human side sees it."""

    @property
    def id(self) -> str:
        """The vendor's own id."""
        ...

    @property
    def ref(self) -> str:
        """Our reference."""
        ...

    @property
    def state(self) -> str:
        """``queued``, ``active`` or ``ended``."""
        ...


class HumanSide(Protocol):
    """The agents at a vendor. A chat is named by our reference (or the vendor's id)."""

    async def chats(self) -> Sequence[SimChat]:
        """Every chat that was ever opened, oldest first."""
        ...

    async def accept(self, ref: str, agent: str | None = None) -> object:
        """An agent takes the request and has not opened it yet."""
        ...

    async def join(self, ref: str, agent: str | None = None) -> object:
        """An agent comes into the chat."""
        ...

    async def leave(self, ref: str) -> object:
        """The agent leaves; the chat goes on."""
        ...

    async def transfer(self, ref: str, to: str) -> object:
        """The chat goes to somebody else."""
        ...

    async def end(self, ref: str, why: str | None = None) -> object:
        """The agent ends the chat."""
        ...

    async def say(
        self,
        ref: str,
        text: str,
        *,
        agent: str | None = None,
        choices: Sequence[str] = (),
        file: File | None = None,
    ) -> str:
        """The agent writes; returns the vendor's id of the message."""
        ...

    async def typing(self, ref: str, on: bool) -> object:
        """The agent types, or stopped."""
        ...

    async def read(self, ref: str) -> object:
        """The agent reads everything so far."""
        ...

    async def fail_message(self, ref: str, key: str, reason: str) -> object:
        """The vendor takes back a message of the end user that it had taken."""
        ...

    async def unknown_event(self, ref: str) -> object:
        """Something happens that no adapter knows."""
        ...

    async def texts(self, ref: str) -> Sequence[str]:
        """What the agent sees of the end user, in order: the messages, without the transcript."""
        ...


class FaultSwitch(Protocol):
    """Faults on demand."""

    def script(self, operation: str, fault: str, times: int = 1, **details: Any) -> None:
        """Let the next ``times`` calls of an operation fail.

        Operations: ``open send close update typing receipt availability status history look_up poll token
        file webhook``.
        """
        ...

    def clear(self) -> None:
        """From now on nothing goes wrong."""
        ...


class NoFaults:
    """The switch of a vendor that cannot fail: one in our own process."""

    def script(self, operation: str, fault: str, times: int = 1, **details: Any) -> None:
        """Raise ``ValueError``."""
        raise ValueError(f"this vendor has no fault {fault} of {operation}")

    def clear(self) -> None:
        """Nothing to clear."""


class WebhookMaker(Protocol):
    """Builds webhooks as the vendor would, and as somebody else might."""

    @property
    def proof_headers(self) -> Sequence[str]:
        """Names of the headers that prove who sent it."""
        ...

    def message(self, ref: str, text: str) -> bytes:
        """The body of an authentic event: an agent wrote ``text``. Each call is another event."""
        ...

    def sign(self, body: bytes, *, secret: str | None = None, at: datetime | None = None) -> WebhookDelivery:
        """The delivery of ``body``: proved with ``secret`` (else the vendor's own) at ``at`` (else now)."""
        ...


@runtime_checkable
class ManySignatures(WebhookMaker, Protocol):
    """Webhooks of a vendor that may put several signatures on one, as while its secret is changed."""

    def sign_with(self, body: bytes, secrets: Sequence[str]) -> WebhookDelivery:
        """The delivery of ``body`` with a signature under each of ``secrets``, in this order."""
        ...


@dataclass(frozen=True, slots=True)
class ChatView:
    """A ``SimChat`` as plain data."""

    id: str
    ref: str
    state: str
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the vendor has of one chat, for the agent to see. ``None``: the rig cannot look at it."""

    texts: Sequence[str] = ()
    """The end user's messages, in order."""
    transcript: Sequence[str] | None = None
    """What was said before the chat was opened, in order."""
    about: Sequence[str] | None = None
    """What the agent is shown of the request: the end user's name, the reason or summary, and so on."""
    files: Sequence[str] | None = None
    """Names of the files of the end user, in order."""
    typing: bool | None = None
    """Whether the end user is shown as typing."""
    receipts: Sequence[str] | None = None
    """What we said of the agent's messages, as ``delivered <id>`` and ``read <id>``, in order."""
    details: Sequence[str] | None = None
    """Values that the agent is shown beside the chat: survey answers, fields."""
    queue: str | None = None
    """The queue that the vendor was told. Looked at only where the rig names one (``Rig.queue``)."""


class Rig(ABC):
    """One vendor, fresh, with all that a case may need. See the module."""

    form: str = ""
    """Which form of the provider this is, where one integration type has several, each with its own rig."""
    can: frozenset[Play] = frozenset()
    """What the agents of this vendor can do. A capability that is declared and cannot be played fails."""
    over: Literal["memory", "http"] = "memory"
    """Whether the provider speaks HTTP to this vendor: only then it can get statuses and bodies wrong."""
    fault_kinds: frozenset[str] = frozenset()
    """Those of ``CALL_FAULTS`` and ``WEBHOOK_FAULTS`` that ``faults`` can do."""
    excuses: Sequence[Excuse] = ()
    """Cases that the provider does not have to pass, each with its reason (``excused``)."""
    secret_setting: str = "webhookKey"  # noqa: S105  (the name of a setting)
    """The setting that holds the secret of webhooks; it takes one secret or ``[new, old]``."""

    tells_links: bool = False
    """Whether ``link_works`` can tell."""
    queue: str | None = None
    """A queue of this vendor, as ``Route.queue`` names it; ``None``: it has none that we could ask for."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.attached: dict[str, File] = {}
        """Files of the end user by their links. A rig over HTTP serves them."""
        self.deliver: Deliver | None = None
        """Our side, for webhooks; ``None`` while nobody listens there."""

    @property
    @abstractmethod
    def plugin(self) -> object:
        """The plugin that offers the integration type."""

    @property
    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """The document of one integration, with its ``type`` and ``name``."""

    @property
    @abstractmethod
    def human(self) -> HumanSide:
        """The agents."""

    @property
    def webhooks(self) -> WebhookMaker | None:
        """Of vendors with webhooks."""
        return None

    @property
    def faults(self) -> FaultSwitch:
        """Faults on demand."""
        return NoFaults()

    @property
    def tokens(self) -> Sequence[str]:
        """Every access token that the vendor has given out. They may be seen as little as a password."""
        return ()

    def can_fault(self, operation: str, fault: str, **details: Any) -> bool:
        """Whether ``faults`` can do this one."""
        return fault in self.fault_kinds

    def refuse_everything(self, status: int) -> None:
        """Answer every call with this status from now on. A vendor with other calls than these says so."""
        for operation in CALLS:
            with suppress(ValueError):  # not every vendor has each of them
                self.faults.script(operation, "status", _FOR_GOOD, status=status)

    @abstractmethod
    async def seen(self, ref: str) -> Seen:
        """What the vendor has of a chat."""

    async def pump(self) -> int:
        """Let the vendor hand over what is due by the clock; returns how much that was."""
        return 0

    async def set_agents(self, count: int | None) -> None:
        """How many agents are on duty; ``None``: the vendor does not know. Only if ``can`` has ``agents``."""
        raise NotPlayed("agents")

    async def move_up(self, ref: str) -> int:
        """Let a waiting chat get another place in the queue, and return it. Only if ``can`` has ``queue``.

        A chat that was opened before it waits too.
        """
        raise NotPlayed("queue")

    async def link_works(self, url: str) -> bool:
        """Whether anybody who has the link of an agent's file can read it now. Only if ``tells_links``."""
        raise NotPlayed("tells_links")

    def attach(self, name: str, media_type: str, content: bytes) -> Attachment:
        """A file of the end user, under a link that the provider can fetch if it has to: see ``attached``."""
        url = f"https://files.example/{len(self.attached) + 1}/{quote(name)}"
        self.attached[url] = (name, media_type, content)
        return Attachment(url=url, name=name, media_type=media_type, size=len(content))

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Entered while the case runs: a place to put a simulator between provider and network."""
        yield


MakeRig = Callable[[VirtualClock], Rig]
"""Makes a fresh rig on a clock."""
