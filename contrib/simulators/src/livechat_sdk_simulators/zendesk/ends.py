"""The ways in which a stay with the agents of Zendesk ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from livechat_sdk_simulators.human import NotPossible
from livechat_sdk_simulators.zendesk.state import Conversation, Session, Ticket

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

__all__ = ["Ends"]


class Ends:
    """What agents, triggers and end users do to end it, each under its name."""

    def __init__(self, zendesk: ZendeskSimulator) -> None:
        self._zendesk = zendesk
        self._ways: Mapping[str, Callable[[Conversation, Session], None]] = {
            "ended": self._end_session,
            "trigger": self._end_session,
            "closed": self._close,
            "email": self._to_email,
            "user": self._ended_by_user,
            "solved": self._solve,
            "handback": self._hand_back,
            "removed": self._remove,
        }

    def end(self, conversation: Conversation, session: Session, why: str) -> None:
        """End a stay. Raises ``NotPossible`` for a way that there is not."""
        way = self._ways.get(why)
        if way is None:
            raise NotPossible(f"Zendesk knows no end {why!r}; it knows {', '.join(self._ways)}")
        way(conversation, session)

    def _end_session(self, conversation: Conversation, session: Session) -> None:
        """The agent, or a trigger, ends the session. The ticket stays; what comes next makes another one."""
        self._zendesk.switchboard.release(conversation, {}, self._zendesk.settings.end_reason)
        _out_of_session(session)

    def _close(self, _: Conversation, session: Session) -> None:
        self._zendesk.desk.close(_ticket_of(session))

    def _to_email(self, conversation: Conversation, session: Session) -> None:
        told = self._zendesk.desk.system_message(conversation, "ticket:transfer:email")
        self._zendesk.desk.hand_back(conversation, "transferToEmail", told)
        _out_of_session(session)

    def _ended_by_user(self, conversation: Conversation, session: Session) -> None:
        told = self._zendesk.desk.system_message(conversation, "conversation:endedByUser")
        if self._zendesk.settings.user_end_releases:
            self._zendesk.switchboard.release(conversation, {}, None, told)
        else:
            self._zendesk.events.tell(conversation, told)
            self._zendesk.desk.session_over(conversation, "the end user ended it")
            conversation.active = conversation.pending = None
        _out_of_session(session)

    def _solve(self, _: Conversation, session: Session) -> None:
        self._zendesk.desk.set_status(_ticket_of(session), "solved")

    def _hand_back(self, conversation: Conversation, _: Session) -> None:
        """The agent writes ``%((switchboard:passControl:bot))%``, which the end user does not see."""
        self._zendesk.switchboard.give(conversation, self._zendesk.switchboard.bot, {})

    def _remove(self, conversation: Conversation, _: Session) -> None:
        self._zendesk.conversations.remove(conversation)


def _ticket_of(session: Session) -> Ticket:
    if session.ticket is None:
        raise NotPossible("there is no ticket yet")
    return session.ticket


def _out_of_session(session: Session) -> None:
    if session.ticket is not None:
        session.ticket.in_session = False
