"""Webhooks: proved first, then translated, and whatever comes, nothing breaks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contrib.testing.tests.parley.bench import KEY, NOW, a_provider, a_webhook, an_event, signed
from livechat_sdk.domain.chats import (
    AgentJoined,
    AgentLeft,
    ChatAccepted,
    ChatEnded,
    ChatTransferred,
    MessageDelivered,
    MessageFailed,
    MessageRead,
    MessageReceived,
    ProviderEvent,
    QueueUpdated,
    TypingChanged,
    UnknownEvent,
)
from livechat_sdk.domain.people import Agent
from livechat_sdk.errors import WebhookRejected
from livechat_sdk_testing.parley.provider import ParleyProvider

MARIA = {"id": "a-1", "name": "Maria"}
MESSAGE = {
    "id": "m-3",
    "from": "agent",
    "text": "Καλημέρα 👋",
    "files": [
        {"id": "f-2", "name": "a.pdf", "type": "application/pdf", "size": 9, "url": "https://f.example/2"}
    ],
    "choices": [{"label": "Yes", "value": "y"}],
    "agent": MARIA,
    "at": "2026-11-26T09:29:59.000Z",
}


@pytest.fixture
async def parley() -> AsyncIterator[ParleyProvider]:
    async with a_provider() as provider:
        yield provider


def read(
    parley: ParleyProvider, kind: str, data: dict[str, Any] | None = None, **fields: Any
) -> ProviderEvent:
    [event] = parley.read_webhook(a_webhook(an_event(kind, data, **fields)))
    return event


# ---- translation


@pytest.mark.parametrize(
    ("kind", "data", "wanted", "fields"),
    [
        ("chat.accepted", {"agent": MARIA}, ChatAccepted, {}),
        ("agent.joined", {"agent": MARIA}, AgentJoined, {"agent": Agent(id="a-1", name="Maria")}),
        ("agent.left", {"agent": MARIA}, AgentLeft, {"agent": Agent(id="a-1", name="Maria")}),
        ("chat.transferred", {"to": "billing"}, ChatTransferred, {"to": "billing"}),
        (
            "message.delivered",
            {"message_id": "m-1", "client_key": "k-1"},
            MessageDelivered,
            {"message_key": "k-1"},
        ),
        ("message.read", {"message_id": "m-1", "client_key": "k-1"}, MessageRead, {"message_key": "k-1"}),
        (
            "message.failed",
            {"message_id": "m-1", "client_key": "k-1", "reason": "blocked"},
            MessageFailed,
            {"message_key": "k-1", "reason": "blocked"},
        ),
        ("typing.changed", {"on": True, "agent": MARIA}, TypingChanged, {"on": True}),
        ("chat.ended", {"by": "agent", "why": "resolved"}, ChatEnded, {"by": "agent", "why": "resolved"}),
        ("chat.ended", {"by": "visitor", "why": "left"}, ChatEnded, {"by": "user", "why": "abandoned"}),
        (
            "chat.ended",
            {"by": "agent", "why": "left"},
            ChatEnded,
            {"by": "agent", "why": "other", "raw_reason": "left"},
        ),
        (
            "chat.ended",
            {"by": "system", "why": "inactive"},
            ChatEnded,
            {"by": "provider", "why": "inactivity"},
        ),
        (
            "chat.ended",
            {"by": "robot", "why": "bored"},
            ChatEnded,
            {"by": "provider", "why": "other", "raw_reason": "bored"},
        ),
    ],
)
def test_each_type_has_its_event(
    parley: ParleyProvider,
    kind: str,
    data: dict[str, Any],
    wanted: type[ProviderEvent],
    fields: dict[str, Any],
) -> None:
    event = read(parley, kind, data)
    assert type(event) is wanted
    assert {name: getattr(event, name) for name in fields} == fields
    assert (event.id, event.integration, event.refs) == ("e-1", "parley", ("h-1.1", "c-7f3a"))
    assert (event.vendor_at, event.received_at) == (NOW, NOW + timedelta(seconds=1))


def test_queue_may_tell_nothing(parley: ParleyProvider) -> None:
    known = read(parley, "chat.queued", {"position": 2, "estimate_seconds": 40})
    assert isinstance(known, QueueUpdated)
    assert (known.queue.position, known.queue.estimate) == (2, 40)
    unknown = read(parley, "chat.queued", {"position": None, "estimate_seconds": None})
    assert isinstance(unknown, QueueUpdated)
    assert (unknown.queue.position, unknown.queue.estimate) == (None, None)


def test_message_of_an_agent_is_for_the_end_user(parley: ParleyProvider) -> None:
    event = read(parley, "message.created", MESSAGE)
    assert isinstance(event, MessageReceived)
    assert (event.author, event.agent) == ("agent", Agent(id="a-1", name="Maria"))
    assert (event.message.key, event.message.body) == ("m-3", "Καλημέρα 👋")
    assert event.message.attachments[0].url == "https://f.example/2"
    assert event.message.choices[0].value == "y"
    system = read(parley, "message.created", {**MESSAGE, "from": "system", "agent": None})
    assert isinstance(system, MessageReceived)
    assert (system.author, system.agent) == ("system", None)


def test_our_own_message_on_its_way_back_is_nothing_new(parley: ParleyProvider) -> None:
    echo = an_event("message.created", {**MESSAGE, "from": "visitor", "client_key": "k-1", "agent": None})
    assert list(parley.read_webhook(a_webhook(echo))) == []


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("chat.merged", {"with": "c-9"}),
        ("message.created", {**MESSAGE, "at": "yesterday"}),
        ("message.created", {"text": "no id"}),
        ("agent.joined", {}),
        ("message.read", {"message_id": "m-1", "client_key": None}),
        ("message.read", {"message_id": "m-1"}),
        ("typing.changed", {"on": "perhaps"}),
        ("chat.queued", {"position": -1}),
        ("chat.ended", {}),
    ],
)
def test_what_is_not_as_documented_is_kept_as_unknown(
    parley: ParleyProvider, kind: str, data: dict[str, Any]
) -> None:
    event = read(parley, kind, data)
    assert isinstance(event, UnknownEvent)
    assert event.name == kind
    assert event.raw is not None
    assert event.raw["data"] == data


def test_event_of_no_chat_is_kept_too(parley: ParleyProvider) -> None:
    [event] = parley.read_webhook(a_webhook(an_event("account.limits", chat=None, id=None)))
    assert isinstance(event, UnknownEvent)
    assert event.id.startswith("sha256:")
    assert event.refs == (event.id,)


# ---- proof


def refusal(parley: ParleyProvider, **delivery: Any) -> WebhookRejected:
    with pytest.raises(WebhookRejected) as caught:
        parley.read_webhook(a_webhook(an_event("chat.accepted"), **delivery))
    return caught.value


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "t=,v1=",
        "v1=00",
        "t=1764149400",
        "hello",
        "t=1764149400,t=1764149400,v1=00",
        "t=1764149400;v1=00",
        "t=é,v1=é",
    ],
)
def test_signature_that_cannot_be_read_is_refused(parley: ParleyProvider, signature: str) -> None:
    assert refusal(parley, signature=signature).status == 401


def test_wrong_key_is_refused(parley: ParleyProvider) -> None:
    assert refusal(parley, key="another-key-of-16-chars").status == 401


@pytest.mark.parametrize("seconds", [-301, 302])
def test_old_and_future_deliveries_are_refused(parley: ParleyProvider, seconds: int) -> None:
    rejected = refusal(parley, at=NOW + timedelta(seconds=seconds))
    assert (rejected.status, rejected.code) == (401, "stale")


@pytest.mark.parametrize("seconds", [-299, 301])
def test_delivery_within_300_seconds_is_taken(parley: ParleyProvider, seconds: int) -> None:
    delivery = a_webhook(an_event("chat.accepted", {"agent": MARIA}), at=NOW + timedelta(seconds=seconds))
    assert len(parley.read_webhook(delivery)) == 1


def test_time_is_part_of_what_is_signed(parley: ParleyProvider) -> None:
    body = b'{"id": "e-1"}'
    later = int((NOW + timedelta(seconds=10)).timestamp())
    with pytest.raises(WebhookRejected):
        parley.read_webhook(a_webhook(body, signature=f"t={later},v1={signed(body)}"))


async def test_both_secrets_count_while_they_are_changed() -> None:
    event = an_event("chat.accepted", {"agent": MARIA})
    async with a_provider(webhookKey=["the-new-key-of-16-chars", KEY]) as parley:
        for key in (KEY, "the-new-key-of-16-chars"):
            assert len(parley.read_webhook(a_webhook(event, key=key))) == 1
        with pytest.raises(WebhookRejected):
            parley.read_webhook(a_webhook(event, key="the-old-key-of-16-chars"))


def test_one_of_two_signatures_is_enough(parley: ParleyProvider) -> None:
    body = b'{"id": "e-1", "type": "x", "chat": {"id": "c", "ref": "r"}}'
    head = f"t={int(NOW.timestamp())}"
    for signature in (f"{head},v1={'0' * 64},v1={signed(body)}", f"{head},v1={signed(body)},v1={'0' * 64}"):
        assert len(parley.read_webhook(a_webhook(body, signature=signature))) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000])
def test_proved_body_that_is_no_event_is_refused_as_unreadable(parley: ParleyProvider, body: bytes) -> None:
    with pytest.raises(WebhookRejected) as caught:
        parley.read_webhook(a_webhook(body))
    assert caught.value.status == 400


# ---- whatever comes

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from(
    ["chat.queued", "agent.joined", "chat.transferred", "message.created", "message.read", "message.failed",
     "typing.changed", "chat.ended", "other"]
)  # fmt: skip
FIELDS = st.sampled_from(
    [
        "id",
        "from",
        "text",
        "files",
        "choices",
        "agent",
        "at",
        "client_key",
        "reason",
        "position",
        "to",
        "on",
        "by",
        "why",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    event=st.fixed_dictionaries(
        {"type": TYPES | JSON, "data": st.dictionaries(FIELDS, JSON) | JSON},
        optional={
            "id": JSON,
            "at": JSON,
            "chat": st.dictionaries(st.sampled_from(["id", "ref"]), JSON) | JSON,
        },
    )
)
def test_proved_event_of_any_shape_becomes_an_event_and_never_a_crash(
    parley: ParleyProvider, event: dict[str, Any]
) -> None:
    for one in parley.read_webhook(a_webhook(event)):
        assert one.refs
        assert one.integration == "parley"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 150), bit=st.integers(0, 7))
def test_one_bit_of_the_body_is_enough_to_be_refused(parley: ParleyProvider, at: int, bit: int) -> None:
    good = a_webhook(an_event("message.created", MESSAGE))
    body = bytearray(good.body)
    body[at] ^= 1 << bit
    with pytest.raises(WebhookRejected) as caught:
        parley.read_webhook(a_webhook(bytes(body), signature=good.header("Parley-Signature")))
    assert caught.value.status == 401
