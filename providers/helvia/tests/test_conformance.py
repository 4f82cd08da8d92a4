"""The desk, put to every case that applies to a vendor in our own process."""

from __future__ import annotations

import pytest

from livechat_sdk_helvia.conformance import make_rig
from livechat_sdk_testing.conformance import all_cases, conformance_suite
from livechat_sdk_testing.conformance.runner import why_not

TestDesk = pytest.mark.feature("PV-08", "PV-09")(conformance_suite(make_rig, name="TestDesk"))


def test_the_desk_is_put_to_what_it_declares() -> None:
    played = {case.name for case in all_cases().values() if why_not(case, make_rig) is None}
    assert len(played) >= 120
    assert {
        "histories.missed_1000",
        "receipts.raise_the_fate",
        "details.that_come_late_are_shown",
        "attachments.of_kind_pdf",
        "pairs.keep_conversations_apart",
    } <= played
