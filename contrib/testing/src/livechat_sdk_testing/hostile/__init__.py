"""Hostile vendors: fakes that lose, repeat, delay and deny, and know what really happened.

Four of them, one for each way in which events can reach us: webhooks, polling with a session cookie, a stream
with gaps, and a vendor embedded in our process. Each is a *vendor* (its memory, its human side and its
``Truth``), a provider that speaks to it, and a ``HostilePlugin`` that offers it as an integration type::

    clock = VirtualClock()
    vendor = WebhookVendor(Traits(history=True), now=clock.now, name="acme")
    plugin = HostilePlugin(vendor)
    vendor.faults.script("send", Fault.ACCEPT_THEN_TIME_OUT)

Put ``plugin.settings`` into the settings and ``plugin`` into the ``Registry`` of a dispatcher on the same
clock; then play the agent with ``vendor.join(ref)``, ``vendor.say(ref, "hello")`` and so on.
"""

from livechat_sdk_testing.hostile.embedded import EmbeddedProvider, EmbeddedVendor
from livechat_sdk_testing.hostile.faults import FITTING, RETRY_AFTER, Fault, Faults, Operation
from livechat_sdk_testing.hostile.plugin import HostilePlugin, hostile_vendor
from livechat_sdk_testing.hostile.poll import PollProvider, PollVendor
from livechat_sdk_testing.hostile.provider import HostileProvider, HostileSettings
from livechat_sdk_testing.hostile.stream import StreamProvider, StreamVendor
from livechat_sdk_testing.hostile.traits import Traits
from livechat_sdk_testing.hostile.truth import Answer, Happening, Truth, What
from livechat_sdk_testing.hostile.vendor import ChatOver, HostileVendor, Received, VendorChat
from livechat_sdk_testing.hostile.webhook import WebhookProvider, WebhookVendor

__all__ = [
    "FITTING",
    "RETRY_AFTER",
    "Answer",
    "ChatOver",
    "EmbeddedProvider",
    "EmbeddedVendor",
    "Fault",
    "Faults",
    "Happening",
    "HostilePlugin",
    "HostileProvider",
    "HostileSettings",
    "HostileVendor",
    "Operation",
    "PollProvider",
    "PollVendor",
    "Received",
    "StreamProvider",
    "StreamVendor",
    "Traits",
    "Truth",
    "VendorChat",
    "WebhookProvider",
    "WebhookVendor",
    "What",
    "hostile_vendor",
]
