"""One call of an address outside: under the egress rule, with limits, and what came of it in plain words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from livechat_sdk.errors import AuthError, ProviderError, RetryableError
from livechat_sdk_helvia.automations.answers import read_answer
from livechat_sdk_helvia.automations.records import RunResult
from livechat_sdk_helvia.automations.runs import Ending

if TYPE_CHECKING:
    from livechat_sdk.http import Egress

__all__ = ["MAX_ANSWER_BYTES", "SECONDS", "body_of", "call"]

SECONDS: Final = 15.0
"""How long a call may take, everything included."""

MAX_ANSWER_BYTES: Final = 256 * 1024
"""How much of an answer is read."""

_LONGEST_PAUSE: Final = 600.0
_FIRST_PAUSE: Final = 5.0
_TAKEN: Final = 2


def body_of(document: Mapping[str, Any]) -> bytes:
    """The bytes of a body: what is signed is what is sent."""
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")


async def call(
    address: str, body: bytes, headers: Mapping[str, str], egress: Egress, *, tries: int
) -> Ending:
    """POST ``body`` once.

    An answer of 2xx is ``done``. What may be mended by itself (no connection, 408, 429, 5xx) is ``waiting``,
    with the pause before the next try; ``doubtful`` where the other side may have done it all the same. The
    rest has ``failed``.
    """
    from livechat_sdk.http import EgressRefused, Repeat, VendorClient

    parts = urlsplit(address)
    async with VendorClient(
        provider="automation",
        base_url=f"{parts.scheme}://{parts.netloc}",
        timeout=SECONDS,
        budget=SECONDS,
        egress=egress,
        max_bytes=MAX_ANSWER_BYTES,
        connections=2,
    ) as client:
        try:
            answer = await client.request(
                "run",
                "POST",
                address,
                content=body,
                headers={**headers, "content-type": "application/json"},
                repeat=Repeat.NO,
            )
        except EgressRefused as refused:
            return Ending("failed", error=f"This address may not be called: {refused.reason}.")
        except RetryableError as error:
            pause = min(_FIRST_PAUSE * 2 ** max(0, tries - 1), _LONGEST_PAUSE)
            later = min(max(error.retry_after or 0.0, pause), _LONGEST_PAUSE)
            maybe = error.status is None and error.sent is not False
            return Ending("doubtful" if maybe else "waiting", error=_reason(error), later=later)
        except ProviderError as error:
            if error.status is not None and error.status // 100 == _TAKEN:
                unread = "It was done. The answer cannot be shown: it is too large, or cannot be unpacked."
                return Ending("done", RunResult(status=error.status, text=unread))
            return Ending("failed", error=_reason(error))
    return Ending("done", read_answer(answer.status, answer.content))


def _reason(error: ProviderError) -> str:
    if error.status is not None:
        refused = " It refused our credentials." if isinstance(error, AuthError) else ""
        return f"The other side answered {error.status}.{refused}"
    if error.sent is False:
        return "The other side could not be reached."
    if isinstance(error, RetryableError):
        return "The other side did not answer in time."
    return "The other side answered in a way that nobody can read."
