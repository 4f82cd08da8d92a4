"""The whole suite on vendors that keep their word: the toy, and the hostile ones of every inbound kind."""

from __future__ import annotations

from contrib.testing.tests.conformance.rigs import embedded, polled, streaming, toy, webhooks
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance import ProviderConformance, Rig, conformance_suite


class TestToy(ProviderConformance):
    def make_rig(self, clock: VirtualClock) -> Rig:
        return toy(clock)


class TestWebhooks(ProviderConformance):
    def make_rig(self, clock: VirtualClock) -> Rig:
        return webhooks(clock)


class TestPolled(ProviderConformance):
    def make_rig(self, clock: VirtualClock) -> Rig:
        return polled(clock)


TestStreaming = conformance_suite(streaming, name="TestStreaming")
TestEmbedded = conformance_suite(embedded, name="TestEmbedded")
