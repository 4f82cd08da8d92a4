"""Routing: rules from the settings say where a handoff goes, and why. ``docs/reference/routing.md`` is exact.

Names are loaded when they are used: settings without a rule need none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from livechat_sdk.lazy import loading_from

if TYPE_CHECKING:
    from livechat_sdk.policies.routing.deciding import Circumstances, Decision, Rule, RuleBook
    from livechat_sdk.policies.routing.facts import the_contact
    from livechat_sdk.policies.routing.plugin import RoutingRules, Sheet, asked_with
    from livechat_sdk.policies.routing.settings import RoutingRuleSettings, Rules, TargetSettings
    from livechat_sdk.policies.routing.targets import plain_chain, wanted_by

_HOMES: dict[str, tuple[str, ...]] = {
    "policies.routing.deciding": ("Circumstances", "Decision", "Rule", "RuleBook"),
    "policies.routing.facts": ("the_contact",),
    "policies.routing.plugin": ("RoutingRules", "Sheet", "asked_with"),
    "policies.routing.settings": ("RoutingRuleSettings", "Rules", "TargetSettings"),
    "policies.routing.targets": ("plain_chain", "wanted_by"),
}

__all__ = [
    "Circumstances",
    "Decision",
    "RoutingRuleSettings",
    "RoutingRules",
    "Rule",
    "RuleBook",
    "Rules",
    "Sheet",
    "TargetSettings",
    "asked_with",
    "plain_chain",
    "the_contact",
    "wanted_by",
]

__getattr__ = loading_from(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
