"""The whole suite on Zendesk: the adapter over the simulator, which were written apart."""

from __future__ import annotations

import pytest

from livechat_sdk_testing.conformance import all_cases, conformance_suite
from livechat_sdk_testing.conformance.runner import why_not
from livechat_sdk_zendesk.conformance import ZendeskRig

TestZendesk = pytest.mark.feature("PV-03", "PV-08", "PV-09")(
    conformance_suite(ZendeskRig, name="TestZendesk")
)


def test_zendesk_is_put_to_most_cases() -> None:
    idle = [case.name for case in all_cases().values() if why_not(case, ZendeskRig) is not None]
    assert len(idle) <= 40, idle
    assert {"doubt.of_send", "statuses.503_of_send", "malformed.open_malformed"}.isdisjoint(idle)
