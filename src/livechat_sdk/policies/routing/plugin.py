"""The rules as a plugin on ``livechat_route``, asked after every other one.

A hook carries the request and the candidates. What else a decision follows from (the time, the contact, the
hours, the last agent), and the chain and the reasons that come out of it, travel on a sheet beside the call.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from livechat_sdk.domain.handoff import HandoffRequest, Route
from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.policies.routing.deciding import Circumstances, Decision, RuleBook

__all__ = ["RoutingRules", "Sheet", "asked_with"]


class Sheet:
    """What whoever asks knows, and the decision of the rules, once they were asked and have answered."""

    def __init__(self, given: Circumstances) -> None:
        self.given = given
        self.decision: Decision | None = None


_SHEET: ContextVar[Sheet | None] = ContextVar("livechat_sdk_routing_sheet", default=None)


@contextmanager
def asked_with(given: Circumstances) -> Generator[Sheet]:
    """The hook is asked inside this block by somebody who knows more than its arguments say."""
    sheet = Sheet(given)
    token = _SHEET.set(sheet)
    try:
        yield sheet
    finally:
        _SHEET.reset(token)


class RoutingRules:
    """Answers ``livechat_route`` by the rules of the bot; without any with the first candidate.

    What the request itself asks for (queue, group, agent, priority, skills, language) goes along where
    the rules say nothing else. Pure: it may run on the event loop.
    """

    def __init__(self, books: Mapping[str, RuleBook] | None = None) -> None:
        self._books = dict(books or {})
        self._none = RuleBook("")

    def book(self, bot: str) -> RuleBook:
        """The rules that hold for a bot."""
        return self._books.get(bot, self._none)

    @hookimpl(trylast=True)
    def livechat_route(self, request: HandoffRequest, candidates: Sequence[str]) -> Route | None:
        """The first target of the decision; abstains when there is no candidate."""
        if not candidates:
            return None
        sheet = _SHEET.get()
        given = Circumstances(at=datetime.now(UTC)) if sheet is None else sheet.given
        decision = self.book(request.bot).decide(request, candidates, given)
        if sheet is not None:
            sheet.decision = decision
        return decision.chain[0]
