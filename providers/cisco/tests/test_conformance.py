"""The whole suite on Cisco: the adapter over the simulator, which were written apart."""

from __future__ import annotations

import pytest

from livechat_sdk_cisco.conformance import CiscoRig
from livechat_sdk_testing.conformance import conformance_suite

TestCisco = pytest.mark.feature("PV-02", "PV-08", "PV-09")(conformance_suite(CiscoRig, name="TestCisco"))
