"""Webhooks: proved first, then translated, and whatever comes, nothing breaks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.chats import (
    AgentJoined,
    AgentLeft,
    ChatAccepted,
    ChatEnded,
    ChatRejected,
    MessageFailed,
    MessageReceived,
    ProviderEvent,
    TypingChanged,
    UnknownEvent,
)
from livechat_sdk.domain.people import Agent
from livechat_sdk.errors import WebhookRejected
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_zendesk.tickets import ref_of_tags, tag_of
from providers.zendesk.tests.bench import (
    BOT,
    CONVERSATION,
    KEY,
    NOW,
    a_conversation,
    a_document,
    a_webhook,
    an_event,
    build,
)

ZENDESK = build()
TICKET_KEY = "ticket-key-of-tests"
TICKETS = build(ticketWebhookKey=TICKET_KEY)
VENDORS_EXAMPLE = (
    b"{\n"
    b'\t"type": "zen:event-type:user.group_membership_created",\n'
    b'\t"account_id": 12514403,\n'
    b'\t"id": "6b9bbadf-5725-4e92-bebe-7b71011bf5f1",\n'
    b'\t"subject": "zen:user:6596848315901",\n'
    b'\t"time": "2099-07-04T05:33:18Z",\n'
    b'\t"zendesk_event_version": "2022-06-20",\n'
    b'\t"detail": {\n'
    b'\t\t"created_at": "2099-07-04T05:27:58Z",\n'
    b'\t\t"default_group_id": "0",\n'
    b'\t\t"email": "user.name@example.com",\n'
    b'\t\t"external_id": "",\n'
    b'\t\t"id": "6596848315901",\n'
    b'\t\t"organization_id": "0",\n'
    b'\t\t"role": "end-user",\n'
    b'\t\t"updated_at": "2099-07-04T05:33:18Z"\n'
    b"\t},\n"
    b'\t"event": { "group": { "id": "1" } }\n'
    b"}\n"
)
SOLVED = build(ticketWebhookKey=TICKET_KEY, endOn="solved")


def read(kind: str, payload: dict[str, Any] | None = None, **fields: Any) -> list[ProviderEvent]:
    return list(ZENDESK.read_webhook(a_webhook(a_document(an_event(kind, payload, **fields)))))


def one(kind: str, payload: dict[str, Any] | None = None, **fields: Any) -> ProviderEvent:
    [event] = read(kind, payload, **fields)
    return event


def a_message(**fields: Any) -> dict[str, Any]:
    """What an agent writes."""
    return {
        "message": {
            "id": "5f74c7d84a146f3abd72af1d",
            "received": "2026-11-26T09:29:59.500Z",
            "author": {"type": "business", "displayName": "Maria", "avatarUrl": "https://a.example/m.jpg"},
            "content": {"type": "text", "text": "Καλημέρα 👋"},
            "source": {"type": "zd:agentWorkspace"},
            "metadata": {"__zendesk_msg.agent.id": "8447388090496", "__zendesk_msg.id": "7"},
        }
        | fields
    }


# ---- the proof


@pytest.mark.feature("PV-07")
@pytest.mark.parametrize("key", [None, "", "wrong", KEY.upper(), f"{KEY} ", KEY[:-1], f"Bearer {KEY}"])
def test_delivery_without_the_right_key_is_refused(key: str | None) -> None:
    with pytest.raises(WebhookRejected) as caught:
        ZENDESK.read_webhook(a_webhook(a_document(an_event("conversation:message", a_message())), key=key))
    assert caught.value.status == 401
    assert KEY not in str(caught.value)


def test_key_is_looked_at_before_the_body() -> None:
    with pytest.raises(WebhookRejected) as caught:
        ZENDESK.read_webhook(a_webhook(b"\xff not JSON", key="wrong"))
    assert caught.value.status == 401


def test_both_keys_are_good_while_the_key_is_changed() -> None:
    changing = build(webhookKey=["new-key-of-tests", KEY])
    for key in ("new-key-of-tests", KEY):
        assert changing.read_webhook(
            a_webhook(a_document(an_event("conversation:message", a_message())), key=key)
        )
    with pytest.raises(WebhookRejected):
        changing.read_webhook(a_webhook(a_document(), key="older-key"))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"events": [1e999]}', b"[" * 5000])
def test_body_that_is_no_json_object_is_refused_for_good(body: bytes) -> None:
    with pytest.raises(WebhookRejected) as caught:
        ZENDESK.read_webhook(a_webhook(body))
    assert caught.value.status == 400


# ---- what agents do


def test_message_of_an_agent_tells_who_joined_and_what_they_said() -> None:
    joined, said = read("conversation:message", a_message())
    assert isinstance(joined, AgentJoined)
    assert isinstance(said, MessageReceived)
    assert joined.agent == said.agent == Agent(id="8447388090496", name="Maria")
    assert (said.author, said.message.body) == ("agent", "Καλημέρα 👋")
    assert said.message.key == "5f74c7d84a146f3abd72af1d"
    assert said.refs == joined.refs == ("h-1.1", CONVERSATION)
    assert (said.id, joined.id) == ("5f74a0d52b5315fc007e798a", "5f74a0d52b5315fc007e798a:joined")
    assert said.vendor_at == NOW
    assert said.message.sent_at is not None


@pytest.mark.parametrize(
    "metadata", [None, {}, {"__zendesk_msg.agent.id": "__trigger"}, {"__zendesk_msg.agent.id": 7}]
)
def test_message_of_a_trigger_is_of_the_system_and_nobody_joined(metadata: dict[str, Any] | None) -> None:
    said = one("conversation:message", a_message(metadata=metadata))
    assert isinstance(said, MessageReceived)
    assert (said.author, said.agent) == ("system", None)


def test_message_of_a_machine_is_of_the_system() -> None:
    said = one("conversation:message", a_message(author={"type": "business", "subtypes": ["bot"]}))
    assert isinstance(said, MessageReceived)
    assert said.author == "system"


@pytest.mark.parametrize(
    "message",
    [
        {
            "metadata": {"livechat_key": "k-1"},
            "author": {"type": "user"},
            "source": {"type": "api:conversations"},
        },
        {"metadata": {"livechat_key": "h-1.1:page.1"}, "source": {"type": "api:conversations"}},
        {"metadata": {"livechat_key": "k-1"}},
        {"author": {"type": "user", "displayName": "Nikos"}, "source": {"type": "web"}, "metadata": None},
    ],
    ids=["sent", "page", "ours from anywhere", "end user elsewhere"],
)
def test_what_we_or_the_end_user_wrote_is_no_news(message: dict[str, Any]) -> None:
    assert read("conversation:message", a_message(**message)) == []


@pytest.mark.parametrize(
    "message",
    [
        {"metadata": None, "source": {"type": "api:conversations"}},
        {"source": {"type": "zd:answerBot"}},
        {"source": None},
        {"deleted": True},
        {"received": "yesterday"},
        {"content": None},
        {"author": {}},
        {"id": ""},
        {"activity": {"type": "ticket:reborn"}},
    ],
)
def test_message_that_is_not_for_the_end_user_or_strange_is_kept_and_not_shown(
    message: dict[str, Any],
) -> None:
    kept = one("conversation:message", a_message(**message))
    assert isinstance(kept, UnknownEvent)
    assert (kept.name, kept.refs) == ("conversation:message", ("h-1.1", CONVERSATION))


@pytest.mark.parametrize(
    ("content", "body", "choices", "files"),
    [
        ({"type": "text", "htmlText": "<p>One</p><b>two</b> &amp; three"}, "One\ntwo & three", [], []),
        ({"type": "text", "markdownText": "**One**"}, "**One**", [], []),
        (
            {
                "type": "text",
                "text": "Which?",
                "actions": [
                    {"type": "reply", "text": "March", "payload": "2026-03"},
                    {"type": "postback", "text": "April", "payload": ""},
                    {"type": "link", "text": "All", "uri": "https://shop.example/all"},
                    "strange",
                ],
            },
            "Which?\nAll: https://shop.example/all",
            [("March", "2026-03"), ("April", "April")],
            [],
        ),
        (
            {
                "type": "file",
                "text": "A copy",
                "mediaUrl": "https://acme.zendesk.com/sc/attachments/v2/01/copy%207.pdf?x=1",
                "mediaType": "application/pdf",
                "mediaSize": 2048,
            },
            "A copy",
            [],
            [("copy 7.pdf", "application/pdf", 2048)],
        ),
        (
            {"type": "image", "mediaUrl": "https://cdn.example/a.png", "altText": "A"},
            "",
            [],
            [("a.png", "image/png", None)],
        ),
        (
            {
                "type": "carousel",
                "items": [
                    {
                        "title": "Shoes",
                        "description": "Red",
                        "mediaUrl": "https://cdn.example/s",
                        "actions": [{"type": "postback", "text": "Take", "payload": "shoes"}],
                    },
                    {
                        "title": "Hat",
                        "actions": [{"type": "link", "text": "See", "uri": "https://h.example"}],
                    },
                ],
            },
            "Shoes\nRed\nHat\nSee: https://h.example",
            [("Take", "shoes")],
            [("s", "application/octet-stream", None)],
        ),
        (
            {
                "type": "location",
                "coordinates": {"lat": 37.98, "long": 23.72},
                "location": {"name": "Shop", "address": "Athens"},
            },
            "Shop\nAthens\n37.98, 23.72",
            [],
            [],
        ),
        ({"type": "form", "fields": [{"label": "Your e-mail"}, {"name": "x"}]}, "Your e-mail", [], []),
        ({"type": "hologram"}, "[hologram]", [], []),
        ({"type": "text", "text": ""}, "[text]", [], []),
        ({}, "[message]", [], []),
        (
            {"type": "image", "mediaUrl": "https://x.example/" + "a" * 4096},
            "https://x.example/" + "a" * 4096,
            [],
            [],
        ),
    ],
)
def test_each_kind_of_content_can_be_shown(
    content: dict[str, Any],
    body: str,
    choices: list[tuple[str, str]],
    files: list[tuple[str, str, int | None]],
) -> None:
    said = read("conversation:message", a_message(content=content))[-1]
    assert isinstance(said, MessageReceived)
    assert said.message.body == body
    assert [(choice.label, choice.value) for choice in said.message.choices] == choices
    assert [(file.name, file.media_type, file.size) for file in said.message.attachments] == files


@pytest.mark.parametrize(("kind", "on"), [("typing:start", True), ("typing:stop", False)])
def test_typing_of_the_agent_is_told(kind: str, on: bool) -> None:
    event = one("conversation:typing", {"activity": {"type": kind, "author": {"type": "business"}}})
    assert isinstance(event, TypingChanged)
    assert event.on is on


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://[files.example/a.png", "file"),
        ("https://files.example/%2F%2F%5Ba.png", "[a.png"),
        ("https://files.example/..%2F..%2Fa.png", "a.png"),
    ],
)
def test_link_that_cannot_be_read_costs_no_message(url: str, name: str) -> None:
    content = {"type": "image", "text": "Look", "mediaUrl": url}
    _, said = read("conversation:message", a_message(content=content))
    assert isinstance(said, MessageReceived)
    assert said.message.body == "Look"
    assert [(file.url, file.name) for file in said.message.attachments] == [(url, name)]


def test_typing_of_the_end_user_is_no_news() -> None:
    assert (
        read("conversation:typing", {"activity": {"type": "typing:start", "author": {"type": "user"}}}) == []
    )


# ---- control and ends


def test_control_that_came_to_the_agents_is_accepted() -> None:
    assert isinstance(one("switchboard:passControl"), ChatAccepted)


def test_agents_are_known_by_the_name_of_the_settings_too() -> None:
    renamed = build(agentWorkspace="humans")
    active = {"id": "5ef2", "name": "humans", "integrationType": "custom"}
    event = an_event("switchboard:passControl", {"conversation": a_conversation(active)})
    [told] = renamed.read_webhook(a_webhook(a_document(event)))
    assert isinstance(told, ChatAccepted)


@pytest.mark.parametrize(
    ("kind", "payload", "who", "why", "raw"),
    [
        ("switchboard:releaseControl", {}, "agent", "resolved", None),
        ("switchboard:releaseControl", {"reason": "ticketClosed"}, "agent", "resolved", "ticketClosed"),
        (
            "switchboard:releaseControl",
            {"reason": "transferToEmail"},
            "agent",
            "transferred_away",
            "transferToEmail",
        ),
        ("switchboard:releaseControl", {"reason": "newReason"}, "agent", "other", "newReason"),
        ("switchboard:passControl", {"reason": "ticketClosed"}, "agent", "resolved", "ticketClosed"),
        ("switchboard:passControl", {}, "agent", "resolved", None),
        ("conversation:remove", {}, "provider", "other", "conversation:remove"),
    ],
)
def test_what_takes_control_from_the_agents_is_an_end(
    kind: str, payload: dict[str, Any], who: str, why: str, raw: str | None
) -> None:
    active = None if kind.endswith("releaseControl") else BOT
    event = one(kind, {"conversation": a_conversation(active)} | payload)
    assert isinstance(event, ChatEnded)
    assert (event.by, event.why, event.raw_reason) == (who, why, raw)


@pytest.mark.parametrize(
    ("activity", "who", "why"),
    [
        ("ticket:closed", "agent", "resolved"),
        ("ticket:transfer:email", "agent", "transferred_away"),
        ("conversation:endedByUser", "user", "abandoned"),
    ],
)
def test_message_of_the_system_about_an_end_is_an_end(activity: str, who: str, why: str) -> None:
    event = one("conversation:message", a_message(activity={"type": activity}))
    assert isinstance(event, ChatEnded)
    assert (event.by, event.why, event.raw_reason) == (who, why, activity)


@pytest.mark.parametrize("step", ["prepare", "close"])
@pytest.mark.parametrize(
    ("kind", "active"), [("switchboard:passControl", BOT), ("switchboard:releaseControl", None)]
)
def test_control_that_we_moved_ourselves_is_no_end(kind: str, active: Any, step: str) -> None:
    payload = {"conversation": a_conversation(active), "metadata": {"livechat_step": step}}
    assert read(kind, payload) == []


def test_handoff_that_failed_afterwards_is_a_rejection() -> None:
    error = {"code": "switchboard_invalid_target", "message": "Switchboard invalid target"}
    event = one("switchboard:passControl:failure", {"error": error, "metadata": {"livechat_ref": "h-1.1"}})
    assert isinstance(event, ChatRejected)
    assert event.reason == "switchboard_invalid_target: Switchboard invalid target"
    ours = {"error": error, "metadata": {"livechat_step": "prepare"}}
    assert read("switchboard:passControl:failure", ours) == []


def test_message_that_could_not_be_delivered_has_failed() -> None:
    payload = {
        "message": {"id": "5f74be6256be263abf0ffd5f"},
        "error": {"code": "uncategorized_error", "message": "Unsupported message type `form`"},
        "isFinalEvent": True,
    }
    event = one("conversation:message:delivery:failure", payload)
    assert isinstance(event, MessageFailed)
    assert event.message_key == "5f74be6256be263abf0ffd5f"
    assert event.reason == "uncategorized_error: Unsupported message type `form`"


# ---- everything else


@pytest.mark.parametrize(
    "kind",
    [
        "conversation:create",
        "conversation:read",
        "conversation:postback",
        "conversation:message:delivery:channel",
        "conversation:message:delivery:user",
        "switchboard:offerControl",
        "switchboard:acceptControl",
    ],
)
def test_known_event_of_no_interest_is_nothing(kind: str) -> None:
    assert read(kind) == []


@pytest.mark.parametrize(
    "kind",
    [
        "user:merge",
        "user:update",
        "client:add",
        "conversation:join",
        "switchboard:offerControl:failure",
        "new",
        "",
    ],
)
def test_unknown_event_is_kept_with_its_name(kind: str) -> None:
    event = one(kind, {"conversation": a_conversation(ref=None)})
    assert isinstance(event, UnknownEvent)
    assert (event.name, event.refs) == (kind, (CONVERSATION,))


def test_event_of_another_app_or_version_is_kept_and_not_applied() -> None:
    for other in ({"app": {"id": "other"}}, {"webhook": {"version": "v1.1"}}, {"app": None}):
        [event] = ZENDESK.read_webhook(
            a_webhook(a_document(an_event("conversation:message", a_message()), **other))
        )
        assert isinstance(event, UnknownEvent)


@pytest.mark.parametrize("events", [None, [], {}, "x", [{}] * 1001])
def test_delivery_without_a_list_of_events_is_kept_whole(events: Any) -> None:
    document = a_document() | {"events": events}
    [event] = ZENDESK.read_webhook(a_webhook(document))
    assert isinstance(event, UnknownEvent)
    assert event.raw == document


def test_one_delivery_may_hold_several_events_each_with_its_own_id() -> None:
    nameless = an_event("conversation:message", a_message())
    del nameless["id"]
    events = [an_event("switchboard:passControl", id="e-1"), "strange", nameless]
    found = ZENDESK.read_webhook(a_webhook(a_document(*events)))
    assert [event.kind for event in found] == [
        "chat_accepted",
        "unknown_event",
        "agent_joined",
        "message_received",
    ]
    assert len({event.id for event in found}) == 4
    assert found == ZENDESK.read_webhook(a_webhook(a_document(*events)))


def test_event_without_our_reference_is_found_by_the_conversation() -> None:
    event = one("switchboard:passControl", {"conversation": a_conversation(ref=None)})
    assert event.refs == (CONVERSATION,)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KINDS = [
    "conversation:message",
    "conversation:typing",
    "conversation:message:delivery:failure",
    "switchboard:passControl",
    "switchboard:passControl:failure",
    "switchboard:releaseControl",
    "conversation:remove",
]


@given(
    kind=st.sampled_from(KINDS),
    field=st.sampled_from(["conversation", "message", "activity", "error", "reason"]),
    value=JSON,
)
def test_whatever_stands_in_a_field_nothing_breaks(kind: str, field: str, value: Any) -> None:
    payload = a_message() | {field: value}
    for event in read(kind, payload):
        assert event.raw is None or event.raw["type"] == kind


@given(
    part=st.sampled_from(["id", "received", "author", "content", "source", "metadata", "activity"]),
    value=JSON,
)
def test_whatever_stands_in_a_message_nothing_breaks(part: str, value: Any) -> None:
    read("conversation:message", a_message(**{part: value}))


# ---- tickets


def a_ticket_event(what: str, previous: Any, current: Any, tags: Any = ("vip", "livechat-h-1.1")) -> bytes:
    document = {
        "id": "c6d7e8f9-0a1b-2c3d-4e5f-6a7b8c9d0e1f",
        "type": f"zen:event-type:ticket.{what}",
        "time": "2026-11-26T09:30:00.789012345Z",
        "subject": "zen:ticket:5158",
        "detail": {"id": "5158", "tags": tags},
        "event": {"previous": previous, "current": current},
        "zendesk_event_version": "2022-11-06",
    }
    return json.dumps(document).encode()


def a_ticket(body: bytes, *, key: str = TICKET_KEY, at: str = "2026-11-26T09:30:00Z") -> WebhookDelivery:
    """A delivery as the Support side sends it."""
    signature = base64.b64encode(hmac.new(key.encode(), at.encode() + body, hashlib.sha256).digest()).decode()
    headers = {"X-Zendesk-Webhook-Signature": signature, "X-Zendesk-Webhook-Signature-Timestamp": at}
    return WebhookDelivery("POST", "/webhooks/zendesk", headers, body, NOW + timedelta(seconds=1))


def test_signature_of_a_ticket_event_is_the_one_of_the_vendors_example() -> None:
    signed = WebhookDelivery(
        "POST",
        "/",
        {
            "X-Zendesk-Webhook-Signature": "10IqYzYTLHRftNsNE+im0DeOM6/JactIRuy0XCHJ9B8=",
            "X-Zendesk-Webhook-Signature-Timestamp": "1234",
        },
        VENDORS_EXAMPLE,
        NOW,
    )
    example = build(ticketWebhookKey="dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==")
    with pytest.raises(WebhookRejected, match="Timestamp"):  # the signature is right, its time is no time
        example.read_webhook(signed)
    with pytest.raises(WebhookRejected, match="Signature is wrong"):
        TICKETS.read_webhook(signed)


@pytest.mark.parametrize(
    ("key", "at"),
    [
        ("wrong", "2026-11-26T09:30:00Z"),
        (KEY, "2026-11-26T09:30:00Z"),
        (TICKET_KEY, "2026-11-26T09:24:00Z"),
        (TICKET_KEY, "2026-11-26T09:36:30Z"),
        (TICKET_KEY, "2026-11-26T09:30:00"),
        (TICKET_KEY, "now"),
        (TICKET_KEY, ""),
    ],
)
def test_ticket_event_with_a_wrong_signature_or_an_old_time_is_refused(key: str, at: str) -> None:
    body = a_ticket_event("agent_assignment_changed", None, "8447")
    with pytest.raises(WebhookRejected) as caught:
        TICKETS.read_webhook(a_ticket(body, key=key, at=at))
    assert caught.value.status == 401


def test_ticket_events_are_refused_where_there_is_no_key_for_them() -> None:
    with pytest.raises(WebhookRejected) as caught:
        ZENDESK.read_webhook(a_ticket(a_ticket_event("status_changed", "OPEN", "CLOSED")))
    assert caught.value.status == 404


def test_ticket_event_that_only_has_the_key_of_messaging_is_not_believed() -> None:
    [event] = TICKETS.read_webhook(a_webhook(a_ticket_event("status_changed", "OPEN", "CLOSED")))
    assert isinstance(event, UnknownEvent)


def test_assignment_of_a_ticket_is_a_join() -> None:
    [event] = TICKETS.read_webhook(a_ticket(a_ticket_event("agent_assignment_changed", None, "8447")))
    assert isinstance(event, AgentJoined)
    assert (event.agent, event.refs) == (Agent(id="8447"), ("h-1.1",))


def test_assignment_that_is_taken_back_is_a_leave() -> None:
    [event] = TICKETS.read_webhook(a_ticket(a_ticket_event("agent_assignment_changed", "8447", None)))
    assert isinstance(event, AgentLeft)
    assert event.agent.id == "8447"


@pytest.mark.parametrize("nobody", ["0", 0, "", None])
def test_nobody_has_several_spellings_and_is_no_agent(nobody: object) -> None:
    [event] = TICKETS.read_webhook(a_ticket(a_ticket_event("agent_assignment_changed", "8447", nobody)))
    assert isinstance(event, AgentLeft)
    assert event.agent.id == "8447"
    [event] = TICKETS.read_webhook(a_ticket(a_ticket_event("agent_assignment_changed", nobody, "8447")))
    assert isinstance(event, AgentJoined)
    assert event.agent.id == "8447"


def test_solved_ends_a_chat_only_where_the_settings_say_so() -> None:
    solved = a_ticket(a_ticket_event("status_changed", "OPEN", "SOLVED"))
    assert TICKETS.read_webhook(solved) == ()
    [event] = SOLVED.read_webhook(solved)
    assert isinstance(event, ChatEnded)
    assert (event.by, event.why, event.raw_reason) == ("agent", "resolved", "solved")
    [closed] = TICKETS.read_webhook(a_ticket(a_ticket_event("status_changed", "SOLVED", "CLOSED")))
    assert isinstance(closed, ChatEnded)


def test_tickets_that_are_none_of_ours_are_nothing() -> None:
    for tags in (None, [], ["vip", 7], ["livechat-x-zz"]):
        assert TICKETS.read_webhook(a_ticket(a_ticket_event("status_changed", "OPEN", "CLOSED", tags))) == ()


def test_ticket_that_our_own_handover_made_is_no_news() -> None:
    assert TICKETS.read_webhook(a_ticket(a_ticket_event("created", None, None))) == ()


def test_strange_ticket_event_is_kept() -> None:
    for body in (
        a_ticket_event("new_kind", 1, 2),
        a_ticket_event("agent_assignment_changed", None, "x" * 300),
    ):
        [event] = TICKETS.read_webhook(a_ticket(body))
        assert isinstance(event, UnknownEvent)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=60))
def test_tag_names_its_reference_whatever_case_it_has(ref: str) -> None:
    tag = tag_of(ref)
    assert tag == tag.lower()
    assert "," not in tag
    assert not any(letter.isspace() for letter in tag)
    assert ref_of_tags(["vip", tag]) == ref
