"""A platform that takes signed webhooks, as its own developers would write it: with the reference library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from unittest import mock

import httpx
import standardwebhooks.webhooks
from standardwebhooks import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
URL = "https://platform.example.com/hooks?from=livechat"


@dataclass
class Platform(httpx.AsyncBaseTransport):
    """Verifies each delivery, keeps it, and answers as it is told.

    ``answer`` decides for each request before it is looked at: ``None`` to take it, or the answer, or what to
    raise in place of one. ``lose_answers``: what is taken is answered by a lost connection so many times.
    """

    now: Callable[[], datetime]
    secret: str = SECRET
    answer: Callable[[httpx.Request], httpx.Response | Exception | None] = lambda _: None
    lose_answers: int = 0
    requests: list[httpx.Request] = field(default_factory=list[httpx.Request])
    taken: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Every delivery that was verified, repeated ones included."""
    ids: list[str] = field(default_factory=list[str])
    """The id of each of them."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answer(request)
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        with mock.patch.object(standardwebhooks.webhooks, "datetime", wraps=datetime) as clock:
            clock.now.side_effect = lambda tz: self.now().astimezone(tz)
            document = Webhook(self.secret).verify(request.content, dict(request.headers))
        self.taken.append(document)
        self.ids.append(request.headers["webhook-id"])
        if self.lose_answers:
            self.lose_answers -= 1
            raise httpx.ReadError("the answer was lost")
        return httpx.Response(204)

    @property
    def shown(self) -> list[dict[str, Any]]:
        """What is left when repeated deliveries are left out by their id, as a platform should."""
        return list(dict(zip(self.ids, self.taken, strict=True)).values())

    @property
    def texts(self) -> list[str]:
        """The agent's messages in the order in which the end user sees them."""
        return [one["data"]["message"]["body"] for one in self.shown if one["type"] == "handoff.message"]

    @property
    def repeated(self) -> int:
        """How many deliveries came again."""
        return sum(count - 1 for count in Counter(self.ids).values())
