"""The adapter of the toy ticket system: well-behaved, with all that the suite asks for."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from livechat_sdk import hookimpl
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import Attachment
from livechat_sdk.domain.tickets import (
    Ticket,
    TicketDraft,
    TicketNote,
    TicketState,
)
from livechat_sdk.errors import (
    FileMissing,
    ProtocolError,
    RejectedError,
    RetryableError,
)
from livechat_sdk.http import Answer, ClientCredentials, Repeat, VendorClient
from livechat_sdk.provider.files import FileOpener, NoFiles
from livechat_sdk.provider.integration import IntegrationContext
from livechat_sdk.provider.interface import ProviderHost
from livechat_sdk.provider.settings import IntegrationSettings, Secret
from livechat_sdk_testing.conformance.systems.tickets_rig import (
    TicketTraits,
)
from livechat_sdk_testing.conformance.systems.toy_server import (
    CLIENT_ID,
)
from livechat_sdk_testing.conformance.systems.toy_ticket_vendor import (
    BODY,
    FIELDS,
    LAG,
    SUBJECT,
    WINDOW,
)

__all__ = ["STATES", "ToyTicketing", "ToyTicketingSettings"]

_IN_FLIGHT: Final = 60.0
_FILE: Final = 1_000_000
_PRIORITIES: Final[Mapping[str, str]] = {"low": "P4", "normal": "P3", "high": "P2", "urgent": "P1"}
_KINDS: Final[Mapping[str, str]] = {
    "question": "ask",
    "incident": "broken",
    "problem": "cause",
    "task": "todo",
}
STATES: Final[Mapping[str, TicketState]] = {
    "fresh": "new",
    "working": "open",
    "asleep": "pending",
    "done": "solved",
    "shut": "closed",
}
"""The vendor's words for states, and what they mean."""
_PRODUCTS: Final[Mapping[str, str]] = {"web shop": "shop", "bank": "bank"}


class ToyTicketingSettings(IntegrationSettings):
    """Settings of the toy."""

    client_secret: Secret


class ToyTicketing:
    """The adapter: each step is a method of its own, so that a mistake can be planted in one."""

    type: ClassVar[str] = "TOY_TICKETING"
    capabilities: ClassVar[TicketTraits] = TicketTraits(
        subject_limit=SUBJECT,
        body_limit=BODY,
        vendor_window=WINDOW,
        find_lag=LAG,
        comments_once=False,
        file_limit=_FILE,
    )

    def __init__(self, context: IntegrationContext, settings: ToyTicketingSettings) -> None:
        self.context = context
        self.settings = settings
        self.files: FileOpener = NoFiles()
        base = "https://toy-tickets.example"
        auth = ClientCredentials(
            token_url=f"{base}/token",
            client_id=CLIENT_ID,
            client_secret=settings.client_secret,
            style="form",
        )
        self.client = VendorClient(provider=self.name, base_url=base, auth=auth)

    @property
    def name(self) -> str:
        """The integration's name in the settings."""
        return self.context.name

    async def start(self, host: ProviderHost) -> None:
        """Called once before the first ticket."""
        self.files = host.files

    async def stop(self) -> None:
        """Called once at the end."""
        await self.client.close()

    # -------------------------------------------------------------------------------------------- the hooks
    @hookimpl
    async def livechat_create_ticket(self, draft: TicketDraft, handoff: Handoff) -> Ticket:
        """Look first where it may be there, else make it."""
        since = draft.first_tried_at
        earlier = None if since is None else await self.earlier(draft, since)
        if earlier is not None:
            return earlier
        content = await self.content(draft)
        answer = await self.post_ticket(draft.key, content)
        try:
            return self.ticket(answer.object())
        except ProtocolError as error:
            raise RetryableError(str(error), provider=self.name, sent=True) from error

    @hookimpl
    async def livechat_add_to_ticket(self, ticket: Ticket, note: TicketNote) -> Ticket | None:
        """Add a comment, once for each key."""
        if ticket.source != self.name:
            return None
        if note.first_tried_at is None or not await self.has_comment(ticket, note, note.first_tried_at):
            text, files = await self.fitting(note.body, note.attachments)
            content = {
                "html": self.escaped(text),
                "public": self.public(note),
                "key": note.key,
                "files": files,
            }
            await self.post_comment(ticket, content)
        return await self.read(ticket.id) or ticket

    @hookimpl
    async def livechat_list_tickets(self, handoff: Handoff) -> Sequence[Ticket]:
        """Those of the end, and the one from while it went on."""
        found: list[Ticket] = []
        for ending in (".during", ""):
            found += await self.found(f"{handoff.id}.ticket{ending}")
        return tuple(found)

    # -------------------------------------------------------------------------------------------- the steps
    async def earlier(self, draft: TicketDraft, since: datetime) -> Ticket | None:
        """The ticket of an earlier try; ``None`` when it may be made."""
        found = await self.found(draft.key)
        if found:
            return found[0]
        age = (self.context.now() - since).total_seconds()
        if age < self.window() or draft.repeat:
            return None
        raise RejectedError("an earlier try may have made it", provider=self.name, operation="create")

    def window(self) -> float:
        """For how long the vendor knows a key."""
        return WINDOW - 120.0

    async def post_ticket(self, key: str, content: Mapping[str, Any]) -> Answer:
        """The call that makes a ticket."""
        headers = {"Idempotency-Key": key}
        return await self.client.request("create", "POST", "/tickets", json=dict(content), headers=headers)

    async def post_comment(self, ticket: Ticket, content: Mapping[str, Any]) -> Answer:
        """The call that makes a comment."""
        path = f"/tickets/{self.id_of(ticket)}/comments"
        return await self.client.request("comment", "POST", path, json=dict(content))

    async def content(self, draft: TicketDraft) -> dict[str, Any]:
        """A ticket as the vendor takes it."""
        fields, lost = self.mapped(draft.fields)
        who = ", ".join(filter(None, (draft.requester_name, draft.requester_email, draft.requester_phone)))
        body = "\n\n".join(filter(None, (f"Requester: {who}" if who else "", draft.body, lost)))
        text, files = await self.fitting(body, draft.attachments)
        return {
            "key": draft.key,
            "subject": self.subject(draft.subject),
            "html": self.escaped(text),
            "public": False,
            "requester": self.requester(draft),
            "priority": self.priority(draft),
            "kind": _KINDS.get(draft.kind or ""),
            "tags": list(draft.tags),
            "fields": fields,
            "files": files,
        }

    def subject(self, text: str) -> str:
        """One line that fits."""
        line = " ".join(_plain(text).split()) or "Chat"
        return line if len(line) <= SUBJECT else f"{line[: SUBJECT - 1]}…"

    def escaped(self, text: str) -> str:
        """Text that stays text."""
        return html.escape(_plain(text)).replace("\n", "<br>")

    def requester(self, draft: TicketDraft) -> list[str]:
        """Name and address; what is no address stays in the text."""
        email = draft.requester_email or ""
        usable = re.fullmatch(r"[^\s@<>\"'(),;:\\]+@[\w.-]+", email) is not None
        return [part for part in (self.one_line(draft.requester_name or ""), email if usable else "") if part]

    def one_line(self, text: str) -> str:
        """A name."""
        return " ".join(_plain(text).split())

    def priority(self, draft: TicketDraft) -> str | None:
        """The vendor's word."""
        return _PRIORITIES.get(draft.priority or "")

    def public(self, note: TicketNote) -> bool:
        """Internal unless it is wanted public."""
        return note.public

    def mapped(self, fields: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """Values by the vendor's names, and a word about what cannot be carried."""
        carried: dict[str, Any] = {}
        left: list[str] = []
        for label, value in fields.items():
            name, kind = FIELDS.get(label, ("", ""))
            if kind == "choice" and str(value).casefold() in _PRODUCTS:
                carried[name] = _PRODUCTS[str(value).casefold()]
            elif kind == "integer" and str(value).lstrip("-").isdecimal():
                carried[name] = int(value)
            else:
                left.append(f"- {label}: {value}")
        return carried, "\n".join(["Could not be carried over:", *left]) if left else ""

    async def fitting(self, text: str, attachments: Sequence[Attachment]) -> tuple[str, list[dict[str, str]]]:
        """A text that fits, with files; what is too long is a file too."""
        files: list[dict[str, str]] = []
        for attachment in attachments:
            try:
                opened = await self.files.open(attachment)
            except FileMissing:
                text += f"\n\nCould not be carried over: file {attachment.name} (not kept here any more)"
                continue
            if opened.size > _FILE:
                text += f"\n\nCould not be carried over: file {attachment.name} (too large)"
                continue
            files.append(_file(self.one_line(attachment.name).replace("/", "_"), await opened.read()))
        if len(text) > BODY - 200:
            files.append(_file("conversation.txt", text.encode()))
            text = f"{text[: BODY - 500]}…\n\n[It goes on in the file.]"
        return text, files

    async def has_comment(self, ticket: Ticket, note: TicketNote, since: datetime) -> bool:
        """Whether a comment that may have been made is there. Raises while nobody can tell."""
        answer = await self.client.request(
            "read", "GET", f"/tickets/{self.id_of(ticket)}/comments", repeat=Repeat.SAFE
        )
        if note.key in answer.object().get("keys", []):
            return True
        age = (self.context.now() - since).total_seconds()
        if age < _IN_FLIGHT:
            raise RetryableError(
                "it may still be on its way", provider=self.name, retry_after=_IN_FLIGHT - age, sent=False
            )
        return False

    def id_of(self, ticket: Ticket) -> str:
        """The vendor's number."""
        if not (ticket.id.isascii() and ticket.id.isdigit()):
            raise RejectedError("tickets have numbers", provider=self.name, sent=False)
        return ticket.id

    async def read(self, ticket_id: str) -> Ticket | None:
        """A ticket by its id; ``None`` when there is none."""
        if not (ticket_id.isascii() and ticket_id.isdigit()):
            return None
        answer = await self.client.request(
            "read", "GET", f"/tickets/{ticket_id}", repeat=Repeat.SAFE, expect=(200, 404)
        )
        return None if answer.status == 404 else self.ticket(answer.object())  # noqa: PLR2004

    async def found(self, key: str) -> list[Ticket]:
        """Tickets by key."""
        answer = await self.client.request("find", "GET", "/tickets", params={"key": key}, repeat=Repeat.SAFE)
        listed = answer.object().get("tickets")
        if not isinstance(listed, list):
            raise answer.unlike_documented("no tickets")
        return [self.ticket(one) for one in listed]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]

    def state(self, word: str) -> TicketState | None:
        """What the vendor's word means."""
        return STATES.get(word)

    def link(self, ticket_id: str) -> str:
        """Where people open it."""
        return f"https://toy-tickets.example/t/{ticket_id}"

    def ticket(self, told: dict[str, Any]) -> Ticket:
        """What was answered, as a ticket. Raises ``ProtocolError``."""
        try:
            return Ticket(
                source=self.name,
                id=str(told["id"]),
                key=str(told["key"]),
                number=str(told["id"]),
                subject=str(told["subject"])[:500],
                url=self.link(str(told["id"])),
                status=str(told["state"]),
                state=self.state(str(told["state"])),
                created_at=datetime.fromisoformat(told["made_at"]),
            )
        except (KeyError, TypeError, ValueError):
            raise ProtocolError("no ticket", provider=self.name, sent=True) from None


def _plain(text: str) -> str:
    """Without control characters and template marks."""
    kept = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]", " ", text.replace("\r\n", "\n"))
    return re.sub(r"\{(?=[{%#])", "{\u200b", kept)


def _file(name: str, content: bytes) -> dict[str, str]:
    return {"name": name, "data": base64.b64encode(content).decode()}
