"""A draft made to fit a ticket system: nothing is cut that does not stand somewhere else, and nothing unseen.

A text that is too long for the ticket goes along whole, as a file or in further comments. Fields and files
that cannot be carried are named in the text.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from livechat_sdk.domain.messages import Attachment
from livechat_sdk.domain.tickets import TicketDraft, TicketKind, TicketPriority
from livechat_sdk.errors import FileMissing
from livechat_sdk.provider.files import FileOpener
from livechat_sdk_tickets.capabilities import TicketCapabilities
from livechat_sdk_tickets.escaping import escape, one_line, plain
from livechat_sdk_tickets.fields import FieldRule, mapped

__all__ = [
    "LoadedFile",
    "Prepared",
    "Requester",
    "load_files",
    "parts_of",
    "prepare",
    "telling",
    "without_files",
]

logger = logging.getLogger("livechat_sdk.tickets")

_EMAIL: Final = re.compile(
    r"[^\s\x00-\x1f\x7f@<>()\[\]{},;:\\\"]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
)
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()./-]{3,40}")
_NAME_LIMIT: Final = 200
_LEFT_OUT: Final = "Could not be carried over:"


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A file with its bytes."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks, as far as it can be used: what does not look like an address or a number is left out."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    external_id: str | None = None

    @property
    def line(self) -> str:
        """One line for people."""
        return ", ".join(filter(None, (self.name, self.email, self.phone)))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A ticket as its system takes it. ``text`` is plain and whole; ``body`` is escaped and fits.

    ``overflows``: the body is not the whole text. ``fields`` go by the vendor's names. ``first_tried_at``:
    when an earlier try of the same ticket may have begun; ``None``: this is surely the first.
    """

    key: str
    subject: str
    text: str
    body: str
    overflows: bool
    requester: Requester
    files: tuple[LoadedFile, ...]
    tags: tuple[str, ...]
    fields: Mapping[str, Any]
    priority: TicketPriority | None
    kind: TicketKind | None
    first_tried_at: datetime | None = None


def prepare(
    draft: TicketDraft,
    able: TicketCapabilities,
    rules: Mapping[str, FieldRule],
    files: Sequence[LoadedFile] = (),
    missing: Sequence[str] = (),
) -> Prepared:
    """Make a draft fit. ``missing`` are files that could not be read, a line each."""
    fields, left = mapped(draft.fields, rules)
    requester = _requester(draft)
    who = [f"Requester: {requester.line}"] if requester.line else []
    if draft.tags and not able.tags:
        who.append(f"Tags: {', '.join(filter(None, (one_line(tag, 100) for tag in draft.tags)))}")
    lost = "\n".join([_LEFT_OUT, *(f"- {line}" for line in (*left, *missing))]) if left or missing else ""
    text = "\n\n".join(filter(None, (*who, plain(draft.body).strip(), lost)))
    body, overflows = _fitting(text, able)
    return Prepared(
        key=draft.key,
        subject=one_line(draft.subject, able.subject_limit) or "Chat",
        text=text,
        body=body,
        overflows=overflows,
        requester=requester,
        files=tuple(files),
        tags=draft.tags,
        fields=fields,
        priority=draft.priority,
        kind=draft.kind,
        first_tried_at=draft.first_tried_at,
    )


def without_files(prepared: Prepared, able: TicketCapabilities, lines: Sequence[str]) -> Prepared:
    """The same ticket without its files; ``lines`` say in its text why, one for each."""
    return replace(telling(prepared, able, lines), files=()) if lines else prepared


def telling(prepared: Prepared, able: TicketCapabilities, lines: Sequence[str]) -> Prepared:
    """The same ticket, whose text names what else could not be carried over, a line each."""
    if not lines:
        return prepared
    listed = "\n".join(f"- {line}" for line in lines)
    lost = listed if _LEFT_OUT in prepared.text else f"\n{_LEFT_OUT}\n{listed}"
    text = f"{prepared.text}\n{lost}"
    body, overflows = _fitting(text, able)
    return replace(prepared, text=text, body=body, overflows=overflows)


def _requester(draft: TicketDraft) -> Requester:
    email = (draft.requester_email or "").strip()
    phone = one_line(draft.requester_phone or "", 60)
    return Requester(
        name=one_line(draft.requester_name or "", _NAME_LIMIT) or None,
        email=email if _EMAIL.fullmatch(email) else None,
        phone=phone if _PHONE.fullmatch(phone) else None,
        external_id=one_line(draft.requester_external_id or "", 200) or None,
    )


def _fitting(text: str, able: TicketCapabilities) -> tuple[str, bool]:
    """The text, escaped, if it fits; else its beginning with a word about the rest."""
    whole = escape(text, able.text)
    if len(whole) <= able.body_limit:
        return whole, False
    word = "\n\n[The text goes on in an attached file or in the next comments.]"
    size = able.body_limit
    while True:  # escaping makes texts longer, each in its own way
        shorter = escape(text[:size].rstrip() + word, able.text)
        if len(shorter) <= able.body_limit:
            return shorter, True
        size = size * 3 // 4


def parts_of(text: str, limit: int) -> list[str]:
    """``text`` in parts of at most ``limit`` characters, cut between lines where that is possible."""
    parts: list[str] = []
    rest = text
    while len(rest) > limit:
        cut = rest.rfind("\n", limit // 2, limit)
        end = cut + 1 if cut >= 0 else limit
        parts.append(rest[:end])
        rest = rest[end:]
    return [*parts, rest] if rest or not parts else parts


async def load_files(
    attachments: Sequence[Attachment], opener: FileOpener, able: TicketCapabilities
) -> tuple[list[LoadedFile], list[str]]:
    """Files with their bytes, and a line about each that cannot go along.

    Raises ``StoreError`` when files cannot be read now.
    """
    loaded: list[LoadedFile] = []
    missing: list[str] = []
    room = able.files_limit
    for attachment in attachments:
        name = one_line(attachment.name, 200).replace("/", "_").replace("\\", "_") or "file"
        if not able.attachments:
            missing.append(f"file {name} (the ticket system takes none)")
            continue
        try:
            opened = await opener.open(attachment)
        except FileMissing:
            missing.append(f"file {name} (it is not kept here any more)")
            continue
        if opened.size > min(able.file_limit, room):
            missing.append(f"file {name} (too large: {opened.size:,} bytes)")
            continue
        content = await opened.read()
        room -= len(content)
        loaded.append(LoadedFile(name, opened.media_type, content))
    return loaded, missing
