"""Whatever bot, agents and end user do in whatever order: who has control is told, and the chats fit."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contrib.simulators.tests.zendesk_bench import WORKSPACE, ZendeskBench, zendesk_bench
from livechat_sdk_simulators.human import NotPossible

CONTROL: list[tuple[str, str | None]] = [
    ("passControl", to) for to in ("bot", "zd-answerBot", WORKSPACE, "next", "nobody")
]
CONTROL += [("offerControl", to) for to in ("bot", WORKSPACE, "next")]
CONTROL += [("acceptControl", None), ("releaseControl", None)]
ACTS: list[tuple[str, str | None]] = [
    *CONTROL,
    *[("say", by) for by in ("user", "business", "agent")],
    *[("join", agent) for agent in ("Eleni", "Nikos")],
    ("leave", None),
    ("transfer", "42"),
    *[("end", why) for why in ("ended", "closed", "email", "user", "solved", "handback")],
]


async def _do(zendesk: ZendeskBench, conversation: str, act: str, what: str | None, number: int) -> None:
    human, path = zendesk.human, f"/conversations/{conversation}"
    if act.endswith("Control"):
        body = {"switchboardIntegration": what, "metadata": {"ref": f"h-{number}"}} if what else {}
        await zendesk.post(f"{path}/{act}", body)
    elif act == "say" and what != "agent":
        await zendesk.send(conversation, f"{number}", by=str(what))
    else:
        doing: dict[str, Any] = {
            "say": lambda: human.say(conversation, f"{number}"),
            "join": lambda: human.join(conversation, what),
            "leave": lambda: human.leave(conversation),
            "transfer": lambda: human.transfer(conversation, str(what)),
            "end": lambda: human.end(conversation, what),
        }
        try:
            await doing[act]()
        except NotPossible:
            await zendesk.zendesk.pump()


async def _check(zendesk: ZendeskBench, conversation: str, said: dict[str, Any]) -> None:
    shown = (await zendesk.client.get(f"/conversations/{conversation}")).json()["conversation"]
    active = shown.get("activeSwitchboardIntegration")
    live = [one for one in await zendesk.human.chats() if one.state != "ended"]
    assert len(live) <= 1
    if live:
        assert active is not None
        assert active["name"] == WORKSPACE
        assert live[0] == (await zendesk.human.chats())[-1]
        assert (live[0].state == "active") == (live[0].agent is not None)
    for kind, payload in await zendesk.events():
        if kind.startswith("switchboard:") and not kind.endswith(("offerControl", "failure")):
            said["active"] = payload["conversation"].get("activeSwitchboardIntegration")
        if kind == "conversation:message":
            said["messages"].append(payload["message"]["id"])
    listed = (await zendesk.client.get(f"/conversations/{conversation}/messages")).json()["messages"]
    assert [one["id"] for one in listed] == said["messages"]


async def _play(acts: list[tuple[str, str | None]], account: dict[str, Any]) -> None:
    async with zendesk_bench(**account) as zendesk:
        conversation = await zendesk.conversation()
        said: dict[str, Any] = {"active": None, "messages": []}
        for number, (act, what) in enumerate(acts):
            await _do(zendesk, conversation, act, what, number)
            await _check(zendesk, conversation, said)
        await zendesk.post(f"/conversations/{conversation}/releaseControl")
        await zendesk.control(conversation, WORKSPACE)
        await _check(zendesk, conversation, said)
        assert said["active"]["name"] == WORKSPACE


@settings(max_examples=60)
@given(
    acts=st.lists(st.sampled_from(ACTS), max_size=20),
    account=st.fixed_dictionaries(
        {},
        optional={
            "default_responder": st.sampled_from(["bot", "zd-answerBot", ""]),
            "ticket_made": st.just("user_message"),
            "closing_gives": st.just("next"),
            "events_together": st.just(value=False),
            "user_end_releases": st.just(value=True),
        },
    ),
)
def test_control_chats_and_events_agree(acts: list[tuple[str, str | None]], account: dict[str, Any]) -> None:
    asyncio.run(_play(acts, account))
