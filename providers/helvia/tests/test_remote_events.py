"""Callbacks of a manager: the proof, each type that is known, and what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.chats import (
    AgentJoined,
    ChatEnded,
    ChatTransferred,
    MessageReceived,
    ProviderEvent,
    TypingChanged,
    UnknownEvent,
)
from livechat_sdk.errors import WebhookRejected
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_helvia.remote.events import CALLBACKS, KEY_HEADER
from providers.helvia.tests.test_remote import a_remote
from providers.helvia.tests.world import START

KEY = "the-new-key-of-callbacks"
ADA = {"id": 4, "participantType": "agent", "platformUserId": "ada-1", "fullName": "Ada"}
TALK = {"id": 70, "extras": {"livechatRef": "ref-1"}}


def heard(body: object, key: str | None = KEY) -> list[ProviderEvent]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {} if key is None else {KEY_HEADER: key}
    return list(a_remote().read_webhook(WebhookDelivery("POST", "/", headers, content, START)))


def one(kind: str, **fields: Any) -> ProviderEvent:
    [event] = heard({"type": kind, "livechatConversation": TALK, **fields})
    return event


@pytest.mark.feature("API-05")
def test_a_message_of_an_agent_is_one_whatever_its_texts_are_called() -> None:
    for name in ("text", "_text", "originalText", "_originalText"):
        message = {"id": 9, "type": "text", name: "Good morning", "from": ADA, "sentDate": START.isoformat()}
        event = one("MESSAGE", message=message)
        assert isinstance(event, MessageReceived)
        assert event.refs == ("ref-1", "70")
        assert (event.message.key, event.message.body, event.author) == ("9", "Good morning", "agent")
        assert event.message.sent_at == START
        assert event.agent is not None
        assert (event.agent.id, event.agent.name) == ("ada-1", "Ada")


@pytest.mark.feature("API-05")
def test_a_message_may_be_the_callback_itself_and_may_bring_files() -> None:
    files = [
        {"name": "bill.pdf", "path": "https://files.example/bill.pdf", "mimetype": "application/pdf"},
        {"name": "secret.pdf", "path": "/attachments/7"},
    ]
    event = one("MESSAGE", id=11, livechatAttachments=files, **{"from": ADA})
    assert isinstance(event, MessageReceived)
    assert event.message.body == "[secret.pdf]"
    assert [file.url for file in event.message.attachments] == ["https://files.example/bill.pdf"]
    system = one("MESSAGE", message={"id": 12, "type": "system_message", "text": "Please wait."})
    assert isinstance(system, MessageReceived)
    assert (system.author, system.agent) == ("system", None)


@pytest.mark.parametrize("path", ["https://[files.example/bill.pdf", f"https://files.example/{'x' * 5000}"])
def test_a_file_whose_link_cannot_be_used_costs_no_message(path: str) -> None:
    files = [{"name": "bill.pdf", "path": path, "mimetype": "x" * 2000}]
    event = one("MESSAGE", id=11, text="See the bill", livechatAttachments=files, **{"from": ADA})
    assert isinstance(event, MessageReceived)
    assert (event.message.body, event.message.attachments) == ("See the bill\n[bill.pdf]", ())


def test_what_the_end_user_said_comes_back_as_nothing() -> None:
    message = {"id": 9, "text": "Where is it?", "from": {"participantType": "end-user"}}
    assert heard({"type": "MESSAGE", "livechatConversation": TALK, "message": message}) == []


@pytest.mark.feature("API-05")
def test_a_conversation_begins_and_ends() -> None:
    begun = one("CONVERSATION_BEGIN", participant=ADA)
    assert isinstance(begun, AgentJoined)
    assert (begun.agent.id, begun.agent.name) == ("ada-1", "Ada")
    people = [{"participantType": "end-user", "id": 1}, {**ADA, "status": "active"}]
    listed = one("CONVERSATION_BEGIN", livechatConversation={**TALK, "livechatParticipants": people})
    assert isinstance(listed, AgentJoined)
    assert listed.agent.id == "ada-1"
    nobody = one("CONVERSATION_BEGIN")
    assert isinstance(nobody, AgentJoined)
    assert nobody.agent.name is None
    ends = {None: ("agent", "resolved"), "user": ("user", "abandoned"), "clock": ("clock", "other")}
    for by, expected in ends.items():
        ended = one("CONVERSATION_END", endedBy=by, reason="done")
        assert isinstance(ended, ChatEnded)
        assert (ended.by, ended.why) == expected
        assert ended.raw_reason == "done"


@pytest.mark.feature("API-05")
def test_typing_transfers_and_missed_requests_are_told() -> None:
    for fields, on in (({}, True), ({"isTyping": False}, False), ({"on": True}, True)):
        typing = one("CONVERSATION_TYPING", **fields)
        assert isinstance(typing, TypingChanged)
        assert typing.on is on
    assert isinstance(one("CONVERSATION_TYPING", on="maybe"), UnknownEvent)
    team = one("TRANSFER_REQUEST", livechatRequest={"id": 8, "targetGroupId": "billing"})
    assert isinstance(team, ChatTransferred)
    assert (team.to, team.is_team) == ("billing", True)
    person = one("TRANSFER_REQUEST", targetUserId="ben-1")
    assert isinstance(person, ChatTransferred)
    assert (person.to, person.is_team, person.agent) == ("ben-1", False, None)
    known = one("TRANSFER_REQUEST", targetUserId="ben-1", participant=ADA)
    assert isinstance(known, ChatTransferred)
    assert known.agent is not None
    assert (known.to, known.agent.id, known.agent.name) == (None, "ada-1", "Ada")
    missed = one("REQUEST_MISSED")
    assert isinstance(missed, ChatEnded)
    assert (missed.by, missed.why) == ("clock", "timeout")


@pytest.mark.feature("API-05", "API-08")
def test_unknown_types_are_kept_and_change_nothing() -> None:
    event = one("HOLOGRAM_STARTED", colour="blue")
    assert isinstance(event, UnknownEvent)
    assert (event.name, event.refs) == ("HOLOGRAM_STARTED", ("ref-1", "70"))
    for kind in CALLBACKS:
        [homeless] = heard({"type": kind})
        assert isinstance(homeless, UnknownEvent)
    assert isinstance(one("MESSAGE", message={"id": 3}), UnknownEvent)


def test_a_callback_that_comes_twice_is_one_event() -> None:
    body = {"type": "CONVERSATION_BEGIN", "livechatConversation": 70, "participant": ADA}
    assert heard(body)[0].id == heard(body)[0].id
    assert heard(body)[0].id != heard({**body, "livechatConversation": 71})[0].id
    assert heard({**body, "eventId": 5})[0].id == "5"


def test_either_live_key_proves_and_nothing_else_does() -> None:
    body = {"type": "REQUEST_MISSED", "livechatConversation": 70}
    assert heard(body, "the-old-key-of-callbacks")
    for key in (None, "", "wrong", KEY.upper(), f"{KEY} "):
        with pytest.raises(WebhookRejected) as refused:
            heard(body, key)
        assert refused.value.status == 401
    with pytest.raises(WebhookRejected) as unproved:
        heard(b"not even JSON", "wrong")
    assert unproved.value.status == 401


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"{}", b'{"type": 5}', b'{"type": null}'])
def test_a_body_that_is_no_callback_is_refused(body: bytes) -> None:
    with pytest.raises(WebhookRejected) as refused:
        heard(body)
    assert refused.value.status == 400


NAMES = {
    *("id", "from", "message", "text", "sentDate", "extras", "livechatRef", "participantType"),
    *("livechatConversation", "livechatParticipants", "livechatAttachments", "path", "on", "endedBy"),
    *("timestamp", "eventId", "reason", "livechatRequest", "targetGroupId", "fullName"),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just("agent"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(NAMES)), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(
    kind=st.sampled_from(sorted(CALLBACKS)),
    fields=st.dictionaries(st.sampled_from(sorted(NAMES)), JSON, max_size=6),
)
def test_whatever_stands_in_a_proved_callback_it_is_an_event_or_nothing(
    kind: str, fields: dict[str, Any]
) -> None:
    assert len(heard({"livechatConversation": 70, **fields, "type": kind})) <= 1
