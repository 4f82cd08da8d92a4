"""Makes a ticket out of a handoff: what a colleague needs who was not there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import Author, Fate, LedgerEntry
from livechat_sdk.domain.tickets import TicketDraft

__all__ = ["BODY_LIMIT", "SUBJECT_LIMIT", "draft_for"]

SUBJECT_LIMIT = 150
"""Longest subject, in characters; short enough for the title of any ticket system."""

BODY_LIMIT = 30_000
"""Longest body, in characters, unless the caller says otherwise."""

_WHO: dict[Author, str] = {"user": "User", "bot": "Bot", "agent": "Agent", "system": "System"}
_MARKS = {
    Fate.REFUSED: " (not delivered)",
    Fate.DROPPED: " (not delivered)",
    Fate.DOUBTFUL: " (delivery unsure)",
}
_LINE_LIMIT = 4000


def draft_for(
    handoff: Handoff, entries: Sequence[LedgerEntry], *, body_limit: int = BODY_LIMIT
) -> TicketDraft:
    """The ticket of a handoff: reason, summary, survey and the whole conversation, in plain text.

    ``entries`` are the messages of the handoff, oldest first. The same handoff gives the same ``key``. A
    conversation that does not fit into ``body_limit`` characters keeps its newest part and says how much
    is missing. Pure; notes are no messages and cannot be among them.
    """
    request = handoff.request
    contact = next((one for one in handoff.contacts if one.email or one.name), None)
    head = "\n\n".join(_head(handoff))[: max(0, body_limit - 200)]
    room = body_limit - len(head) - 100
    talk = _newest([*_before(handoff), *_during(entries)], room)
    return TicketDraft(
        key=f"{handoff.id}.ticket",
        subject=_subject(handoff),
        body=f"{head}\n\n{talk}".strip()[:body_limit],
        requester_name=request.user.name or (contact.name if contact else None),
        requester_email=request.user.email or (contact.email if contact else None),
        tags=request.tags,
    )


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
        parts = [message.body, *(f"[file {file.name}: {file.url}]" for file in message.attachments)]
        text = " ".join(part for part in parts if part)
        yield f"{_time(entry.created_at)} {_WHO[entry.author]}{_MARKS.get(entry.fate, '')}: {text}"


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
