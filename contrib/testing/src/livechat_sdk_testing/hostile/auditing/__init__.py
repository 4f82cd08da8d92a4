"""The auditor: compares what really happened with what the ledger says and what the end user saw.

It never trusts the ledger alone. ``collect`` gathers the evidence from a store, from the hostile vendors and
from a recording channel; ``audit`` returns what is wrong, which should be nothing::

    evidence = await collect(store, {"acme": vendor}, channel.shown, accepted={handoff.id: keys})
    assert audit(evidence) == []

Audit when everything has settled: faults stopped, time passed, no call under way.
"""

from livechat_sdk_testing.hostile.auditing.evidence import Account, Evidence, collect
from livechat_sdk_testing.hostile.auditing.findings import Finding, Wrong
from livechat_sdk_testing.hostile.auditing.messages import check_messages
from livechat_sdk_testing.hostile.auditing.owners import check_conversations, check_end
from livechat_sdk_testing.hostile.auditing.sends import check_opens, check_sends

__all__ = ["Account", "Evidence", "Finding", "Wrong", "audit", "collect"]


def audit(evidence: Evidence) -> list[Finding]:
    """Everything that is wrong, handoff by handoff; empty when all promises were kept."""
    findings: list[Finding] = []
    for handoff in evidence.handoffs:
        findings += check_sends(evidence, handoff)
        findings += check_opens(evidence, handoff)
        findings += check_messages(evidence, handoff)
        findings += check_end(evidence, handoff)
    findings += check_conversations(evidence)
    return findings
