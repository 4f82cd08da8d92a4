"""Random changes on the store and on a plain model of it: both must remember the same."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.ledger.sqlite import SqliteStore
from livechat_sdk.ledger.store import (
    ActionRow,
    ActionStatus,
    Change,
    DuplicateEvent,
    DuplicateMessage,
    LaneLost,
    Store,
    TimerGone,
    TimerRow,
    VersionConflict,
)
from livechat_sdk.lifecycle.effects import (
    CancelActions,
    CancelTimer,
    ChangeOwner,
    Decide,
    DeliverMessage,
    OpenChat,
    ReturnToBot,
    SendMessage,
    SetFate,
    SetTimer,
    UpdateDetails,
)
from livechat_sdk_testing.postgres import PostgresServer
from tests.ledger.builders import (
    NOW,
    a_handoff,
    an_attempt,
    an_event,
    completion,
    from_agent,
    from_user,
    later,
)
from tests.ledger.model import OPEN, Model, Refused

T = TypeVar("T")

NAMES = st.sampled_from(["m1", "m2", "m3"])
FATES = st.sampled_from(Fate)
DIRECTIONS = st.sampled_from(Direction)
WRITES = st.one_of(
    st.builds(from_user, NAMES, fate=FATES),
    st.builds(from_agent, NAMES, fate=FATES),
    st.builds(
        SetFate,
        message_key=NAMES,
        direction=DIRECTIONS,
        fate=FATES,
        detail=st.sampled_from([None, "why"]),
        vendor_id=st.sampled_from([None, "v1"]),
    ),
    st.builds(ReturnToBot, message_keys=st.lists(NAMES, unique=True).map(tuple)),
    st.builds(CancelActions, attempt=st.integers(1, 2)),
    st.builds(SetTimer, name=NAMES, due_at=st.integers(0, 3).map(later)),
    st.builds(CancelTimer, name=NAMES),
)
ACTIONS = st.one_of(
    st.builds(Decide),
    st.builds(OpenChat, attempt=st.integers(1, 2)),
    st.builds(SendMessage, attempt=st.integers(1, 2), message_key=NAMES),
    st.builds(
        UpdateDetails,
        attempt=st.integers(1, 2),
        message_keys=st.lists(NAMES, unique=True, max_size=2).map(tuple),
    ),
    st.builds(DeliverMessage, message_key=NAMES, owner_number=st.just(1)),
)
EVENTS = st.sampled_from(["e1", "e2", "e3"])
REFUSALS = (VersionConflict, DuplicateEvent, DuplicateMessage, TimerGone)


class StoreMachine(RuleBasedStateMachine):
    """Drives a store and its model side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.runner = asyncio.Runner()
        self.made = 0
        self.rows: dict[int, ActionRow] = {}

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.prepare()
        self.store = self.build()
        self.run(self.store.open())

    def prepare(self) -> None:
        """Make ready what ``build`` opens again and again."""

    def build(self) -> Store:
        return SqliteStore(Path(self.folder.name) / "ledger.db", now=lambda: NOW)

    def run(self, work: Awaitable[T]) -> T:
        async def wait() -> T:
            return await work

        return self.runner.run(wait())

    def both(
        self, on_store: Callable[[], Awaitable[list[int]]], on_model: Callable[[list[int]], object]
    ) -> None:
        """Do the same to both; the store's new action ids are the model's too."""
        by_store: type[Exception] | None = None
        by_model: type[Exception] | None = None
        new_ids: list[int] = []
        try:
            new_ids = self.run(on_store())
        except REFUSALS as error:
            by_store = type(error)
        try:
            on_model(new_ids)
        except Refused as error:
            by_model = error.kind
        assert by_store is by_model

    def a_known_handoff(self, data: st.DataObject) -> Any:
        return data.draw(st.sampled_from(sorted(self.model.state.handoffs.values(), key=lambda one: one.id)))

    @rule(
        key=st.sampled_from(["k1", "k2", "k3"]),
        conversation=st.sampled_from(["c1", "c2"]),
        number_off=st.sampled_from([0, 0, 0, 1]),
        writes=st.lists(WRITES, max_size=2),
        actions=st.lists(ACTIONS, max_size=2),
        born_ended=st.booleans(),
    )
    def create(
        self, key: str, conversation: str, number_off: int, writes: Any, actions: Any, born_ended: bool
    ) -> None:
        self.made += 1
        present = self.model.state.owners.get(conversation, ("bot", 0))[1]
        handoff_id = f"h{self.made}"
        handoff = a_handoff(
            handoff_id,
            key=key,
            conversation_id=conversation,
            owner_number=present + number_off + (not born_ended),
            attempts=tuple(an_attempt(number, handoff_id=handoff_id) for number in (1, 2)),
            state=HandoffState.ENDED if born_ended else HandoffState.REQUESTED,
        )
        owner = () if born_ended else (ChangeOwner(owner="human", number=handoff.owner_number),)
        change = Change(handoff, 0, "requested", NOW, writes=(*owner, *writes), actions=actions)
        found: list[tuple[str, str]] = []

        async def on_store() -> list[int]:
            created = await self.store.create(change)
            found.append((created.status, created.handoff.id))
            return self.noted(created.actions)

        self.both(on_store, lambda ids: found.append(self.model.create(change, ids)))
        assert len(set(found)) <= 1

    @precondition(lambda self: self.model.state.handoffs)
    @rule(
        data=st.data(),
        writes=st.lists(WRITES, max_size=4),
        actions=st.lists(ACTIONS, max_size=3),
        ends=st.sampled_from([False, False, False, True]),
        stale=st.sampled_from([False, False, False, True]),
        event=st.none() | EVENTS,
    )
    def step(self, data: Any, writes: Any, actions: Any, ends: bool, stale: bool, event: str | None) -> None:
        before = self.a_known_handoff(data)
        known = before.version - 1 if stale else before.version
        changes: dict[str, Any] = {"version": known + 1}
        if ends and before.is_live:
            changes |= {"state": HandoffState.ENDED, "owner_number": before.owner_number + 1}
            writes = [*writes, ChangeOwner(owner="bot", number=before.owner_number + 1)]
        self.apply(
            Change(
                before.model_copy(update=changes),
                known,
                "step",
                NOW,
                writes=writes,
                actions=actions,
                event=an_event(event) if event else None,
            ),
        )

    @precondition(lambda self: self.model.state.handoffs)
    @rule(
        data=st.data(),
        writes=st.lists(WRITES, max_size=4),
        event=st.none() | EVENTS,
        status=st.sampled_from([ActionStatus.DONE, ActionStatus.FAILED, ActionStatus.DOUBTFUL]),
        refused=st.sampled_from([None, "no"]),
    )
    def note(
        self, data: Any, writes: Any, event: str | None, status: ActionStatus, refused: str | None
    ) -> None:
        handoff = self.a_known_handoff(data)
        open_ids = sorted(
            number for number, action in self.model.state.actions.items() if action.status in OPEN
        )
        completed = data.draw(st.none() | st.sampled_from(open_ids)) if open_ids else None
        timers = sorted(self.model.state.timers.items())
        fired = data.draw(st.none() | st.sampled_from(timers)) if timers else None
        off = data.draw(st.sampled_from([0, 0, 60])) if fired else 0
        self.apply(
            Change(
                handoff,
                handoff.version,
                "note",
                NOW,
                writes=writes,
                refused=refused,
                event=an_event(event) if event else None,
                completes=completion(self.rows[completed], status, "why") if completed else None,
                fired=TimerRow(fired[0][0], fired[0][1], fired[1] + timedelta(seconds=off))
                if fired
                else None,
            ),
        )

    def apply(self, change: Change) -> None:
        async def on_store() -> list[int]:
            return self.noted((await self.store.apply(change)).actions)

        self.both(on_store, lambda ids: self.model.apply(change, ids))

    @precondition(lambda self: self.model.state.actions)
    @rule(data=st.data())
    def start_action(self, data: Any) -> None:
        action_id = data.draw(st.sampled_from(sorted(self.model.state.actions)))
        try:
            started = self.run(self.store.start_action(self.rows[action_id]))
        except LaneLost:
            assert not self.is_open(action_id), (
                "what is over was an earlier worker's, and may be refused as such"
            )
        else:
            assert started is self.model.start_action(action_id)

    @precondition(lambda self: self.model.state.actions)
    @rule(data=st.data())
    def postpone_action(self, data: Any) -> None:
        action_id = data.draw(st.sampled_from(sorted(self.model.state.actions)))
        try:
            self.run(self.store.postpone_action(self.rows[action_id], not_before=later(9), error="later"))
        except LaneLost:
            assert not self.is_open(action_id)
        self.model.postpone_action(action_id, "later")

    def is_open(self, action_id: int) -> bool:
        return self.model.state.actions[action_id].status in OPEN

    @rule(event=EVENTS)
    def take_in(self, event: str) -> None:
        self.run(self.store.commit([], [an_event(event)]))
        self.model.take_in(event)

    @rule()
    def restart(self) -> None:
        self.run(self.store.close())
        self.store = self.build()
        self.run(self.store.open())
        claimed = self.run(self.store.claim())
        assert sorted(row.id for row in claimed) == sorted(
            number for number, one in self.model.state.actions.items() if one.status in OPEN
        )
        self.noted(claimed)

    def noted(self, rows: Sequence[ActionRow]) -> list[int]:
        """Keep the rows as they were handed out; returns their ids."""
        self.rows.update({row.id: row for row in rows})
        return [row.id for row in rows]

    @rule()
    def compare(self) -> None:
        self.run(self.remembers_the_same())

    async def remembers_the_same(self) -> None:
        store, state = self.store, self.model.state
        assert {one.id: one for one in await store.handoffs()} == state.handoffs
        for conversation in ("c1", "c2"):
            ownership = await store.ownership(conversation)
            assert (ownership.owner, ownership.number) == state.owners.get(conversation, ("bot", 0))
            live = [
                one.id
                for one in state.handoffs.values()
                if one.request.conversation_id == conversation and one.is_live
            ]
            assert ([ownership.live_handoff] if ownership.live_handoff else []) == live
        for handoff_id in state.handoffs:
            entries = await store.entries(handoff_id)
            assert [(e.message.key, e.direction, e.fate, e.detail, e.vendor_id) for e in entries] == [
                (e.key, e.direction, e.fate, e.detail, e.vendor_id) for e in state.entries.get(handoff_id, [])
            ]
            assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
            assert [entry.message.key for entry in await store.returned_to_bot(handoff_id)] == [
                e.key for e in state.entries.get(handoff_id, []) if e.detail == "returned to the bot"
            ]
            journal = await store.journal(handoff_id)
            assert [(j.kind, j.version, j.refused) for j in journal] == state.journal[handoff_id]
            assert [brief(row) for row in await store.actions(handoff_id)] == [
                (number, one.action, one.status, one.tries, one.error)
                for number, one in sorted(state.actions.items())
                if one.handoff_id == handoff_id
            ]
        assert [row.id for row in await store.open_actions()] == sorted(
            number for number, one in state.actions.items() if one.status in OPEN
        )
        timers = await store.due_timers(later(1e6))
        assert {(t.handoff_id, t.name): t.due_at for t in timers} == state.timers
        assert await store.next_timer() == min(state.timers.values(), default=None)
        assert [waiting.event.id for waiting in await store.inbox()] == state.inbox
        for ref, place in state.refs.items():
            assert await store.match("desk", [ref]) == place

    def teardown(self) -> None:
        try:
            self.run(self.remembers_the_same())
            self.run(self.store.close())
        finally:
            self.runner.close()
            self.folder.cleanup()


def brief(row: ActionRow) -> tuple[object, ...]:
    return row.id, row.action, row.status, row.tries, row.error


def test_postgres_remembers_the_same_as_the_model(postgres_server: PostgresServer) -> None:
    class PostgresMachine(StoreMachine):
        def prepare(self) -> None:
            self.url = self.run(postgres_server.new_database())

        def build(self) -> Store:
            from livechat_sdk.ledger.postgres import PostgresStore

            return PostgresStore(self.url, now=lambda: NOW)

    run_state_machine_as_test(PostgresMachine, settings=settings(max_examples=10, stateful_step_count=25))


TestAgainstModel = StoreMachine.TestCase
TestAgainstModel.settings = settings(max_examples=40, stateful_step_count=30)
