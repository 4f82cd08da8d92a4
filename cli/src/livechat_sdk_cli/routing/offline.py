"""Where a request would go by settings alone: no vendor, CRM, plugin or store is asked."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from livechat_sdk.domain.handoff import HandoffRequest, OpeningHours, Route
from livechat_sdk.domain.people import Contact
from livechat_sdk.domain.routing import Earlier
from livechat_sdk.policies.routing import Circumstances, Decision, RuleBook, the_contact, wanted_by
from livechat_sdk.policies.routing.facts import Facts

if TYPE_CHECKING:
    from livechat_sdk.config import LivechatFile

__all__ = ["Answer", "Asked", "Offline"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with everything else that a decision follows from.

    ``business_hours`` takes the place of the calendars, for every target.
    """

    request: HandoffRequest
    at: datetime
    contacts: Sequence[Contact] = ()
    earlier: Sequence[Earlier] = ()
    business_hours: Literal["open", "closed"] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of it. ``decision`` and ``facts`` are there unless it is ``unavailable``."""

    result: Literal["routed", "out_of_hours", "unavailable"]
    book: RuleBook
    decision: Decision | None = None
    facts: Facts | None = None
    detail: str | None = None
    hours: OpeningHours | None = None


class Offline:
    """Decides by one settings file."""

    def __init__(self, settings: LivechatFile) -> None:
        from livechat_sdk.policies.business_hours import BusinessHours, hours_by_bot

        self._settings = settings
        self._books = settings.rule_books()
        wanted = {
            name: (bot.livechat.business_hours, bot.livechat.language)
            for name, bot in settings.bots.items()
            if bot.livechat.business_hours is not None
        }
        self._hours = BusinessHours(hours_by_bot(wanted, settings.calendars))

    @property
    def asks_last_agent(self) -> bool:
        """Whether a rule looks for the agent whom a user had last."""
        return any(book.asks_last_agent for book in self._books.values())

    def book(self, bot: str) -> RuleBook:
        """The rules that hold for a bot; none for a bot that there is not."""
        return self._books.get(bot) or RuleBook(bot)

    async def decide(self, asked: Asked) -> Answer:
        """Where the request goes."""
        request = asked.request
        book = self.book(request.bot)
        bot = self._settings.bots.get(request.bot)
        if bot is None:
            return Answer("unavailable", book, detail=f"there is no bot {request.bot!r}")
        if not bot.livechat.enabled:
            return Answer("unavailable", book, detail="live chat is switched off for this bot")
        names = [one.name for one in self._settings.integrations_of(request.bot) if one.name]
        if not names:
            return Answer("unavailable", book, detail="no chat integration of this bot is switched on")
        team = await self._is_open(wanted_by(request, names[0], why=""), asked) if book.asks_hours else None
        given = Circumstances(
            at=asked.at,
            contact=the_contact(asked.contacts, book.crm),
            hours="open" if team is None or team.open else "closed",
            earlier=asked.earlier,
        )
        facts = Facts(request, given.at, contact=given.contact, hours=given.hours)
        decision = book.decide(request, names, given)
        stated = decision.chain[: decision.stated]
        hours = [await self._is_open(route, asked) for route in stated]
        closed = [route for route, said in zip(stated, hours, strict=True) if said and not said.open]
        decision = decision.without(closed)
        if not decision.stated:
            detail = (hours[0].rule if hours[0] else None) or "closed"
            return Answer("out_of_hours", book, decision, facts, detail, hours[0])
        return Answer("routed", book, decision, facts, hours=hours[stated.index(decision.chain[0])])

    async def _is_open(self, route: Route, asked: Asked) -> OpeningHours | None:
        if asked.business_hours is not None:
            return OpeningHours(open=asked.business_hours == "open", rule="as the request says")
        answer = self._hours.livechat_business_hours(route, asked.at)
        return await answer if inspect.isawaitable(answer) else answer
