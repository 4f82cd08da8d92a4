"""Puts together what was counted: the meters, and what other parts know about themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from livechat_sdk.dispatcher.reporting_inflow import inflow_families
from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.counting import given_up_actions, live_handoffs
from livechat_sdk.telemetry.meters import Family, gauge, total

if TYPE_CHECKING:
    from livechat_sdk.dispatcher.intake import Intake
    from livechat_sdk.dispatcher.measuring import Measures
    from livechat_sdk.dispatcher.stepping import Stepper
    from livechat_sdk.dispatcher.working import Working
    from livechat_sdk.hooks import Hooks, HookStat
    from livechat_sdk.inbound import Inflow
    from livechat_sdk.ledger.store import Store
    from livechat_sdk.owning.retention import Retention
    from livechat_sdk.relay.lanes import Relay
    from livechat_sdk.relay.leases import LeaseGuard
    from livechat_sdk.relay.signals import Signals
    from livechat_sdk.telemetry.watchdog import LoopWatchdog

__all__ = ["Report"]

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The parts of one dispatcher that count something."""

    measures: Measures
    store: Store
    workspace: str
    stepper: Stepper
    intake: Intake
    inflow: Inflow
    retention: Retention
    relay: Relay
    working: Working
    lease: LeaseGuard
    signals: Signals
    hooks: Hooks
    watchdog: LoopWatchdog

    async def families(self) -> Sequence[Family]:
        """Everything as it is now. Without the counts of the ledger while that cannot be read."""
        return [
            gauge(
                "livechat_info",
                "Always 1; the labels say what runs.",
                {(version("livechat-sdk"), self.workspace): 1},
                ("version", "workspace"),
            ),
            *await self._ledger(),
            *self.measures.book.families(),
            *self._steps(),
            *inflow_families(self.inflow.counts),
            *self._retention(),
            *self._lanes(),
            *self._worker(),
            *self._hooks(),
            *self._loop(),
        ]

    async def _ledger(self) -> Sequence[Family]:
        try:
            live = await live_handoffs(self.store, self.workspace)
            given_up = await given_up_actions(self.store, self.workspace)
        except StoreError:
            return []
        return [
            gauge(
                "livechat_handoffs",
                "Handoffs in a state now, of all workers on this ledger.",
                {(state,): count for state, count in live.items()},
                ("state",),
            ),
            gauge(
                "livechat_actions_given_up",
                "Actions that failed or are doubtful and that nobody has seen to; at most 10000 are counted.",
                given_up,
                ("kind", "status"),
            ),
        ]

    def _steps(self) -> Sequence[Family]:
        return [
            total(
                "livechat_step_conflicts",
                "Steps that were computed again because somebody else was faster.",
                {(): self.stepper.conflicts},
            ),
            total(
                "livechat_events_duplicate",
                "Events of vendors that came again and changed nothing.",
                {(): self.intake.duplicates},
            ),
            total(
                "livechat_events_unmatched",
                "Events of vendors that were kept because their chat was not known.",
                {(name,): count for name, count in self.intake.unmatched.items()},
                ("integration",),
            ),
            total(
                "livechat_events_erased",
                "Events of vendors that were dropped because their chat was erased.",
                {(name,): count for name, count in self.intake.erased.items()},
                ("integration",),
            ),
        ]

    def _retention(self) -> Sequence[Family]:
        return [
            total(
                "livechat_retention_erased",
                "Handoffs that were erased because of their age; forced: although they were not settled.",
                {
                    ("no",): self.retention.erased - self.retention.forced,
                    ("yes",): self.retention.forced,
                },
                ("forced",),
            ),
            gauge(
                "livechat_retention_overdue",
                "Handoffs that are kept beyond their time because they are not settled.",
                {(): self.retention.overdue},
            ),
            total(
                "livechat_retention_failures",
                "Rounds of retention that failed.",
                {(): self.retention.failures},
            ),
        ]

    def _lanes(self) -> Sequence[Family]:
        busy, runnable = self.relay.busy_lanes, self.relay.runnable_lanes
        return [
            gauge(
                "livechat_lanes",
                "Lanes of this worker: with something to do now, waiting for another try, stopped by a bug.",
                {
                    ("runnable",): runnable,
                    ("waiting",): busy - runnable,
                    ("broken",): len(self.relay.broken),
                },
                ("status",),
            ),
            gauge(
                "livechat_actions_queued",
                "Actions in the lanes of this worker.",
                {(): self.relay.queued_actions},
            ),
            total(
                "livechat_signals_dropped",
                "Typing and receipts that were not passed on because there was something better to do.",
                {(): self.signals.dropped},
            ),
        ]

    def _worker(self) -> Sequence[Family]:
        return [
            gauge("livechat_shards", "Shards that this worker holds.", {(): len(self.working.shards)}),
            gauge(
                "livechat_lease_seconds",
                "How long this worker's lease lasts if it is not extended; without end on SQLite.",
                {(): self.lease.left},
            ),
            total(
                "livechat_leases_lost", "Leases of this worker that ran out.", {(): self.working.lost_leases}
            ),
            total(
                "livechat_actions_claimed",
                "Actions that were taken over from others, or from an earlier process.",
                {(): self.working.claimed},
            ),
            total(
                "livechat_actions_lost",
                "Actions that another worker had taken over before this one was done with them.",
                {(): self.relay.lost},
            ),
        ]

    def _hooks(self) -> Sequence[Family]:
        stats = self.hooks.stats()
        stuck = set(self.hooks.stuck())
        return [
            _of_hooks("calls", "Calls of plugins.", stats),
            _of_hooks("failures", "Calls of plugins that raised or answered junk.", stats),
            _of_hooks("timeouts", "Calls of plugins that took longer than their limit.", stats),
            _of_hooks("skipped", "Plugins not asked because their earlier calls hang.", stats),
            _of_hooks("seconds", "Time spent waiting for plugins.", stats),
            gauge(
                "livechat_plugin_stuck",
                "1 for a plugin that is skipped because its earlier calls hang.",
                {(name,): name in stuck for name in self.hooks.plugins()},
                ("plugin",),
            ),
        ]

    def _loop(self) -> Sequence[Family]:
        blamed = self.watchdog.blamed()
        labels = ("culprit",)
        return [
            total(
                "livechat_loop_blocks",
                "How often somebody blocked the event loop for over 250 ms.",
                {(one.culprit,): one.times for one in blamed},
                labels,
            ),
            total(
                "livechat_loop_blocked_seconds",
                "How long they blocked it together.",
                {(one.culprit,): one.seconds for one in blamed},
                labels,
            ),
        ]


def _of_hooks(what: str, about: str, stats: Sequence[HookStat]) -> Family:
    values: dict[Labels, float] = {(one.plugin, one.hook): float(getattr(one, what)) for one in stats}
    return total(f"livechat_hook_{what}", about, values, ("plugin", "hook"))
