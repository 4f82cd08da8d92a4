"""The conformance suite of providers: one subclass, or one factory call, proves a provider.

::

    from livechat_sdk_testing.conformance import ProviderConformance

    class TestAcme(ProviderConformance):
        def make_rig(self, clock):
            return AcmeRig(clock)

``rig`` says how a provider under test and the vendor behind it are set up; ``certify`` runs the same cases
without pytest and returns a certificate. The suite for pytest is imported when it is asked for. The suites of
ticket systems and of CRMs are in ``systems``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livechat_sdk_testing.conformance.case import (
    CASES,
    Case,
    CaseFailed,
    Excuse,
    Level,
    SystemTopic,
    Tier,
    Topic,
)
from livechat_sdk_testing.conformance.certificate import (
    SYSTEM_TIER_RULES,
    TIER_RULES,
    AnyCertificate,
    CaseResult,
    Certificate,
    Result,
    SystemCertificate,
    json_schema,
)
from livechat_sdk_testing.conformance.rig import (
    ChatView,
    FaultSwitch,
    HumanSide,
    MakeRig,
    Rig,
    Seen,
    SimChat,
    WebhookMaker,
)
from livechat_sdk_testing.conformance.runner import all_cases, certify, excused, run_case

if TYPE_CHECKING:
    from livechat_sdk_testing.conformance.suite import ProviderConformance, conformance_suite

__all__ = [
    "CASES",
    "SYSTEM_TIER_RULES",
    "TIER_RULES",
    "AnyCertificate",
    "Case",
    "CaseFailed",
    "CaseResult",
    "Certificate",
    "ChatView",
    "Excuse",
    "FaultSwitch",
    "HumanSide",
    "Level",
    "MakeRig",
    "ProviderConformance",
    "Result",
    "Rig",
    "Seen",
    "SimChat",
    "SystemCertificate",
    "SystemTopic",
    "Tier",
    "Topic",
    "WebhookMaker",
    "all_cases",
    "certify",
    "conformance_suite",
    "excused",
    "json_schema",
    "run_case",
]


def __getattr__(name: str) -> Any:
    if name in {"ProviderConformance", "conformance_suite"}:
        from livechat_sdk_testing.conformance import suite

        return getattr(suite, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
