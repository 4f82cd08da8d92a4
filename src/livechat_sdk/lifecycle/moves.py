"""The one table of legal moves: (input, state) -> what it does.

What is not in the table is refused and recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.lifecycle import closing, opening, parking, queueing, survey, talking, ticketing
from livechat_sdk.lifecycle.draft import Draft

__all__ = ["LEGAL_MOVES", "Handler", "keep"]

Handler = Callable[[Draft, Any], None]
"""Changes a draft according to one input."""


def keep(draft: Draft, happening: object) -> None:
    """The input is legal and changes nothing; it is in the journal."""


_S = HandoffState
_WAITING = (_S.REQUESTED, _S.STARTING, _S.QUEUED)
_VENDOR = (_S.STARTING, _S.QUEUED, _S.ACTIVE, _S.TRANSFERRING)
_ENGAGED = (_S.ACTIVE, _S.TRANSFERRING)
_BEFORE_ENDING = (*_WAITING, *_ENGAGED)
_LATE = (_S.ENDING, _S.ENDED)
_ALL = tuple(_S)
_TRIED = (*_VENDOR, *_LATE)  # without an attempt there is nobody to hear from

_ROWS: tuple[tuple[str, tuple[HandoffState, ...], Handler], ...] = (
    # the request
    ("requested", (_S.REQUESTED,), opening.requested),
    ("already_open", (_S.REQUESTED,), opening.already_open),
    ("decided", (_S.REQUESTED,), opening.decided),
    ("failed.decide", (_S.REQUESTED,), opening.decide_gave_up),
    ("contact_found", _BEFORE_ENDING, opening.contact_found),
    ("contact_found", _LATE, keep),
    ("doubtful.decide", (_S.REQUESTED,), opening.decide_gave_up),
    ("succeeded.decide", _ALL, keep),  # the decision itself comes as "decided"
    ("succeeded.find_contact", _ALL, keep),  # what was found comes as "contact_found"
    ("failed.find_contact", _BEFORE_ENDING, opening.no_contact_found),
    ("failed.find_contact", _LATE, keep),
    ("doubtful.find_contact", _BEFORE_ENDING, opening.no_contact_found),
    ("doubtful.find_contact", _LATE, keep),
    ("details_added", _BEFORE_ENDING, survey.details_added),
    # the vendor's side opens
    ("succeeded.open_chat", _VENDOR, opening.chat_opened),
    ("succeeded.open_chat", _LATE, opening.late_chat_opened),
    ("failed.open_chat", _VENDOR, opening.open_failed),
    ("failed.open_chat", _LATE, keep),
    ("doubtful.open_chat", _VENDOR, opening.open_doubtful),
    ("doubtful.open_chat", _LATE, keep),
    ("event.chat_accepted", _VENDOR, opening.chat_accepted),
    ("event.chat_accepted", _LATE, keep),
    ("event.chat_rejected", (_S.STARTING, _S.QUEUED), opening.chat_rejected),
    ("event.queue_updated", (_S.STARTING, _S.QUEUED), queueing.queue_updated),
    ("event.queue_updated", (*_ENGAGED, *_LATE), keep),
    ("event.agent_joined", _VENDOR, opening.joined),
    ("event.agent_joined", _LATE, keep),  # but for the name: it must not be shown, wherever it comes up
    # both sides talk
    ("user_said", _BEFORE_ENDING, talking.user_said),
    ("user_said", (_S.ENDING,), talking.user_said_while_ending),
    ("user_typed", _VENDOR, talking.user_typed),
    ("user_read", _ALL, talking.user_read),
    ("event.message_received", (*_VENDOR, _S.ENDING), talking.message_received),
    ("event.message_received", (_S.ENDED,), closing.late_message),
    ("event.typing_changed", _VENDOR, talking.agent_typing),
    ("event.typing_changed", _LATE, keep),
    ("event.message_delivered", _TRIED, talking.receipt_from_agent),
    ("event.message_read", _TRIED, talking.receipt_from_agent),
    ("event.message_failed", _TRIED, talking.message_failed),
    ("event.agent_left", _VENDOR, talking.agent_left),
    ("event.agent_left", _LATE, keep),
    ("event.chat_transferred", _VENDOR, talking.transferred),
    ("event.chat_transferred", _LATE, keep),
    ("event.stream_gap", _TRIED, keep),
    ("event.unknown_event", _TRIED, keep),
    # results
    ("succeeded.send_message", _TRIED, closing.send_succeeded),
    ("failed.send_message", _TRIED, closing.send_failed),
    ("doubtful.send_message", _TRIED, closing.send_doubtful),
    ("succeeded.update_details", _TRIED, closing.details_carried),
    ("failed.update_details", _TRIED, closing.details_not_carried),
    ("doubtful.update_details", _TRIED, closing.details_not_carried),
    ("succeeded.say", _ALL, closing.delivered),
    ("failed.say", _ALL, closing.delivery_given_up),
    ("doubtful.say", _ALL, closing.delivery_given_up),
    ("succeeded.enrich", _ALL, keep),  # what was fetched is in the table of files
    ("failed.enrich", _ALL, keep),  # the message is delivered with a note
    ("doubtful.enrich", _ALL, keep),
    ("succeeded.deliver_message", _ALL, closing.delivered),
    ("failed.deliver_message", _ALL, closing.delivery_given_up),
    ("doubtful.deliver_message", _ALL, closing.delivery_given_up),
    ("succeeded.deliver_ended", (_S.ENDED,), keep),
    ("failed.deliver_ended", (_S.ENDED,), keep),
    ("doubtful.deliver_ended", (_S.ENDED,), keep),
    # tickets
    ("ticket_requested", _ALL, ticketing.ticket_requested),
    ("note_requested", _ALL, ticketing.note_requested),
    ("succeeded.create_ticket", _ALL, ticketing.ticket_changed),
    ("failed.create_ticket", _ALL, keep),
    ("doubtful.create_ticket", _ALL, keep),
    ("succeeded.add_to_ticket", _ALL, ticketing.ticket_changed),
    ("failed.add_to_ticket", _ALL, keep),
    ("doubtful.add_to_ticket", _ALL, keep),
    # what was given up
    ("retry_requested", _ALL, parking.retry_requested),
    ("drop_requested", _ALL, parking.drop_requested),
    # the end
    ("end_requested", _BEFORE_ENDING, closing.end_requested),
    ("user_left", _BEFORE_ENDING, closing.user_left),
    ("event.chat_ended", _VENDOR, talking.chat_ended),
    ("event.chat_ended", (_S.ENDING,), closing.ended_at_vendor_while_ending),
    ("event.chat_ended", (_S.ENDED,), closing.late_chat_ended),
    ("succeeded.close_chat", (_S.ENDING,), closing.chat_closed),
    ("succeeded.close_chat", (*_VENDOR, _S.ENDED), closing.late_chat_closed),
    ("failed.close_chat", _TRIED, closing.close_given_up),
    ("doubtful.close_chat", _TRIED, closing.close_given_up),
    ("still_open", _TRIED, closing.close_again),
    # clocks
    ("timer.request_timeout", _WAITING, closing.request_timed_out),
    ("timer.queue_update", (_S.STARTING, _S.QUEUED), queueing.queue_due),
    ("timer.contact", _VENDOR, opening.contact_took_too_long),
    ("timer.user_remind", _ENGAGED, closing.remind_user),
    ("timer.user_close", _ENGAGED, closing.user_silent),
    ("timer.agent_remind", _ENGAGED, closing.remind_about_agent),
    ("timer.agent_release", _ENGAGED, closing.agent_silent),
    ("timer.max_duration", _BEFORE_ENDING, closing.life_over),
    ("timer.closing", (_S.ENDING,), closing.closing_took_too_long),
)


def _build() -> dict[tuple[str, HandoffState], Handler]:
    table: dict[tuple[str, HandoffState], Handler] = {}
    for kind, states, handler in _ROWS:
        for state in states:
            if (kind, state) in table:
                raise AssertionError(f"two moves for {kind} in {state}")
            table[kind, state] = handler
    return table


LEGAL_MOVES: Mapping[tuple[str, HandoffState], Handler] = MappingProxyType(_build())
"""What each input does in each state. A pair that is not here is illegal."""
