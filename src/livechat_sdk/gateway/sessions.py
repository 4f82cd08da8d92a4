"""``/v1/sessions``: the platform reports how many sessions its bots had, so that containment can be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from starlette.responses import Response

from livechat_sdk.errors import UnknownBot
from livechat_sdk.gateway.conversations import identifier
from livechat_sdk.gateway.incoming import Incoming
from livechat_sdk.gateway.operations import KEY, Operation, Parameter, answer
from livechat_sdk.gateway.refusals import Refusal, key_reused
from livechat_sdk.gateway.views import SessionDay, SessionsBody, SessionsView, Taken
from livechat_sdk.ledger.sessions import KEYS_KEPT, SessionCounts, SessionReport

if TYPE_CHECKING:
    from livechat_sdk.dispatcher import Dispatcher

__all__ = ["SessionRoutes"]

_LONGEST = 400
"""Days of one answer."""


class SessionRoutes:
    """``POST /v1/sessions`` and ``GET /v1/sessions``."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def operations(self) -> Sequence[Operation]:
        """The operations of this room, for the table."""
        return (
            Operation(
                "POST",
                "/v1/sessions",
                "addSessions",
                "Report sessions of a bot that began: one by one or many together; they add up. The same key "
                f"counts once; keys are remembered for {KEYS_KEPT.days} days.",
                self.add,
                answers={201: (Taken, "counted"), 200: (Taken, "it was counted already")},
                body=SessionsBody,
                parameters=(KEY,),
                refusals={422: "`unknown_bot`, `key_reused`"},
            ),
            Operation(
                "GET",
                "/v1/sessions",
                "listSessions",
                "The reported sessions of a bot, day by day in UTC. Days without any are left out.",
                self.days,
                answers={200: (SessionsView, "the days in order")},
                parameters=(
                    Parameter("bot", "name of the bot in the settings", required=True),
                    Parameter("first", "the first day, 2026-11-26; 30 days before the last unless given"),
                    Parameter("last", "the last day; today unless given"),
                ),
                refusals={422: "`unknown_bot`"},
            ),
        )

    async def add(self, incoming: Incoming) -> Response:
        """``POST /v1/sessions``."""
        report = incoming.validate(SessionsBody, incoming.keyed(await incoming.fields(), needed=True))
        self._check(report.bot)
        counted = await self._counts().add(
            SessionReport(report.key, report.bot, report.sessions, report.day), self._dispatcher.clock.now()
        )
        if counted is None:
            raise key_reused(report.key)
        return answer(Taken(key=report.key, duplicate=not counted), 201 if counted else 200)

    async def days(self, incoming: Incoming) -> Response:
        """``GET /v1/sessions?bot=&first=&last=``."""
        bot = identifier(incoming.needed("bot", "name a bot of the settings"), "?bot")
        self._check(bot)
        last = _day(incoming.query("last"), "?last", self._dispatcher.clock.now().date())
        first = _day(incoming.query("first"), "?first", max(date.min + timedelta(30), last) - timedelta(30))
        if not timedelta(0) <= last - first < timedelta(days=_LONGEST):
            raise Refusal(
                400, "invalid_parameter", f"?first and ?last must be 1 to {_LONGEST} days, in this order"
            )
        found = await self._counts().days(bot, first, last)
        return answer(
            SessionsView(bot=bot, days=tuple(SessionDay(day=one.day, sessions=one.sessions) for one in found))
        )

    def _counts(self) -> SessionCounts:
        return self._dispatcher.sessions

    def _check(self, bot: str) -> None:
        if bot not in self._dispatcher.settings.bots:
            raise UnknownBot(bot, tuple(self._dispatcher.settings.bots))


def _day(text: str | None, where: str, default: date) -> date:
    if text is None:
        return default
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise Refusal(400, "invalid_parameter", f"{where} must be a day, written like 2026-11-26")
    return found
