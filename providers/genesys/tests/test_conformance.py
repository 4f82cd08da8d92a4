"""The whole suite on Genesys: the adapter over the simulator, which were written apart."""

from __future__ import annotations

import pytest

from livechat_sdk_genesys.conformance import GenesysRig
from livechat_sdk_testing.conformance import all_cases, conformance_suite
from livechat_sdk_testing.conformance.runner import why_not

TestGenesys = pytest.mark.feature("PV-04", "PV-08", "PV-09")(
    conformance_suite(GenesysRig, name="TestGenesys")
)


def test_genesys_is_put_to_most_cases() -> None:
    idle = [case.name for case in all_cases().values() if why_not(case, GenesysRig) is not None]
    assert len(idle) <= 40, idle
    assert {"doubt.of_send", "statuses.503_of_send", "malformed.open_malformed"}.isdisjoint(idle)
