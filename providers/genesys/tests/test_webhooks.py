"""Webhooks of Genesys: proved by their signature, and translated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.chats import (
    MessageDelivered,
    MessageFailed,
    MessageRead,
    MessageReceived,
    ProviderEvent,
    TypingChanged,
    UnknownEvent,
)
from livechat_sdk.errors import WebhookRejected
from providers.genesys.tests.bench import CONVERSATION, INTEGRATION, KEY, a_webhook, build, said, signed

PROVIDER = build()


def read(body: bytes | Mapping[str, Any]) -> ProviderEvent:
    (event,) = PROVIDER.read_webhook(a_webhook(body))
    return event


def message(body: Mapping[str, Any]) -> MessageReceived:
    event = read(body)
    assert isinstance(event, MessageReceived)
    return event


def item(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"contentType": kind, name: fields}


# ---- the proof


@pytest.mark.feature("PV-07")
def test_computed_vector_of_the_documented_rule_is_good() -> None:
    text = (
        '{"id":"d7d58935af65a45e5234ac77de017a0a","channel":{"id":"e6b352de-ecd0-49c7-94de-7787418869bc",'
        '"platform":"Open","type":"Private","to":{"id":"did:plc:xxxxxxxxxxxxxxxxxxxxxxxx","idType":"Opaque"},'
        '"from":{"nickname":"Bluesky - Open Social - DO","id":"e6b352de-ecd0-49c7-94de-7787418869bc",'
        '"idType":"Opaque"},"time":"2025-06-10T21:03:05.427Z","messageId":"d7d58935af65a45e5234ac77de017a0a"},'
        '"type":"Text","text":"Hi","originatingEntity":"Human","direction":"Outbound",'
        '"conversationId":"5d0d331e-d2a8-4fb5-96f7-7021bef2a8ee"}'
    )
    provider = build(
        webhookKey="example-signature-secret-0001", openIntegrationId="e6b352de-ecd0-49c7-94de-7787418869bc"
    )
    good = "sha256=uSBVGvTvILHykQtk7+sgYWfYId+Z1yzV7tijahhxz2w="
    (event,) = provider.read_webhook(a_webhook(text.encode(), signature=good))
    assert isinstance(event, MessageReceived)
    assert event.refs[0] == "did:plc:xxxxxxxxxxxxxxxxxxxxxxxx"
    for bad in (
        "sha256=b920551af4ef20b1f2910b64efeb206167d821df99d72cd5eed8a36a1871cf6c",
        "uSBVGvTvILHykQtk7+sgYWfYId+Z1yzV7tijahhxz2w=",
        "sha1=uSBVGvTvILHykQtk7+sgYWfYId+Z1yzV7tijahhxz2w=",
        "",
    ):
        with pytest.raises(WebhookRejected) as caught:
            provider.read_webhook(a_webhook(text.encode(), signature=bad))
        assert caught.value.status == 401


def test_signature_in_hex_is_good_only_where_the_settings_say_so() -> None:
    body = json.dumps(said()).encode()
    import hashlib
    import hmac

    hexed = "sha256=" + hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
    with pytest.raises(WebhookRejected):
        PROVIDER.read_webhook(a_webhook(body, signature=hexed))
    assert len(build(signature="hex").read_webhook(a_webhook(body, signature=hexed))) == 1


def test_both_keys_are_good_while_one_replaces_the_other() -> None:
    provider = build(webhookKey=["a-new-secret-of-tests", KEY])
    for key in ("a-new-secret-of-tests", KEY):
        assert len(provider.read_webhook(a_webhook(said(), key=key))) == 1
    with pytest.raises(WebhookRejected):
        provider.read_webhook(a_webhook(said(), key="some-other-secret-of-tests"))


@pytest.mark.feature("PV-07")
def test_signature_is_over_the_bytes_and_not_over_their_meaning() -> None:
    spaced = json.dumps(said(), indent=4).encode()
    assert isinstance(read(spaced), MessageReceived)
    with pytest.raises(WebhookRejected):
        PROVIDER.read_webhook(a_webhook(spaced, signature=signed(json.dumps(said()).encode())))


# ---- what is said


def test_words_of_an_agent_are_a_message_of_an_agent_nobody_names() -> None:
    event = message(said("Hi"))
    assert (event.id, event.message.key) == (said()["id"], said()["id"])
    assert event.refs == ("h-1.1", CONVERSATION)
    assert (event.message.body, event.author, event.agent) == ("Hi", "agent", None)
    assert event.vendor_at is not None
    assert event.vendor_at.isoformat() == "2026-11-26T09:29:59.427000+00:00"


def test_words_of_a_flow_are_of_the_system_and_join_nobody() -> None:
    event = message(said("You are number 3.", originatingEntity="Bot", messageMetadata={"type": "Text"}))
    assert event.author == "system"


def test_delivery_without_a_conversation_is_found_by_our_reference() -> None:
    body = said()
    del body["conversationId"]
    assert message(body).refs == ("h-1.1",)


def test_repeated_delivery_is_the_same_event() -> None:
    assert read(said()).id == read(said(text="Hi")).id


def test_older_spelling_of_the_nickname_and_empty_lists_are_read() -> None:
    body = said("Hello World", content=[], reasons=[], relatedMessages=[])
    body["channel"]["from"] = {"nickName": "Open Messaging Integration", "id": INTEGRATION}
    assert message(body).message.body == "Hello World"


@pytest.mark.parametrize(
    ("media", "mime", "name"),
    [
        ("Audio", "audio/mpeg", "audio.mp3"),
        ("File", "application/pdf", "file.pdf"),
        ("Image", "image/jpeg", "image.jpg"),
        ("Video", "video/mp4", "video.mp4"),
    ],
)
def test_file_of_an_agent_has_name_kind_size_and_link(media: str, mime: str, name: str) -> None:
    url = "https://api-downloads.usw2.pure.cloud/api/v2/downloads/pce1234456"
    file = item(
        "Attachment",
        "attachment",
        id="8b36",
        mediaType=media,
        url=url,
        mime=mime,
        filename=name,
        contentSizeBytes=10240,
    )
    body = said(content=[file])
    del body["text"]
    event = message(body)
    (found,) = event.message.attachments
    assert (found.name, found.media_type, found.size, found.url) == (name, mime, 10240, url)
    assert event.message.body == ""


def test_file_without_a_name_takes_it_from_its_link_and_without_a_link_is_named() -> None:
    named = message(
        said(content=[item("Attachment", "attachment", mediaType="Image", url="https://x.example/a%20b.png")])
    )
    assert [(one.name, one.media_type) for one in named.message.attachments] == [("a b.png", "image/png")]
    lost = message(said("", content=[item("Attachment", "attachment", mediaType="Image", filename="a.png")]))
    assert (lost.message.body, lost.message.attachments) == ("[file]: a.png", ())


@pytest.mark.parametrize(
    ("url", "name"),
    [("https://[files.example/a.png", "file"), ("https://files.example/..%2F..%2Fa.png", "a.png")],
)
def test_link_that_cannot_be_read_costs_no_message(url: str, name: str) -> None:
    file = {"mediaType": "Image", "url": url, "mime": "image/png"}
    found = message(said("Look", content=[item("Attachment", "attachment", **file)]))
    assert found.message.body == "Look"
    assert [(one.url, one.name) for one in found.message.attachments] == [(url, name)]


def test_quick_replies_are_choices() -> None:
    replies = [
        item("QuickReply", "quickReply", text=one, payload=one.upper(), action="Message")
        for one in ("Yes", "No")
    ]
    event = message(
        said("Do you want to proceed?", type="Structured", originatingEntity="Bot", content=replies)
    )
    assert event.message.body == "Do you want to proceed?"
    assert [(one.label, one.value) for one in event.message.choices] == [("Yes", "YES"), ("No", "NO")]


def test_carousel_is_its_cards_one_below_the_other() -> None:
    cards = [
        {
            "title": f"Card {number}",
            "description": "",
            **({"image": "https://shop.example/1.png"} if number == 1 else {}),
            "actions": [
                {"type": "Postback", "text": f"Option {number}", "payload": f"Option{number}"},
                {"type": "Link", "text": "More", "url": f"https://shop.example/{number}"},
            ],
        }
        for number in (1, 2)
    ]
    body = said(
        type="Structured", originatingEntity="Bot", content=[item("Carousel", "carousel", cards=cards)]
    )
    del body["text"]
    event = message(body)
    assert event.message.body.split("\n") == [
        "Card 1",
        "https://shop.example/1.png",
        "More: https://shop.example/1",
        "Card 2",
        "More: https://shop.example/2",
    ]
    assert [one.value for one in event.message.choices] == ["Option1", "Option2"]


def test_card_alone_is_read_like_one_of_several() -> None:
    card = item("Card", "card", title="Tea", description="Green", actions=[{"text": "Buy", "payload": "buy"}])
    event = message(said("", type="Structured", content=[card]))
    assert (event.message.body, [one.label for one in event.message.choices]) == ("Tea\nGreen", ["Buy"])


def test_date_picker_offers_its_times() -> None:
    times = [{"duration": 1800, "dateTime": "2025-05-30T12:00:00.000Z"}]
    picker = item("DatePicker", "datePicker", title="When?", subtitle="Pick a date", availableTimes=times)
    event = message(said("", type="Structured", originatingEntity="Bot", content=[picker]))
    assert event.message.body == "When?\nPick a date"
    assert [one.value for one in event.message.choices] == ["2025-05-30T12:00:00.000Z"]


def test_canned_response_is_header_words_and_footer_once() -> None:
    template = item(
        "Notification",
        "template",
        header={"text": "Hello"},
        body={"text": "How can I help you?", "parameters": [{"name": "name", "text": "Happy"}]},
        footer={"text": "Goodbye"},
    )
    event = message(said("How can I help you?", type="Structured", content=[template]))
    assert event.message.body == "Hello\nHow can I help you?\nGoodbye"


def test_content_that_nobody_knows_becomes_a_line_and_words_beside_it_stay() -> None:
    assert message(said("", content=[{"contentType": "Hologram"}])).message.body == "[Hologram]"
    assert message(said("Look", content=[{"contentType": "Hologram"}])).message.body == "Look"


# ---- the rest


def test_typing_of_an_agent_is_told() -> None:
    events = [{"eventType": "Typing", "typing": {"type": "On", "duration": 5000}}]
    body = said(type="Event", events=events)
    del body["originatingEntity"], body["text"]
    event = read(body)
    assert isinstance(event, TypingChanged)
    assert event.on is True
    off = read(said(type="Event", events=[{"eventType": "Typing", "typing": {"type": "Off"}}]))
    assert isinstance(off, TypingChanged)
    assert off.on is False


def receipt(status: str, message_id: str = "h-1.1:k-1") -> dict[str, Any]:
    body = said(type="Receipt", status=status, reasons=[{"code": "RateLimited", "message": "too many"}])
    body["channel"]["messageId"] = message_id
    return body


def test_receipts_name_our_key_where_they_carry_it() -> None:
    delivered, seen, failed = read(receipt("Delivered")), read(receipt("Read")), read(receipt("Failed"))
    assert isinstance(delivered, MessageDelivered)
    assert isinstance(seen, MessageRead)
    assert isinstance(failed, MessageFailed)
    assert {delivered.message_key, seen.message_key, failed.message_key} == {"k-1"}
    assert failed.reason == "RateLimited: too many"
    assert len({delivered.id, seen.id, failed.id}) == 3


def test_receipt_of_a_failure_names_the_vendors_id_where_it_has_no_other() -> None:
    failed = read(receipt("Failed", "c8e53e498891dfc9400c79a278cc1863"))
    assert isinstance(failed, MessageFailed)
    assert failed.message_key == said()["id"]
    assert isinstance(read(receipt("Delivered", "c8e53e498891dfc9400c79a278cc1863")), UnknownEvent)


def test_our_own_words_on_their_way_back_are_nothing() -> None:
    assert list(PROVIDER.read_webhook(a_webhook(said(direction="Inbound")))) == []
    typing = said(type="Event", direction="Inbound", events=[{"eventType": "Typing"}])
    assert list(PROVIDER.read_webhook(a_webhook(typing))) == []


@pytest.mark.parametrize(
    "body",
    [
        said(type="Levitation"),
        said("", content=[]),
        {"hello": "world"},
        said(channel={"id": "another-integration", "to": {"id": "h-1.1"}}),
        said(channel={"id": INTEGRATION, "to": {}}),
        said(type="Event", events=[{"eventType": "Presence"}]),
        said(id=7, type="Event", events="none"),
    ],
)
def test_what_is_not_known_is_kept_and_never_refused(body: Mapping[str, Any]) -> None:
    event = read(body)
    assert isinstance(event, UnknownEvent)
    assert event.raw == body


def test_body_that_is_no_json_object_is_refused_as_unreadable() -> None:
    for body in (b"", b"[]", b"{", b'"text"'):
        with pytest.raises(WebhookRejected) as caught:
            PROVIDER.read_webhook(a_webhook(body))
        assert caught.value.status == 400


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["id", "type", "text", "content", "events", "status", "reasons", "channel", "direction"]
        ),
        _JSON,
    )
)
def test_signed_bodies_of_any_shape_are_translated(fields: dict[str, Any]) -> None:
    events = PROVIDER.read_webhook(a_webhook(said(**fields)))
    assert len(events) <= 1


@given(
    st.lists(
        st.builds(
            lambda kind, name, fields: {"contentType": kind, name: fields},
            st.sampled_from(
                ["Attachment", "QuickReply", "Card", "Carousel", "DatePicker", "Notification", "Text", ""]
            ),
            st.sampled_from(
                ["attachment", "quickReply", "card", "carousel", "datePicker", "template", "text"]
            ),
            _JSON,
        ),
        max_size=4,
    )
)
def test_content_of_any_shape_is_translated(content: list[dict[str, Any]]) -> None:
    event = read(said("words", content=content))
    assert isinstance(event, MessageReceived)
    assert "words" in event.message.body
