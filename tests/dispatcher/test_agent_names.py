"""A masked name stays masked on every way out: words, messages, views, exports, tickets, the ledger."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from livechat_sdk import Handoff
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.outgoing import SystemMessage, UserMessage
from livechat_sdk.gateway.views import HandoffView, JournalView, MessageView
from livechat_sdk.owning.exporting import export
from livechat_sdk.owning.subjects import Subject
from livechat_sdk.policies.ticket_draft import draft_for
from tests.dispatcher.bench import Bench, Workbench

FIRST, FAMILY = "Annelinde", "Quorbach"
WHOLE = f"{FIRST} {FAMILY}"


async def a_conversation(one: Bench) -> Handoff:
    """Somebody with a name takes the chat, signs, hands it on, and is told of by the vendor."""
    handoff = await one.request()
    await one.event("joined", name=WHOLE, agent=WHOLE)
    await one.event("message", text=f"Good morning, {WHOLE.upper()} here", name=WHOLE, agent=WHOLE)
    await one.event("transferred", to=WHOLE)
    await one.event("joined", name=WHOLE, agent=WHOLE)
    await one.event("left", name=WHOLE, agent=WHOLE)
    await one.event("ended")
    return await one.reload(handoff)


async def all_ways_out(one: Bench, handoff: Handoff) -> list[str]:
    """Everything that the end user's side, or an export, has of it."""
    dispatcher = one.dispatcher
    entries = await dispatcher.entries(handoff.id)
    exported = export(dispatcher.store, "default", Subject(by="handoff", id=handoff.id), one.clock.now())
    return [
        *(outgoing.model_dump_json() for outgoing in one.channel.deliveries),
        HandoffView.of(handoff).model_dump_json(),
        *(MessageView.of(entry, entry.message).model_dump_json() for entry in entries),
        *[JournalView.of(line).model_dump_json() for line in await dispatcher.journal(handoff.id)],
        "".join([piece async for piece in exported]),
        draft_for(handoff, entries).model_dump_json(),
    ]


@pytest.mark.feature("AD-16")
@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ({"show": "first"}, FIRST),
        ({"show": "alias", "aliases": {WHOLE: "Robin"}}, "Robin"),
        ({"show": "alias", "alias": "Sam"}, "Sam"),
        ({"show": "none"}, None),
    ],
)
async def test_no_way_out_tells_a_name_that_is_masked(
    bench: Workbench, names: dict[str, Any], shown: str | None
) -> None:
    one = await bench.start(livechat={"agent_names": names})
    handoff = await a_conversation(one)
    for text in await all_ways_out(one, handoff):
        assert FAMILY.casefold() not in text.casefold()
        assert shown == FIRST or FIRST.casefold() not in text.casefold()
    (said,) = [out for out in one.channel.shown if isinstance(out, UserMessage)]
    assert said.agent_name == shown
    assert said.message.body == f"Good morning, {shown or '***'} here"
    joined = next(
        out for out in one.channel.shown if isinstance(out, SystemMessage) and out.moment is Moment.JOINED
    )
    assert joined.text == f"You are now chatting with {shown or 'a member of our team'}."


async def test_a_name_in_full_is_told_on_every_way(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await a_conversation(one)
    told = [text for text in await all_ways_out(one, handoff) if FAMILY in text]
    assert len(told) > 5, "or the search above finds nothing because it looks at nothing"


async def test_the_ledger_does_not_keep_a_name_that_is_not_shown_once_its_event_is_done(
    bench: Workbench,
) -> None:
    one = await bench.start(livechat={"agent_names": {"show": "none"}})
    handoff = await one.request()
    await one.event("joined", name=WHOLE)
    await one.event("message", text="hello", name=WHOLE)
    assert (await one.reload(handoff)).hidden_names
    with sqlite3.connect(bench.folder / "ledger.db") as ledger:
        dump = "\n".join(ledger.iterdump())
    ledger.close()
    assert FAMILY not in dump


async def test_running_handoffs_keep_how_names_were_shown(bench: Workbench) -> None:
    one = await bench.start(livechat={"agent_names": {"show": "first"}})
    handoff = await one.request()
    await one.dispatcher.__aexit__(None, None, None)
    again = await bench.start(toy=one.toy, livechat={"agent_names": {"show": "full"}})
    await again.event("joined", name=WHOLE)
    assert (await again.reload(handoff)).shown_agent is not None
    assert WHOLE not in "".join(out.model_dump_json() for out in again.channel.deliveries)


@pytest.mark.feature("SM-02")
async def test_a_team_is_told_by_its_name_and_an_unknown_target_is_not(bench: Workbench) -> None:
    one = await bench.start(livechat={"agent_names": {"show": "first"}})
    await one.active()
    await one.event("transferred", to="Billing")
    said = [out for out in one.channel.shown if isinstance(out, SystemMessage)][-1]
    assert said.text.startswith("You are being transferred to another member of our team.")
