"""Whole conversations over the simulator: what the vendor's pages leave open, agents in numbers, and ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk import HandoffState, Outcome
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.messages import Attachment, Choice, Direction, Fate, Message
from livechat_sdk.domain.outgoing import UserMessage
from livechat_sdk_cisco.conformance import CiscoRig
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.conversation import Conversation
from livechat_sdk_testing.conformance.listening import Ears

PAGE = "Summary: Wants a refund."
SAID = "User: My parcel is late\nBot: Let me find you somebody."
TRANSCRIPT = [
    {"author": "user", "body": "My parcel is late"},
    {"author": "bot", "body": "Let me find you somebody."},
]


@asynccontextmanager
async def talking(
    folder: Path,
    account: Mapping[str, Any] | None = None,
    *,
    chain: bool = False,
    livechat: Mapping[str, Any] | None = None,
    **settings: Any,
) -> AsyncIterator[Conversation]:
    rig = CiscoRig(VirtualClock(), account, **settings)
    talk = Conversation(rig, folder, Ears(), livechat or {}, chain=chain)
    async with talk.running():
        yield talk


async def ended(talk: Conversation) -> tuple[Outcome | None, EndReason | None]:
    handoff = await talk.handoff()
    return handoff.outcome, handoff.end.reason if handoff.end else None


ACCOUNTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "usual": ({}, {}),
    "as the pages have it": (
        {"root": "ChatEvents", "errors": "ApiErrors", "prefixes": ("/ccp/rest/chat",)},
        {},
    ),
    "pages of the container": ({"errors": "html", "created_status": 200}, {}),
    "errors with status 200": ({"gone_status": 200}, {}),
    "errors with status 500": ({"gone_status": 500, "server_errors": "xml"}, {}),
    "ids go backwards": ({"ids": "backwards"}, {}),
    "ids go backwards, by place": ({"ids": "backwards", "after": "place"}, {}),
    "ids are equal": ({"ids": "equal", "after": "place"}, {}),
    "blanks": ({"blanks": True}, {}),
    "names are encoded": ({"encoded_names": True}, {}),
    "events with each message": ({"put_answer": "events"}, {}),
    "behind a proxy": ({"proxy_path": "/customersupport", "cookie_path": "/ccp", "cookie_secure": True}, {}),
    "early messages are kept": ({"early_messages": "kept"}, {}),
    "emoji are refused": ({"refuses_emoji": True}, {}),
    "emoji are left out": ({"refuses_emoji": True}, {"keepEmoji": False}),
    "late messages are refused": ({"late_messages": "refused"}, {}),
    "the server's own name of its feed": (
        {"exact_feed": True},
        {"chatId": "https://ccp.example.com/ccp-webapp/ccp/feed/100053"},
    ),
}


@pytest.mark.parametrize("name", ACCOUNTS)
async def test_a_conversation_loses_and_doubles_nothing_whatever_the_account(
    tmp_path: Path, name: str
) -> None:
    account, settings = ACCOUNTS[name]
    async with talking(tmp_path, account, **settings) as talk:
        await talk.request(summary="Wants a refund.", transcript=TRANSCRIPT)
        await talk.user_says("first & <last> +1", "m-1")
        await talk.user_says("second 🙂", "m-2")
        await talk.pass_time(8)
        assert await talk.agent_sees() == []
        await talk.join("Priya Nádasdy")
        await talk.pass_time(8)
        await talk.say("100% of A+B & more, ναι;\nnext line")
        await talk.rig.human.typing(await talk.vendor_ref(), True)
        await talk.pass_time(8)
        await talk.say("Anything else?")
        await talk.restart(down=5)
        await talk.user_says("no", "m-3")
        await talk.pass_time(8)
        await talk.say("Bye")
        await talk.rig.human.end(await talk.vendor_ref())
        await talk.pass_time(30)
        emoji = "🙂" if not account.get("refuses_emoji") else "\ufffd"
        assert await talk.agent_sees() == [PAGE, SAID, "first & <last> +1", f"second {emoji}", "no"]
        assert talk.shown == ["100% of A+B & more, ναι;\nnext line", "Anything else?", "Bye"]
        assert {await talk.fate(key) for key in ("m-1", "m-2", "m-3")} == {Fate.SENT}
        assert await ended(talk) == (
            Outcome.COMPLETED,
            EndReason(by="agent", why="resolved", raw="Priya Nádasdy left"),
        )
        assert talk.shown_messages[0].agent_name == "Priya Nádasdy"
        assert len(talk.ends) == 1


async def test_several_agents_come_and_go_and_the_last_one_ends_it(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        await talk.request()
        human: Any = talk.rig.human
        await talk.join("Ann")
        ref = await talk.vendor_ref()
        await human.join(ref, "Beth")
        await talk.pass_time(10)
        await human.leave(ref, "Ann")
        await talk.pass_time(10)
        assert (await talk.handoff()).state is HandoffState.ACTIVE
        await talk.user_says("still there?", "m-1")
        await talk.say("Yes", agent="Beth")
        await talk.pass_time(10)
        assert [(one.message.body, one.agent_name) for one in talk.shown_messages] == [("Yes", "Beth")]
        assert await talk.agent_sees() == ["still there?"]
        await talk.say("Bye", agent="Beth")
        await human.leave(ref, "Beth")
        await talk.pass_time(30)
        assert talk.shown == ["Yes", "Bye"]
        assert (await talk.handoff()).outcome is Outcome.COMPLETED


@pytest.mark.parametrize("order", ["join_first", "leave_first"])
async def test_a_transfer_keeps_the_chat(tmp_path: Path, order: str) -> None:
    async with talking(tmp_path, {"transfer": order}) as talk:
        await talk.request()
        await talk.join("Ann")
        await talk.rig.human.transfer(await talk.vendor_ref(), "Beth")
        await talk.pass_time(10)
        assert (await talk.handoff()).state is HandoffState.ACTIVE
        await talk.say("Beth here", agent="Beth")
        await talk.pass_time(10)
        assert talk.shown == ["Beth here"]


async def test_after_the_join_time_out_an_agent_may_still_come(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        await talk.request()
        await talk.user_says("waiting", "m-1")
        await talk.pass_time(100)
        assert (await talk.handoff()).state is HandoffState.QUEUED
        await talk.join()
        await talk.pass_time(10)
        assert await talk.agent_sees() == ["waiting"]


async def test_after_the_join_time_out_the_next_provider_may_take_over(tmp_path: Path) -> None:
    async with talking(tmp_path, chain=True, onJoinTimeout="leave") as talk:
        await talk.request()
        ref = await talk.vendor_ref()
        await talk.pass_time(80)
        handoff = await talk.handoff()
        assert [one.integration for one in handoff.attempts] == ["cisco", "spare"]
        assert await talk.vendor_states(ref) == ["ended"]


@pytest.mark.parametrize("chain", [True, False])
async def test_where_no_agent_is_logged_in_the_next_provider_is_asked(tmp_path: Path, chain: bool) -> None:
    async with talking(tmp_path, {"agents": 0}, chain=chain) as talk:
        await talk.request()
        await talk.pass_time(30)
        handoff = await talk.handoff()
        if chain:
            assert [one.integration for one in handoff.attempts] == ["cisco", "spare"]
            assert handoff.state is HandoffState.QUEUED
        else:
            assert handoff.outcome is Outcome.UNAVAILABLE


async def test_trouble_that_passes_ends_nothing(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        await talk.joined()
        human: Any = talk.rig.human
        ref = await talk.vendor_ref()
        await human.status(ref, "chat_issue", "XMPP Server is down")
        await talk.pass_time(20)
        await human.status(ref, "chat_ok")
        await talk.say("back again")
        await talk.pass_time(20)
        assert (await talk.handoff()).state is HandoffState.ACTIVE
        assert talk.shown == ["back again"]


@pytest.mark.parametrize(
    "account", [{}, {"errors": "html"}, {"gone_status": 200}, {"gone_status": 500}], ids=str
)
async def test_a_server_that_restarts_leads_to_the_next_provider_with_what_was_not_sent(
    tmp_path: Path, account: dict[str, Any]
) -> None:
    async with talking(tmp_path, account, chain=True) as talk:
        await talk.joined()
        await talk.user_says("before", "m-1")
        await talk.pass_time(5)
        simulator: Any = talk.rig
        simulator.simulator.restart()
        await talk.user_says("into the void", "m-2")
        await talk.pass_time(60)
        handoff = await talk.handoff()
        assert [one.integration for one in handoff.attempts] == ["cisco", "spare"]
        assert [message.body for _, message in talk.spare.vendor.received] == ["into the void"]
        assert await talk.fate("m-1") is Fate.SENT


async def test_polls_that_fail_for_minutes_end_nothing(tmp_path: Path) -> None:
    async with talking(tmp_path, {"poll_timeout": None}, chain=True) as talk:
        await talk.joined()
        talk.rig.faults.script("poll", "drop_before", 1000)
        await talk.pass_time(200)
        assert (await talk.handoff()).state is HandoffState.ACTIVE
        talk.rig.faults.clear()
        await talk.say("you are back")
        await talk.pass_time(35)  # a poll is never put off for longer
        assert talk.shown == ["you are back"]


async def test_a_silent_chat_is_ended_by_the_server_and_known_to_be(tmp_path: Path) -> None:
    account = {"inactivity_timeout": 300.0}
    async with talking(tmp_path, account, chain=True, inactivityTimeout=300) as talk:
        await talk.joined()
        await talk.user_says("hello", "m-1")
        await talk.pass_time(330)
        outcome, reason = await ended(talk)
        assert outcome is Outcome.COMPLETED
        assert reason is not None
        assert (reason.by, reason.why) == ("provider", "inactivity")


async def test_files_become_links_and_choices_a_numbered_list_whose_number_comes_back(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        await talk.joined()
        file = Attachment(url="https://files.example/1/a.pdf", name="a.pdf", media_type="application/pdf")
        await talk.user_says("look", "m-1", [file])
        offer = (Choice(label="Refund", value="r"), Choice(label="New one", value="n"))
        message = Message(key="m-2", body="Which one?", choices=offer)
        await talk.dispatcher.user_message(talk.handoff_id, message)
        await talk.pass_time(10)
        assert await talk.agent_sees() == [
            "look\na.pdf: https://files.example/1/a.pdf",
            "Which one?\n1. Refund\n2. New one",
        ]
        assert (await talk.entry("m-1")).detail == "linked a.pdf"
        assert (await talk.entry("m-2")).detail == "numbered choices"
        await talk.say("2")
        await talk.pass_time(10)
        (shown,) = talk.shown_messages
        assert isinstance(shown, UserMessage)
        assert (shown.message.body, shown.message.metadata) == ("New one", {"choice": "n"})


async def test_last_words_before_our_own_end_are_recorded_once(tmp_path: Path) -> None:
    async with talking(tmp_path, pollFastest=5) as talk:
        await talk.joined()
        await talk.say("heard")
        await talk.pass_time(6)
        await talk.rig.human.say(await talk.vendor_ref(), "said last")
        await talk.end()
        await talk.pass_time(30)
        assert (await talk.handoff()).outcome is Outcome.COMPLETED
        entries = await talk.dispatcher.entries(talk.handoff_id)
        said = [one for one in entries if one.direction is Direction.TO_USER and one.author == "agent"]
        assert [one.message.body for one in said] == ["heard", "said last"]
        assert talk.shown in (["heard"], ["heard", "said last"])  # as it came before the end or after it


async def test_a_long_text_goes_in_parts(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        await talk.joined()
        text = " ".join(f"word{number}" for number in range(600))
        await talk.user_says(text, "m-1")
        await talk.pass_time(10)
        parts = await talk.agent_sees()
        assert len(parts) > 1
        assert all(len(part) <= 1500 for part in parts)
        assert " ".join(parts) == text


async def test_a_lost_answer_to_a_message_leaves_it_doubtful_and_is_not_repeated(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        await talk.joined()
        talk.rig.faults.script("send", "drop_after")
        await talk.user_says("once", "m-1")
        await talk.user_says("next", "m-2")
        await talk.pass_time(60)
        assert await talk.agent_sees() == ["once", "next"]
        assert await talk.fate("m-1") is Fate.DOUBTFUL
        assert (await talk.entry("m-2", Direction.TO_PROVIDER)).fate is Fate.SENT


async def test_the_pages_are_told_once_though_their_answers_are_lost(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        await talk.request(summary="Wants a refund.", transcript=TRANSCRIPT)
        await talk.user_says("held", "m-1")
        talk.rig.faults.script("send", "drop_after", 2)
        await talk.join()
        await talk.pass_time(30)
        assert await talk.agent_sees() == [PAGE, SAID, "held"]


async def test_chats_side_by_side_never_share_a_session(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        first = await talk.request(1)
        second = await talk.request(2)
        refs = [f"{one.id}.1" for one in (first, second)]
        for ref in refs:
            await talk.rig.human.join(ref, f"agent of {ref}")
        await talk.pass_time(10)
        for one in (first, second):
            await talk.dispatcher.user_message(one.id, Message.text(f"from {one.id}", key="m-1"))
        await talk.pass_time(10)
        assert [await talk.agent_sees(ref) for ref in refs] == [[f"from {one.id}"] for one in (first, second)]
        chats = [await talk.dispatcher.store.chat(one.id, 1) for one in (first, second)]
        sessions = {chat.secrets["session"].get_secret_value() for chat in chats if chat is not None}
        assert len(sessions) == 2
