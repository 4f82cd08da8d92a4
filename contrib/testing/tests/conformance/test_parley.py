"""The whole suite on the example vendor: its adapter over its simulator, which were written apart."""

from __future__ import annotations

from contrib.testing.tests.conformance.parley_rig import ParleyRig
from livechat_sdk_testing.conformance import all_cases, conformance_suite
from livechat_sdk_testing.conformance.runner import why_not

TestParley = conformance_suite(ParleyRig, name="TestParley")


def test_parley_is_put_to_nearly_every_case() -> None:
    idle = [case.name for case in all_cases().values() if why_not(case, ParleyRig) is not None]
    assert len(idle) <= 15, idle
    assert {"webhooks.old", "statuses.503_of_send", "malformed.open_malformed"}.isdisjoint(idle)
