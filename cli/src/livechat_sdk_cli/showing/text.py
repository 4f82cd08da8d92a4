"""``livechat show`` for people: a head, the timeline, every message with its fate, and what is still open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from livechat_sdk.domain.handoff import Handoff, QueueStatus
from livechat_sdk.domain.messages import LedgerEntry
from livechat_sdk.domain.people import Contact
from livechat_sdk.ledger.store import ActionRow, JournalEntry
from livechat_sdk_cli.routing.stored import decision_in
from livechat_sdk_cli.showing import words
from livechat_sdk_cli.showing.gather import OPEN, UNDONE, Shown, Trouble, prefixes
from livechat_sdk_cli.tables import Column, fields, table
from livechat_sdk_cli.terminal import Screen, shorten, visible

__all__ = ["list_lines", "show_lines"]


def show_lines(shown: Shown, screen: Screen) -> list[str]:
    """The full view of one handoff."""
    handoff = shown.handoff
    day = words.moment(handoff.created_at)[:10]
    lines = fields(list(_head(shown)), screen)
    for title, body in (
        (f"Timeline (UTC, {day} unless a date is given)", _timeline(shown, screen)),
        (f"Messages ({len(shown.entries)})", _messages(shown, screen)),
        ("Actions that are not done", _actions(shown, screen)),
        ("Timers", _timers(shown, screen)),
        ("Tickets", _tickets(shown, screen)),
    ):
        if body:
            lines += ["", screen.style(shorten(title, screen.width), "bold", "cyan"), *body]
    return lines


def _head(shown: Shown) -> Iterator[tuple[str, str]]:
    handoff, ownership = shown.handoff, shown.ownership
    yield "handoff", handoff.id
    yield from _state(handoff, shown.now)
    owner = "the bot" if ownership.owner == "bot" else "the human side"
    yield "owner", f"{owner} (number {ownership.number})"
    yield from _request(handoff)
    yield from _routing(shown)
    for attempt in handoff.attempts:
        yield "attempt", words.attempt_words(attempt)
    if handoff.agent is not None:
        yield "agent", _name(handoff.agent.name, handoff.agent.id)
    if handoff.queue is not None and handoff.is_waiting:
        yield "queue", _queue(handoff.queue)
    for answer in handoff.survey:
        yield "survey", f"{answer.id}: {answer.answer}"
    for contact in handoff.contacts:
        yield "contact", _contact(contact)
    for failure in handoff.failures:
        yield "failure", failure
    yield "version", str(handoff.version)


def _routing(shown: Shown) -> Iterator[tuple[str, str]]:
    """Which rule decided, and what did not match before it."""
    _, reasons = decision_in(shown.journal)
    if reasons is None or (reasons.by == "default" and not reasons.failed and not reasons.unusable):
        return
    parts = [reasons.in_short()]
    parts += [f"{key} failed in {ranges}" for key, ranges in reasons.failed.items()]
    if reasons.unusable:
        parts.append(f"no usable target in {', '.join(map(str, reasons.unusable))}")
    if reasons.closed:
        parts.append(f"closed: {', '.join(one.integration for one in reasons.closed)}")
    yield "routing", "; ".join(parts)


def _contact(contact: Contact) -> str:
    if not contact.certain:
        likely = ", ".join(match.name or match.id for match in contact.matches)
        return f"one of several: {likely} (from {contact.source})"
    return f"{contact.name or contact.id} (from {contact.source})"


def _state(handoff: Handoff, now: datetime) -> Iterator[tuple[str, str]]:
    if handoff.end is not None:
        yield "state", f"ended with {handoff.end.outcome} at {words.moment(handoff.end.at)} UTC"
        yield "end", words.end_words(handoff.end)
        yield "lasted", words.span((handoff.end.at - handoff.created_at).total_seconds())
    else:
        since = words.span((now - handoff.state_since).total_seconds())
        yield "state", f"{handoff.state} since {words.moment(handoff.state_since)} UTC ({since})"
        if handoff.ending is not None:
            yield "ending", f"asked for by {handoff.ending.by}: {handoff.ending.why}"
    if handoff.open_at_vendor:
        yield "warning", "ended here, but a chat may still be open at the vendor"


def _request(handoff: Handoff) -> Iterator[tuple[str, str]]:
    request = handoff.request
    yield "conversation", request.conversation_id
    yield "bot", request.bot
    yield "user", _name(request.user.name, request.user.id)
    yield "requested", f"{words.moment(handoff.created_at)} UTC, key {request.key}"
    if request.reason:
        yield "reason", request.reason


def _name(name: str | None, identifier: str) -> str:
    return f"{name} ({identifier})" if name else identifier


def _queue(queue: QueueStatus) -> str:
    parts = [
        f"position {queue.position}" if queue.position is not None else "",
        f"{queue.waiting} waiting" if queue.waiting is not None else "",
        f"about {words.span(queue.estimate)}" if queue.estimate is not None else "",
    ]
    return ", ".join(part for part in parts if part) or "unknown"


def _timeline(shown: Shown, screen: Screen) -> list[str]:
    columns = (
        Column("TIME"),
        Column("EVENT"),
        Column("STATE AFTER"),
        Column("NOTE", shrinks_to=20, optional=True),
    )

    def row(entry: JournalEntry) -> tuple[str, str, str, str]:
        parts = [f"REFUSED: {entry.refused}" if entry.refused else "", words.detail_words(entry.detail)]
        note = "; ".join(part for part in parts if part)
        return words.clock(entry.at, shown.handoff.created_at), entry.kind, str(entry.state), note

    return table(columns, [row(entry) for entry in shown.journal], screen) if shown.journal else []


def _messages(shown: Shown, screen: Screen) -> list[str]:
    columns = (
        Column("#", right=True),
        Column("TIME"),
        Column("WAY"),
        Column("AUTHOR"),
        Column("FATE"),
        Column("TEXT", shrinks_to=16),
        Column("WHY", shrinks_to=12, optional=True),
    )

    def row(entry: LedgerEntry) -> tuple[str, ...]:
        return (
            str(entry.seq),
            words.clock(entry.created_at, shown.handoff.created_at),
            words.way(entry.direction),
            entry.author,
            str(entry.fate),
            words.said(entry.message),
            entry.detail or "",
        )

    if not shown.entries:
        return ["none"]
    return table(columns, [row(entry) for entry in shown.entries], screen)


def _actions(shown: Shown, screen: Screen) -> list[str]:
    columns = (
        Column("ID", right=True),
        Column("ACTION"),
        Column("ABOUT", shrinks_to=12),
        Column("STATUS"),
        Column("TRIES", right=True),
        Column("NEXT TRY"),
        Column("ERROR", shrinks_to=16, optional=True),
    )

    def row(action: ActionRow) -> tuple[str, ...]:
        return (
            str(action.id),
            action.action.kind,
            words.about(action.action),
            str(action.status),
            str(action.tries),
            _next_try(action, shown),
            action.error or "",
        )

    undone = [action for action in shown.actions if action.status in UNDONE]
    lines = table(columns, [row(action) for action in undone], screen) if undone else []
    return lines + _whole_errors(undone, lines, screen)


def _whole_errors(undone: Sequence[ActionRow], lines: Sequence[str], screen: Screen) -> list[str]:
    """The errors for which the table had no room: why it fails is what people come for."""
    seen = "".join("".join(lines).split())
    whole: dict[str, list[str]] = {}
    for action in undone:
        if action.error and "".join(visible(action.error).split()) not in seen:
            whole.setdefault(action.error, []).append(str(action.id))
    pairs = [(f"error of {', '.join(ids)}", error) for error, ids in whole.items()]
    return ["", *fields(pairs, screen)] if pairs else []


def _next_try(action: ActionRow, shown: Shown) -> str:
    if action.status not in OPEN:
        return "never"
    if action.not_before is None or action.not_before <= shown.now:
        return "now" if action.status == "pending" else "running"
    return f"in {words.span((action.not_before - shown.now).total_seconds())}"


def _timers(shown: Shown, screen: Screen) -> list[str]:
    timers = sorted(shown.handoff.timers.items(), key=lambda timer: timer[1])
    rows: list[tuple[str, str, str]] = []
    for name, due in timers:
        left = (due - shown.now).total_seconds()
        wait = f"in {words.span(left)}" if left > 0 else f"due, {words.span(left)} late"
        rows.append((name, f"{words.moment(due)} UTC", wait))
    return table((Column("TIMER"), Column("DUE"), Column("WAIT")), rows, screen) if rows else []


def _tickets(shown: Shown, screen: Screen) -> list[str]:
    columns = (
        Column("SOURCE"),
        Column("ID"),
        Column("STATUS"),
        Column("SUBJECT", shrinks_to=16),
        Column("LINK", optional=True),
    )
    rows = [
        (ticket.source, ticket.number or ticket.id, ticket.status or "", ticket.subject, ticket.url or "")
        for ticket in shown.tickets
    ]
    return table(columns, rows, screen) if rows else []


def list_lines(handoffs: Sequence[Handoff], screen: Screen, troubles: Mapping[str, Trouble]) -> list[str]:
    """The list of handoffs, with ids that are as short as can be, and how much of each has failed."""
    if not handoffs:
        return ["no handoffs yet"]
    columns = (
        Column("HANDOFF"),
        Column("STATE"),
        Column("REQUESTED (UTC)"),
        Column("BOT", shrinks_to=8),
        Column("INTEGRATION", shrinks_to=11),
        Column("AGENT", shrinks_to=8, optional=True),
        Column("CONVERSATION", shrinks_to=12),
    )
    short = prefixes([handoff.id for handoff in handoffs])
    rows = [
        (
            short[handoff.id],
            ", ".join(filter(None, (words.state_words(handoff), str(troubles.get(handoff.id, ""))))),
            words.moment(handoff.created_at),
            handoff.request.bot,
            handoff.integration or "",
            (handoff.agent.name or handoff.agent.id) if handoff.agent else "",
            handoff.request.conversation_id,
        )
        for handoff in handoffs
    ]
    return table(columns, rows, screen)
