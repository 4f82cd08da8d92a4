"""Makes a ticket out of a handoff: what a colleague needs who was not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import Attachment, Author, Fate, LedgerEntry
from livechat_sdk.domain.people import Contact
from livechat_sdk.domain.tickets import TicketDraft
from livechat_sdk.policies.placeholders import fill

if TYPE_CHECKING:
    from livechat_sdk.policies.ticket_settings import MomentTicketSettings

__all__ = ["BODY_LIMIT", "SUBJECT_LIMIT", "draft_for"]

SUBJECT_LIMIT = 150
"""Longest subject, in characters; short enough for the title of any ticket system."""

BODY_LIMIT = 250_000
"""Longest body, in characters, unless the caller says otherwise: a whole conversation, and less than a
megabyte. Ticket systems that take less get the rest as a file or in notes."""

_WHO: dict[Author, str] = {"user": "User", "bot": "Bot", "agent": "Agent", "system": "System"}
_MARKS = {
    Fate.REFUSED: " (not delivered)",
    Fate.DROPPED: " (not delivered)",
    Fate.DOUBTFUL: " (delivery unsure)",
}
_LINE_LIMIT = 20_000
_MOST_FILES = 20
_ONE_LINE = ("agent", "bot", "channel", "country", "email", "language", "name", "outcome", "phone", "reason")
_SUBJECT = (*_ONE_LINE, "summary")
_BLOCKS = ("summary", "conversation", "details", "survey")


def draft_for(
    handoff: Handoff,
    entries: Sequence[LedgerEntry],
    plan: MomentTicketSettings | None = None,
    *,
    body_limit: int = BODY_LIMIT,
    language: str = "en",
) -> TicketDraft:
    """The ticket of a handoff: reason, summary, survey and the whole conversation, in plain text.

    ``plan`` may replace the words. ``entries`` are the messages of the handoff, oldest first. The same
    handoff gives the same ``key``. A conversation that does not fit into ``body_limit`` characters keeps its
    newest part and says how much is missing. Pure; notes are no messages and cannot be among them.
    """
    request = handoff.request
    contact = next((one for one in handoff.contacts if one.email or one.name), None)
    head = "\n\n".join(_head(handoff))[: max(0, body_limit - 200)]
    template = plan.text if plan is not None and plan.text is not None else None
    taken = len(template or "") + (len(head) if template is None or "{details}" in template else 0)
    talk = _newest([*_before(handoff), *_during(entries)], body_limit - taken - 100)
    values = {**_values(handoff, contact), "details": head, "conversation": talk}
    body = f"{head}\n\n{talk}" if template is None else fill(template, values, language, _ONE_LINE + _BLOCKS)
    subject = fill(plan.subject, _in_one_line(values), language, _SUBJECT) if plan and plan.subject else ""
    return TicketDraft(
        key=f"{handoff.id}.ticket",
        subject=_cut(" ".join(subject.split()), SUBJECT_LIMIT) if subject else _subject(handoff),
        body=body.strip()[:body_limit],
        requester_name=request.user.name or (contact.name if contact else None),
        requester_email=request.user.email or (contact.email if contact else None),
        requester_phone=request.user.phone or (contact.phone if contact else None),
        requester_external_id=request.user.id,
        language=handoff.language,
        tags=tuple(dict.fromkeys((*request.tags, *(plan.tags if plan else ())))),
        priority=plan.priority if plan else None,
        kind=plan.kind if plan else None,
        fields=dict(_fields(plan, values, language)) if plan else {},
        attachments=tuple(_files(entries))[-_MOST_FILES:],
    )


def _values(handoff: Handoff, contact: Contact | None) -> dict[str, Any]:
    request, user = handoff.request, handoff.request.user
    return {
        "agent": handoff.agent.name if handoff.agent else None,
        "bot": request.bot,
        "channel": user.channel,
        "country": user.country,
        "email": user.email or (contact.email if contact else None),
        "language": handoff.language,
        "name": user.name or (contact.name if contact else None),
        "outcome": str(handoff.outcome) if handoff.outcome else None,
        "phone": user.phone or (contact.phone if contact else None),
        "reason": request.reason,
        "summary": request.summary,
        "survey": "\n".join(f"- {one.question}: {one.answer}" for one in handoff.survey),
    }


def _in_one_line(values: Mapping[str, Any]) -> dict[str, Any]:
    summary = values["summary"]
    return {**values, "summary": " ".join(summary.split()) if isinstance(summary, str) else None}


def _fields(
    plan: MomentTicketSettings, values: Mapping[str, Any], language: str
) -> Iterator[tuple[str, object]]:
    """The fields that have a value; a template without one says nothing."""
    for label, value in plan.fields.items():
        filled = fill(value, _in_one_line(values), language, _SUBJECT) if isinstance(value, str) else value
        if filled != "":
            yield label, filled


def _files(entries: Sequence[LedgerEntry]) -> Iterator[Attachment]:
    """The files of the conversation that are kept here; links stand in the text."""
    for entry in entries:
        yield from (file for file in entry.message.attachments if file.file_id is not None)


def _subject(handoff: Handoff) -> str:
    request = handoff.request
    for text in (request.reason, request.summary):
        line = " ".join((text or "").split())
        if line:
            return _cut(line, SUBJECT_LIMIT)
    return _cut(" ".join(f"Chat with {request.user.name or 'an end user'}".split()), SUBJECT_LIMIT)


def _head(handoff: Handoff) -> Iterator[str]:
    request = handoff.request
    if request.reason:
        yield f"Reason: {request.reason}"
    if request.summary:
        yield f"Summary:\n{request.summary}"
    if handoff.survey:
        yield "\n".join(["Survey:", *(f"- {one.question}: {one.answer}" for one in handoff.survey)])
    facts = [
        f"Bot: {request.bot}",
        f"Handoff: {handoff.id}",
        f"Requested: {_time(handoff.created_at)}",
    ]
    if handoff.agent and handoff.agent.name:
        facts.append(f"Agent: {handoff.agent.name}")
    if handoff.outcome:
        facts.append(f"Outcome: {handoff.outcome}")
    yield "\n".join(facts)


def _before(handoff: Handoff) -> Iterator[str]:
    for said in handoff.request.transcript:
        when = f"{_time(said.at)} " if said.at else ""
        yield f"{when}{said.name or _WHO[said.author]}: {said.body}"


def _during(entries: Sequence[LedgerEntry]) -> Iterator[str]:
    for entry in entries:
        message = entry.message
        parts = [message.body, *map(_file, message.attachments)]
        text = " ".join(part for part in parts if part)
        yield f"{_time(entry.created_at)} {_WHO[entry.author]}{_MARKS.get(entry.fate, '')}: {text}"


def _file(file: Attachment) -> str:
    """A file in the text: its link, unless it is kept here, where nobody outside could follow it."""
    return f"[file {file.name}]" if file.file_id is not None else f"[file {file.name}: {file.url}]"


def _newest(lines: Sequence[str], room: int) -> str:
    """The last lines that fit, under a title."""
    if not lines:
        return "Conversation: nothing was said."
    kept: list[str] = []
    for line in reversed(lines):
        shown = _cut(line, _LINE_LIMIT)
        room -= len(shown) + 1
        if room < 0:
            break
        kept.append(shown)
    missing = len(lines) - len(kept)
    title = f"Conversation (the first {missing} messages do not fit here):" if missing else "Conversation:"
    return "\n".join([title, *reversed(kept)])


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
