"""A decision for people: where it goes, and the rules as a list with what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from livechat_sdk.domain.routing import RoutingReasons, Target
from livechat_sdk_cli.tables import fields
from livechat_sdk_cli.terminal import Screen, Style, shorten, visible

__all__ = ["chain_words", "decision_lines", "rule_lines", "target_words"]

_MARKS: Final[Mapping[str, tuple[str, Style]]] = {
    "matched": ("✓", "green"),
    "failed": ("✗", "red"),
    "unusable": ("–", "yellow"),
    "not_looked_at": ("·", "dim"),
}
_MOST_SHOWN: Final = 40


def target_words(target: Target) -> str:
    """A target in a line: ``acme-zendesk, queue billing, priority high``."""
    parts = [target.integration]
    wishes = ("queue", "group", "agent", "priority")
    parts += [f"{name} {value}" for name in wishes if (value := getattr(target, name))]
    if target.skills:
        parts.append(f"skills {' + '.join(target.skills)}")
    return ", ".join(parts)


def chain_words(chain: Iterable[Target]) -> str:
    """A chain in a line."""
    return ", then ".join(target_words(one) for one in chain)


def decision_lines(
    pairs: Sequence[tuple[str, str]],
    reasons: RoutingReasons | None,
    rows: Sequence[Mapping[str, Any]],
    screen: Screen,
) -> list[str]:
    """The whole picture; ``pairs`` come first, then what the reasons tell, then the rules."""
    told = [*pairs]
    if reasons is not None:
        told += _told(reasons)
    lines = fields(told, screen)
    if rows:
        lines += ["", screen.style("Rules", "bold", "cyan"), *rule_lines(rows, screen)]
    return lines


def _told(reasons: RoutingReasons) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = [("by", reasons.in_short())]
    for number, target in enumerate(reasons.chain, start=1):
        told.append(("to" if number == 1 else "then", target_words(target)))
    told += [("closed", target_words(one)) for one in reasons.closed]
    told += [("passed over", f"{target_words(one)}: not a candidate") for one in reasons.passed_over]
    if reasons.share is not None:
        share = reasons.share
        told.append(("share", f"target {share.target} of the rule: point {share.point} of {share.total}"))
    told += [("last agent", agent) for agent in reasons.last_agent.values()]
    return told


def rule_lines(rows: Sequence[Mapping[str, Any]], screen: Screen) -> list[str]:
    """A line for each rule: ✓ it decided, ✗ it did not match, – no target could be used, · not looked at."""
    looked = [row for row in rows if row["outcome"] != "not_looked_at"]
    # Of many rules, those around the decision tell most.
    shown = looked[-_MOST_SHOWN:] if len(looked) > _MOST_SHOWN else looked
    left = len(rows) - len(looked)
    lines: list[str] = []
    if len(shown) < len(looked):
        lines.append(f"  ✗ {len(looked) - len(shown)} rules before these did not match (--json lists them)")
    digits = len(str(len(rows)))
    for row in shown:
        mark, style = _MARKS[row["outcome"]]
        name = f" {row['name']}" if row["name"] else ""
        head = f"{row['number']:>{digits}}{name}"
        why = {
            "matched": "decides",
            "unusable": "matches, but no target can be used",
            "failed": _failure(row),
        }[row["outcome"]]
        line = shorten(visible(f"{head}  {why}"), max(screen.width - 4, 16))
        lines.append(f"  {screen.style(mark, style)} {line}")
    if left:
        lines.append(f"  · {left} more not looked at")
    return lines


def _failure(row: Mapping[str, Any]) -> str:
    key, why = str(row.get("failed_at")), str(row.get("why"))
    return why if why.startswith(f"{key} is ") else f"{key}: {why}"
