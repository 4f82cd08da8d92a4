"""What a poll brings: each event of the catalogue, in any order and spelling."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.chats import (
    AgentJoined,
    AgentLeft,
    Chat,
    ChatEnded,
    ChatRejected,
    MessageReceived,
    TypingChanged,
    UnknownEvent,
)
from livechat_sdk_cisco.events import Translation, decoded, translate
from livechat_sdk_cisco.room import Room
from livechat_sdk_cisco.settings import CiscoSettings
from livechat_sdk_cisco.xml import element, read_xml
from providers.cisco.tests.bench import CHAT, CONTACT, JOINED, NOW, SETTINGS

PARTS = ("kind", "agent", "status")


def one(kind: str, identity: object, **children: str) -> str:
    inner = "".join(element(name.rstrip("_"), value) for name, value in children.items())
    return f"<{kind}><id>{identity}</id>{inner}</{kind}>"


def said(identity: object, body: str, by: str = "Priya") -> str:
    return one("MessageEvent", identity, from_=by, body=body)


def presence(identity: object, status: str, by: str = "Priya") -> str:
    return one("PresenceEvent", identity, from_=by, status=status)


def status(identity: object, word: str, detail: str | None = None) -> str:
    return one("StatusEvent", identity, status=word, **({} if detail is None else {"detail": detail}))


class Line:
    """A chat that is polled again and again."""

    def __init__(self, chat: Chat = CHAT, **settings: Any) -> None:
        self.chat = chat
        self.settings = CiscoSettings.model_validate({**SETTINGS, **settings})

    def poll(self, *events: str, root: str = "chatEvents") -> Translation:
        room = Room.of(self.chat, NOW)
        content = f"<{root}>{''.join(events)}</{root}>".encode()
        told = translate(read_xml(content), self.chat, room, NOW, self.settings)
        self.chat = room.stored_in(self.chat)
        return told

    def kinds(self, *events: str, root: str = "chatEvents") -> list[str]:
        return [event.kind for event in self.poll(*events, root=root).events]

    @property
    def cursor(self) -> int:
        return int(self.chat.state["cursor"])


def test_an_agent_who_joins_speaks_types_and_leaves() -> None:
    line = Line()
    told = line.poll(
        status(1, "chat_ok", ""),
        presence(3, "joined"),
        one("TypingEvent", 4, from_="Priya", status="composing"),
        one("TypingEvent", 4, from_="Priya", status="paused"),
        said(6, "Good+morning%21"),
    )
    joined, types, stops, message = told.events
    assert isinstance(joined, AgentJoined)
    assert (joined.agent.id, joined.agent.name) == ("Priya", "Priya")
    assert isinstance(types, TypingChanged)
    assert isinstance(stops, TypingChanged)
    assert (types.on, stops.on) == (True, False)
    assert isinstance(message, MessageReceived)
    assert (message.message.body, message.agent) == ("Good morning!", joined.agent)
    assert message.message.key == message.id
    assert message.refs == ("h-1.1", CONTACT)
    assert message.raw == {"MessageEvent": {"id": "6", "from": "Priya", "body": "Good+morning%21"}}
    assert not told.over
    assert line.cursor == 6
    (end,) = line.poll(presence(9, "left")).events
    assert isinstance(end, ChatEnded)
    assert (end.by, end.why, end.raw_reason) == ("agent", "resolved", "Priya left")


@pytest.mark.parametrize("root", ["ChatEvents", "chatEvents"])
def test_either_root_is_read(root: str) -> None:
    assert Line().kinds(presence(1, "joined"), said(2, "Hello"), root=root) == [
        "agent_joined",
        "message_received",
    ]


def test_the_cursor_is_the_largest_id_of_all_events_known_or_not() -> None:
    line = Line()
    line.poll(presence(" 12 ", "joined"), said(7, "late"), one("SurveyEvent", 40), status("x", "chat_ok"))
    assert line.cursor == 40
    line.poll(said(30, "later"))
    assert line.cursor == 40


def test_events_that_are_repeated_are_told_once() -> None:
    line = Line()
    page = (status(1, "chat_ok"), presence(3, "joined"), said(5, "Hello"))
    assert line.kinds(*page) == ["agent_joined", "message_received"]
    assert line.kinds(*page) == []
    assert line.kinds(*page, said(6, "Again")) == ["message_received"]


def test_two_events_with_one_id_are_both_told_and_have_different_keys() -> None:
    line = Line(JOINED)
    told = line.poll(said(5, "one"), said(5, "two"), one("TypingEvent", 5, from_="Priya", status="paused"))
    assert [event.kind for event in told.events] == ["message_received", "message_received", "typing_changed"]
    assert len({event.id for event in told.events}) == 3


def test_events_without_an_id_are_told() -> None:
    line = Line(JOINED)
    told = line.poll("<MessageEvent><from>Priya</from><body>one</body></MessageEvent>", said("-4", "two"))
    assert [event.kind for event in told.events] == ["message_received"] * 2
    assert line.cursor == 3


def test_an_old_join_that_comes_again_does_not_bring_an_agent_back() -> None:
    line = Line()
    line.poll(presence(3, "joined"), presence(4, "joined", "Beth"))
    assert line.kinds(presence(6, "left")) == ["agent_left"]
    assert line.kinds(presence(3, "joined"), presence(7, "left", "Beth")) == ["chat_ended"]


def test_one_of_several_agents_leaves_and_the_chat_goes_on_until_the_last_one_does() -> None:
    line = Line()
    assert line.kinds(presence(1, "joined"), presence(2, "joined", "Beth")) == ["agent_joined"] * 2
    (left,) = line.poll(presence(3, "left")).events
    assert isinstance(left, AgentLeft)
    assert left.agent.id == "Priya"
    told = line.poll(said(4, "Bye", "Beth"), presence(5, "left", "Beth"))
    assert [event.kind for event in told.events] == ["message_received", "chat_ended"]
    assert told.over


def test_what_was_said_comes_before_an_end_of_the_same_poll_whatever_the_order() -> None:
    told = Line(JOINED).poll(presence(9, "left"), said(8, "Bye"), presence(10, "left"))
    assert [event.kind for event in told.events] == ["message_received", "chat_ended"]


def test_an_agent_who_takes_over_while_the_other_leaves_keeps_the_chat() -> None:
    line = Line(JOINED)
    assert line.kinds(presence(5, "left"), presence(6, "joined", "Beth")) == ["agent_left", "agent_joined"]
    assert line.chat.state["agents"] == ["Beth"]


def test_an_agent_may_come_back() -> None:
    line = Line()
    line.poll(presence(1, "joined"), presence(2, "joined", "Beth"))
    assert line.kinds(presence(3, "left"), presence(4, "joined")) == ["agent_left", "agent_joined"]


def test_who_leaves_without_having_come_is_nobody() -> None:
    assert Line().kinds(presence(3, "left")) == []


@pytest.mark.parametrize(
    ("word", "by", "why"),
    [
        ("chat_finished", "agent", "resolved"),
        ("chat_finished_error", "provider", "error"),
        ("CHAT_FINISHED", "agent", "resolved"),
        ("chat_exploded", "provider", "other"),
    ],
)
def test_a_status_that_ends_the_chat_keeps_its_words(word: str, by: str, why: str) -> None:
    (end,) = Line(JOINED).poll(status(9, word, "All+is+over")).events
    assert isinstance(end, ChatEnded)
    assert (end.by, end.why, end.raw_reason) == (by, why, f"{word.lower()}: All is over")


def test_a_status_that_nobody_knows_need_not_end_the_chat() -> None:
    (event,) = Line(JOINED, unknownStatusEnds=False).poll(status(9, "chat_queued", "2")).events
    assert isinstance(event, UnknownEvent)
    assert event.name == "chat_queued: 2"


def test_trouble_that_may_pass_ends_nothing() -> None:
    line = Line(JOINED)
    (event,) = line.poll(status(9, "chat_issue", "XMPP Server is down")).events
    assert isinstance(event, UnknownEvent)
    assert event.name == "chat_issue: XMPP Server is down"
    assert line.kinds(status(10, "chat_ok"), said(11, "Back")) == ["message_received"]


def test_nobody_logged_in_is_a_rejection() -> None:
    (event,) = Line().poll(status(2, "chat_request_rejected_by_agent", "No chat agent is logged in.")).events
    assert isinstance(event, ChatRejected)
    assert event.reason == "chat_request_rejected_by_agent: No chat agent is logged in."


def test_after_the_join_time_out_somebody_may_still_join() -> None:
    line = Line()
    assert line.kinds(status(2, "chat_timedout_waiting_for_agent")) == ["unknown_event"]
    assert line.kinds(presence(4, "joined"), said(5, "Hello")) == ["agent_joined", "message_received"]


def test_the_join_time_out_may_end_the_wait_unless_somebody_joins_with_it() -> None:
    late = status(2, "chat_timedout_waiting_for_agent")
    assert Line(onJoinTimeout="leave").kinds(late) == ["chat_rejected"]
    assert Line(onJoinTimeout="leave").kinds(late, presence(3, "joined")) == ["unknown_event", "agent_joined"]
    assert Line(JOINED, onJoinTimeout="leave").kinds(late) == ["unknown_event"]


def test_elements_that_nobody_knows_are_kept_raw() -> None:
    (event,) = Line().poll("<SurveyEvent><id>5</id><stars>4</stars><stars>5</stars></SurveyEvent>").events
    assert isinstance(event, UnknownEvent)
    assert event.name == "SurveyEvent"
    assert event.raw == {"SurveyEvent": {"id": "5", "stars": ["4", "5"]}}


@pytest.mark.parametrize(
    "strange",
    [
        said(5, ""),
        said(5, "+%20+"),
        presence(5, "sleeping"),
        presence(5, "joined", ""),
        one("TypingEvent", 5, from_="Priya", status="COMPOSED"),
        status(5, ""),
        "<MessageEvent/>",
        "<StatusEvent>text</StatusEvent>",
        "<a><b><c>deep</c></b></a>",
    ],
)
def test_events_that_say_nothing_are_unknown_and_no_crash(strange: str) -> None:
    assert Line(JOINED).kinds(strange, said(9, "Hello")) == ["unknown_event", "message_received"]


def test_our_own_words_are_nobody_elses() -> None:
    page = (said(5, "Hello", "me"), one("TypingEvent", 6, from_="me", status="composing"))
    assert Line(JOINED).kinds(*page) == []


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (
            "Your+order+%231042+left%3A+A%26B+%2B+C%2Fd%3F+100%25+%E2%9C%93",
            "Your order #1042 left: A&B + C/d? 100% ✓",
        ),
        ("What can I do for you today?", "What can I do for you today?"),
        ("50% off + more", "50% off + more"),
        ("100%", "100%"),
        ("100%25", "100%"),
        ("Καλημέρα+σας", "Καλημέρα+σας"),
        ("%CE%9A%CE%B1%CE%BB%CE%B7", "Καλη"),
        ("%F0%9F%99%82", "🙂"),
        ("%ff%fe", "��"),
        ("line%0Atwo", "line\ntwo"),
        ("  padded  ", "padded"),
        ("&lt;b&gt;", "&lt;b&gt;"),
        ("", ""),
    ],
)
def test_texts_are_decoded_as_they_were_encoded_and_no_further(raw: str, text: str) -> None:
    assert decoded(raw) == text


def test_names_are_decoded_too() -> None:
    line = Line()
    (joined,) = line.poll(presence(1, "joined", "Priya+N%C3%A1dasdy")).events
    assert isinstance(joined, AgentJoined)
    assert joined.agent.name == "Priya Nádasdy"
    assert line.kinds(presence(2, "left", "Priya Nádasdy")) == ["chat_ended"]


def test_an_unchanged_chat_is_the_same_object() -> None:
    line = Line(JOINED)
    line.poll(said(5, "Hello"))
    before = line.chat
    line.poll()
    assert line.chat is before


def test_silence_is_counted_from_the_last_word_of_either_side() -> None:
    line = Line(JOINED)
    line.poll(said(5, "Hello"))
    room = Room.of(line.chat, NOW)
    assert not room.was_quiet(line.chat, NOW + timedelta(seconds=299), 300)
    assert room.was_quiet(line.chat, NOW + timedelta(seconds=300), 300)
    later = (NOW + timedelta(seconds=200)).isoformat()
    spoke = line.chat.model_copy(update={"state": {**line.chat.state, "said": later}})
    assert not room.was_quiet(spoke, NOW + timedelta(seconds=300), 300)


IDS = st.integers(-2, 60)
NAMES = st.sampled_from(["Priya", "Beth", "me", ""])
WORDS = st.sampled_from(["chat_ok", "chat_issue", "chat_finished"])
EVENTS = st.lists(
    st.one_of(
        st.builds(said, IDS, st.text(max_size=8), NAMES),
        st.builds(presence, IDS, st.sampled_from(["joined", "left", "x"]), NAMES),
        st.builds(status, IDS, WORDS),
        st.just("<Odd/>"),
    ),
    max_size=8,
)


@given(st.lists(EVENTS, max_size=6))
def test_no_words_are_lost_or_doubled_however_polls_repeat_and_go_back(pages: list[list[str]]) -> None:
    line = Line()
    told: list[str] = []
    everything: set[str] = set()
    cursors = [0]
    for page in pages:
        for _ in range(2):  # the server repeats
            found = line.poll(*page)
            told += [event.id for event in found.events]
            everything |= {event.message.body for event in found.events if isinstance(event, MessageReceived)}
            for event in found.events:
                event.model_dump_json()
        cursors.append(line.cursor)
    assert len(told) == len(set(told))
    assert cursors == sorted(cursors)
    known = {
        decoded(one.value("body"))
        for page in pages
        for one in read_xml(f"<c>{''.join(page)}</c>".encode()).all("MessageEvent")
        if decoded(one.value("from")) != "me"
    }
    assert everything == {text for text in known if text.strip()}


def test_thousands_of_events_are_read_in_a_time_that_grows_with_their_number() -> None:
    """Whether somebody joins later in the same poll is known before, and not looked for at each event."""
    events = [status(number, "chat_timedout_waiting_for_agent") for number in range(1, 6_000)]
    begun = time.process_time()
    told = Line(onJoinTimeout="leave").poll(*events, presence(6_000, "joined"))
    assert time.process_time() - begun < 1.2, "it took as long as its square"
    assert isinstance(told.events[-1], AgentJoined)
