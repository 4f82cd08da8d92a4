"""Analytics of the desk, for LiveChat Admins."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

from livechat_sdk.provider.hosting import EmbeddedHost
from livechat_sdk_helvia.analytics.counting import count_period
from livechat_sdk_helvia.analytics.feedback import feedback_of, keep_feedback
from livechat_sdk_helvia.analytics.figures import ContentedShare, MemberFeedback, Record, Report
from livechat_sdk_helvia.analytics.listing import list_records
from livechat_sdk_helvia.analytics.period import Period
from livechat_sdk_helvia.analytics.sharing import share_of_sessions
from livechat_sdk_helvia.context import DeskContext, page_limits, require
from livechat_sdk_helvia.past import Place
from livechat_sdk_helvia.records import DeskUser, Right

__all__ = ["Analytics"]

_BATCH: Final = 200


class Analytics:
    """Reads the figures of a period. All of it is about colleagues' work: only a LiveChat Admin may."""

    def __init__(self, desk: DeskContext, host: EmbeddedHost | None) -> None:
        self._desk = desk
        self._host = host

    async def report(self, actor: DeskUser, period: Period) -> Report:
        """The figures of a period."""
        require(actor, Right.ADMINISTER)
        report = await count_period(self._desk, period)
        report.share = await share_of_sessions(self._desk, self._host, period)
        return report

    async def feedback(
        self, actor: DeskUser, period: Period
    ) -> tuple[ContentedShare, Sequence[MemberFeedback]]:
        """Feedback on the live chats of a period, in all and for each member."""
        require(actor, Right.ADMINISTER)
        return await feedback_of(self._desk, period)

    async def records(
        self, actor: DeskUser, period: Period, *, take: int = 50, after: Place | None = None
    ) -> Sequence[Record]:
        """The live chats of a period one by one, oldest first, those after the place ``after``.

        Raises ``InvalidField`` for a ``take`` that is out of range.
        """
        require(actor, Right.ADMINISTER)
        page_limits(0, take)
        return await list_records(self._desk, period, take=take, after=after)

    async def all_records(self, actor: DeskUser, period: Period) -> AsyncIterator[Record]:
        """Every live chat of a period; some of them are in memory at a time."""
        after: Place | None = None
        while found := await self.records(actor, period, take=_BATCH, after=after):
            for record in found:
                yield record
            after = found[-1].place

    async def keep_feedback(self, actor: DeskUser, handoff_id: str, *, positive: bool) -> None:
        """Keep what the end user of a handoff thought of its live chat; the last word counts.

        Nobody rates colleagues or themselves: the platform does this, as a service or with an admin's
        token. Raises ``NotFound`` when the handoff had no live chat here.
        """
        require(actor, Right.ADMINISTER)
        await keep_feedback(self._desk, handoff_id, positive=positive)
