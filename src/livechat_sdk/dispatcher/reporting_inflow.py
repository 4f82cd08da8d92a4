"""What came in by itself, and what was missed and repaired, for the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from livechat_sdk.telemetry.meters import Family, total

if TYPE_CHECKING:
    from collections import Counter

    from livechat_sdk.inbound.counts import InflowCounts

__all__ = ["inflow_families"]


def inflow_families(counts: InflowCounts) -> Sequence[Family]:
    """The counts of the poller, the streams and the reconciler."""
    return [
        _by_integration("livechat_polls", "Polls of chats.", counts.polls),
        _by_integration("livechat_poll_errors", "Polls that failed.", counts.poll_errors),
        _by_integration("livechat_stream_starts", "Event streams that were begun.", counts.stream_starts),
        _by_integration("livechat_stream_errors", "Event streams that broke.", counts.stream_errors),
        _by_integration(
            "livechat_gaps", "Times at which events of an integration may have been lost.", counts.gaps
        ),
        _by_integration(
            "livechat_questions", "Times at which a vendor was asked what is true.", counts.questions
        ),
        _by_integration("livechat_question_errors", "Questions that failed.", counts.question_errors),
        total(
            "livechat_repairs",
            "What had been missed and was repaired.",
            dict(counts.repairs),
            ("integration", "kind"),
        ),
        _by_integration(
            "livechat_chats_closed_again",
            "Times at which a chat that was left open at the vendor was told to close once more.",
            counts.closed_again,
        ),
        _by_integration(
            "livechat_events_unmatched_dropped",
            "Events that matched no chat for a day.",
            counts.unmatched_dropped,
        ),
    ]


def _by_integration(name: str, about: str, counted: Counter[str]) -> Family:
    return total(name, about, {(key,): count for key, count in counted.items()}, ("integration",))
