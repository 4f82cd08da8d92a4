"""Every call of the adapter that carries a conversation, as the vendor's API document describes it."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import timedelta
from typing import Any

import httpx
import pytest

from livechat_sdk.domain.chats import MessageReceived
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route, SurveyAnswer
from livechat_sdk.domain.messages import Attachment, Choice, TranscriptEntry, UserReceipt
from livechat_sdk.domain.people import Agent, Contact, ContactField, EndUser
from livechat_sdk.errors import AuthError, ConfigurationError, ProtocolError, RejectedError, RetryableError
from livechat_sdk.provider.interface import ChatDetails
from providers.genesys.tests.bench import (
    AGENT,
    CHAT,
    CONVERSATION,
    CUSTOMER,
    MESSAGE,
    NAMELESS,
    NOW,
    Answers,
    a_customer,
    a_provider,
    a_queue,
    a_webhook,
    an_agent,
    an_error,
    an_opening,
    build,
    said,
)

LONG_AGO, JUST_NOW = "2026-11-26T09:29:30.000Z", "2026-11-26T09:29:59.000Z"
REASON = EndReason(by="user", why="abandoned")
PHOTO = Attachment(url="https://bot.example/files/1", name="photo.jpg", media_type="image/jpeg", size=4)
TERMS = Attachment(url="https://bot.example/files/2", name="terms.pdf", media_type="application/pdf", size=4)


def going_on(**fields: Any) -> Answers:
    return Answers(people=[a_customer(), an_agent()], **fields)


# ---- open


async def test_conversation_begins_with_a_message_that_names_it_and_its_attributes() -> None:
    answers = Answers()
    async with a_provider(answers) as provider:
        chat = await provider.open(an_opening(language="el"))
    assert (chat.ref, chat.vendor_ref, chat.handoff_id) == ("h-1.1", CONVERSATION, "h-1")
    first, page = answers.calls[0], answers.calls[-1]
    assert first.query == {"prefetchConversationId": "true"}
    assert first.body == {
        "text": "shop-bot: hands this conversation over.",
        "channel": {
            "messageId": "h-1.1:opening.1",
            "from": {"id": "h-1.1", "idType": "Opaque"},
            "time": "2026-11-26T09:30:00.000Z",
            "metadata": {
                "customAttributes": {"livechat_ref": "h-1.1", "language": "el", "bot": "shop-bot"},
            },
        },
    }
    assert (page.body["text"], page.query) == ("Language: el", {})


async def test_everything_that_is_known_is_told() -> None:
    opening = an_opening(
        user=EndUser(id="u-1", name="Nikos Pappas", email="nikos@shop.example", phone="+15550100001"),
        route=Route(
            integration="genesys", bot="shop-bot", queue="billing", priority="high", skills=("el", "vip")
        ),
        language="el",
        reason="too hard",
        summary="Asks about an invoice.",
        transcript=(
            TranscriptEntry(author="bot", body="Hello, how can I help?"),
            TranscriptEntry(author="user", name="Nikos", body="My invoice is wrong"),
            TranscriptEntry(author="user", body="Hello?", doubtful=True),
        ),
        survey=(SurveyAnswer(id="order", question="Which order?", answer="1234"),),
        contacts=(
            Contact(
                source="my_crm",
                id="7",
                name="N. Pappas",
                fields=(ContactField(label="Segment", value="gold"),),
            ),
        ),
        tags=("vip",),
        attributes={"cart": ["shoes"]},
    )
    answers = Answers()
    attributes = {
        "Order": "survey.order",
        "from": "=the bot",
        "nothing": "attributes.nothing",
        "cart": "attributes.cart",
    }
    async with a_provider(answers, attributes=attributes) as provider:
        await provider.open(opening)
    first, page = answers.of("POST message")
    assert first["text"] == "shop-bot: Asks about an invoice."
    assert first["channel"]["from"] == {
        "id": "h-1.1",
        "idType": "Opaque",
        "nickname": "Nikos Pappas",
        "firstName": "Nikos",
        "lastName": "Pappas",
        "email": "nikos@shop.example",
    }
    assert first["channel"]["metadata"]["customAttributes"] == {
        "livechat_ref": "h-1.1",
        "queue": "billing",
        "priority": "high",
        "skills": "el,vip",
        "language": "el",
        "bot": "shop-bot",
        "reason": "too hard",
        "survey_order": "1234",
        "Order": "1234",
        "from": "the bot",
        "cart": '["shoes"]',
    }
    lines = page["text"].split("\n")
    assert lines[-3:] == [
        "Bot: Hello, how can I help?",
        "Nikos: My invoice is wrong",
        "User: (may not have arrived) Hello?",
    ]
    assert {"Reason: too hard", "Phone: +15550100001", "my_crm: Segment: gold", "Which order?: 1234"} <= set(
        lines
    )


async def test_only_queue_of_the_settings_is_an_attribute_and_that_of_the_route_goes_before() -> None:
    for settings, queue, wanted in (
        (["q-1"], None, "q-1"),
        (["q-1", "q-2"], None, None),
        (["q-1"], "q-9", "q-9"),
    ):
        answers = Answers()
        async with a_provider(answers, queueIds=settings) as provider:
            await provider.open(an_opening(route=Route(integration="genesys", bot="b", queue=queue)))
        values = answers.of("POST message")[0]["channel"]["metadata"]["customAttributes"]
        assert values.get("queue") == wanted


async def test_attributes_are_two_kilobytes_at_most_and_those_left_out_are_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers = Answers()
    survey = tuple(SurveyAnswer(id=f"q{n}", question=f"Q{n}", answer="x" * 900) for n in range(3))
    with caplog.at_level(logging.WARNING, logger="livechat_sdk_genesys"):
        async with a_provider(answers) as provider:
            await provider.open(an_opening(survey=survey))
    first, *pages = answers.of("POST message")
    values = first["channel"]["metadata"]["customAttributes"]
    assert len(json.dumps(values)) <= 2048
    assert {"survey_q0", "survey_q1"} <= values.keys()
    assert "survey_q2" in caplog.text
    assert "x" * 100 not in caplog.text
    assert "".join(page["text"] for page in pages).count("x") == 2700, "the agent reads all of it"


async def test_long_transcript_comes_in_pages_as_long_as_the_setting_says() -> None:
    for limit in (2000, 4000):
        answers = Answers()
        async with a_provider(answers, textLimit=limit) as provider:
            assert provider.capabilities.text_limit == limit
            await provider.open(
                an_opening(
                    transcript=[TranscriptEntry(author="user", body="word " * 1500)], summary="s" * 900
                )
            )
        texts = [body["text"] for body in answers.of("POST message")]
        assert max(len(text) for text in texts) <= limit
        assert "".join(texts).count("word") == 1500
        assert "s" * 900 in "".join(texts).replace("\n", "")


async def test_repeated_opening_says_the_first_words_again_and_nothing_else() -> None:
    answers = Answers(people=[a_customer()])
    async with a_provider(answers) as provider:
        opening = an_opening(summary="Asks about an invoice.", reason="r")
        first, second = await provider.open(opening), await provider.open(opening)
    assert first.vendor_ref == second.vendor_ref
    texts = [body["text"] for body in answers.of("POST message")]
    assert texts == ["shop-bot: Asks about an invoice.", "Reason: r", "shop-bot: Asks about an invoice."]


async def test_repeated_opening_says_everything_again_where_messages_may_not_be_read() -> None:
    answers = Answers(people=[a_customer()])
    async with a_provider(answers) as provider:
        await provider.open(an_opening(reason="r"))
        answers.script("POST bulk", an_error(403, "missing.any.permissions"))
        await provider.open(an_opening(reason="r"))
    texts = [body["text"] for body in answers.of("POST message")]
    assert texts[2:] == texts[:2]


async def test_opening_whose_answer_is_lost_is_not_repeated_here() -> None:
    answers = Answers()
    answers.script("POST message", httpx.ReadTimeout("late"))
    async with a_provider(answers) as provider:
        with pytest.raises(RetryableError) as caught:
            await provider.open(an_opening())
    assert caught.value.sent is None
    assert answers.names() == ["POST message"]


async def test_conversation_that_is_not_named_by_the_opening_is_named_by_a_message() -> None:
    answers = Answers(named=False)
    async with a_provider(answers) as provider:
        chat = await provider.open(an_opening())
        assert chat.vendor_ref is None
        answers.named = True
        sent = await provider.send(chat, MESSAGE)
    assert sent.patch == {"conversation": CONVERSATION}
    assert answers.names()[-1] == "POST message"
    known = chat.model_copy(update={"state": {**chat.state, **sent.patch}})
    answers.people = [a_customer()]
    async with a_provider(answers) as provider:
        assert (await provider.status(known)).vendor_ref == CONVERSATION
        assert (await provider.send(known, MESSAGE)).patch == {}


# ---- send


async def test_message_is_posted_in_the_end_users_name() -> None:
    answers = going_on()
    async with a_provider(answers) as provider:
        sent = await provider.send(CHAT, MESSAGE)
    assert sent.vendor_id == "m-1"
    assert answers.names() == ["GET messages", "POST message"]
    assert answers.of("POST message") == [
        {
            "text": "My invoice is wrong",
            "channel": {
                "messageId": "h-1.1:k-1",
                "from": {"id": "h-1.1", "idType": "Opaque", "nickname": "Nikos"},
                "time": "2026-11-26T09:30:00.000Z",
            },
        }
    ]


async def test_conversation_is_looked_at_once_for_messages_that_follow_each_other() -> None:
    answers = going_on()
    async with a_provider(answers) as provider:
        for number in range(3):
            await provider.send(CHAT, MESSAGE.model_copy(update={"key": f"k-{number}"}))
    assert answers.names() == ["GET messages", "POST message", "POST message", "POST message"]


async def test_message_to_a_conversation_that_is_over_is_refused_and_does_not_begin_it_anew() -> None:
    answers = Answers(people=[a_customer(state="disconnected", disconnectType="peer"), an_agent()])
    async with a_provider(answers) as provider:
        with pytest.raises(RejectedError) as caught:
            await provider.send(CHAT, MESSAGE)
    assert caught.value.sent is False
    assert answers.names() == ["GET messages"]


async def test_success_that_says_failed_is_a_failure() -> None:
    for code, kind in (("MessageNotAllowed", RejectedError), ("RateLimited", RetryableError)):
        answers = going_on()
        answers.script(
            "POST message",
            httpx.Response(
                200,
                json={"status": "Failed", "reasons": [{"code": code, "message": "no"}]},
                headers={"ININ-Correlation-Id": "cor-9", "Content-Type": "application/vnd.other+json"},
            ),
        )
        async with a_provider(answers) as provider:
            with pytest.raises(kind, match=code) as caught:
                await provider.send(CHAT, MESSAGE)
        assert (caught.value.request_id, caught.value.sent) == ("cor-9", True)


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (400, "invalid.value", RejectedError, "refused"),
        (400, "not.a.client", AuthError, "client credentials"),
        (403, "missing.permissions", AuthError, "lacks a permission"),
        (403, "ip.not.authorized", AuthError, "does not allow calls from this address"),
        (404, "not.found", RejectedError, "refused"),
        (409, "request.conflict", RejectedError, "refused"),
        (413, "request.entity.too.large", RejectedError, "refused"),
        (429, "too.many.requests.retry.after", RetryableError, "not now"),
        (504, "request.timeout", RetryableError, "not now"),
    ],
)
async def test_errors_are_known_by_status_and_code_and_carry_the_correlation_id(
    status: int, code: str, kind: type[Exception], words: str
) -> None:
    answers = going_on()
    error_again = [an_error(status, code, **({"Retry-After": "7"} if status == 429 else {})) for _ in "12"]
    answers.script("POST message", *error_again)
    async with a_provider(answers) as provider:
        with pytest.raises(kind) as caught:
            await provider.send(CHAT, MESSAGE)
    error: Any = caught.value
    assert words in str(error)
    assert (error.status, error.request_id, error.operation) == (status, "cor-1", "send")
    assert error.retry_after == (7.0 if status == 429 else None)
    assert str(error).count("GENESYS_LIVECHAT send: ") == 1


async def test_conflict_that_is_gone_with_the_next_try_is_none() -> None:
    answers = going_on()
    answers.script("POST message", an_error(409, "request.conflict"))
    async with a_provider(answers) as provider:
        assert (await provider.send(CHAT, MESSAGE)).vendor_id == "m-1"
    assert answers.names() == ["GET messages", "POST message", "POST message"]


async def test_page_of_a_gateway_in_the_way_is_no_json_and_an_error_like_others() -> None:
    answers = going_on()
    answers.script("POST message", httpx.Response(502, html="<html><h1>Bad Gateway</h1></html>"))
    answers.script("POST message", httpx.Response(200, html="<html>hello</html>"))
    async with a_provider(answers) as provider:
        with pytest.raises(RetryableError):
            await provider.send(CHAT, MESSAGE)
        with pytest.raises(ProtocolError):
            await provider.send(CHAT, MESSAGE)


async def test_files_go_one_by_one_with_the_words_beside_the_first() -> None:
    answers = going_on()
    async with a_provider(answers) as provider:
        await provider.send(CHAT, MESSAGE.model_copy(update={"attachments": (PHOTO, TERMS)}))
    first, second = answers.of("POST message")
    assert first["text"] == "My invoice is wrong"
    assert "text" not in second
    assert [one["channel"]["messageId"] for one in (first, second)] == ["h-1.1:k-1#1of2", "h-1.1:k-1#2of2"]
    assert first["content"] == [
        {
            "attachment": {
                "mediaType": "Image",
                "url": "https://bot.example/files/1",
                "mime": "image/jpeg",
                "filename": "photo.jpg",
            }
        }
    ]
    assert second["content"][0]["attachment"]["mediaType"] == "File"


async def test_files_of_a_repeated_message_are_there_once() -> None:
    answers = going_on()
    answers.script("POST message", *[])
    message = MESSAGE.model_copy(update={"attachments": (PHOTO, TERMS)})
    async with a_provider(answers) as provider:
        await provider.send(CHAT, message)
        del answers.messages["m-2"]  # the second part never came
        assert await provider.was_sent(CHAT, "k-1") is None
        await provider.send(CHAT, message)
        assert len(answers.of("POST message")) == 3
        assert await provider.was_sent(CHAT, "k-1") is True


async def test_later_part_that_never_left_does_not_say_that_nothing_did() -> None:
    answers = going_on()
    async with a_provider(answers) as provider:
        answers.script(
            "POST message", httpx.Response(200, json={"id": "m-9"}, headers={"Content-Type": "a/b"})
        )
        answers.script("POST message", *(httpx.ConnectError("no") for _ in range(9)))
        with pytest.raises(RetryableError) as caught:
            await provider.send(CHAT, MESSAGE.model_copy(update={"attachments": (PHOTO, TERMS)}))
    assert caught.value.sent is None


async def test_answer_to_a_quick_reply_goes_there_as_such_and_once() -> None:
    answers = going_on()
    replies = [{"contentType": "QuickReply", "quickReply": {"text": "Yes", "payload": "YES"}}]
    async with a_provider(answers) as provider:
        provider.read_webhook(a_webhook(said("Proceed?", type="Structured", content=replies)))
        await provider.send(CHAT, MESSAGE.model_copy(update={"body": "Yes"}))
        await provider.send(CHAT, MESSAGE.model_copy(update={"key": "k-2", "body": "Yes"}))
    assert answers.names() == ["GET messages", "POST response", "POST message"]
    (chosen,) = answers.of("POST response")
    assert chosen["buttonResponse"] == {"type": "QuickReply", "text": "Yes", "payload": "YES"}
    assert chosen["originatingMessageId"] == said()["id"]
    assert chosen["channel"]["messageId"] == "h-1.1:k-1"


async def test_answer_to_a_quick_reply_that_is_refused_goes_as_words() -> None:
    answers = going_on()
    replies = [{"contentType": "QuickReply", "quickReply": {"text": "Yes", "payload": "YES"}}]
    answers.script("POST response", an_error(400, "bad.request"))
    async with a_provider(answers) as provider:
        provider.read_webhook(a_webhook(said("Proceed?", type="Structured", content=replies)))
        await provider.send(CHAT, MESSAGE.model_copy(update={"body": "YES"}))
    assert answers.names() == ["GET messages", "POST response", "POST message"]


async def test_other_words_after_an_offer_are_words_and_a_later_message_takes_the_offer_back() -> None:
    answers = going_on()
    replies = [{"contentType": "QuickReply", "quickReply": {"text": "Yes", "payload": "YES"}}]
    async with a_provider(answers) as provider:
        provider.read_webhook(a_webhook(said("Proceed?", type="Structured", content=replies)))
        await provider.send(CHAT, MESSAGE)
        provider.read_webhook(a_webhook(said("Never mind.", id="later")))
        await provider.send(
            CHAT, MESSAGE.model_copy(update={"body": "Yes", "choices": (Choice(label="a", value="b"),)})
        )
    assert "POST response" not in answers.names()


# ---- was_sent


async def test_message_is_looked_up_by_our_id_of_it() -> None:
    answers = going_on()
    async with a_provider(answers) as provider:
        assert await provider.was_sent(CHAT, "k-1") is False
        await provider.send(CHAT, MESSAGE)
        assert await provider.was_sent(CHAT, "k-1") is True
        for other in ("k", "k-11", "K-1", "opening.1"):
            assert await provider.was_sent(CHAT, other) is False
        assert await provider.was_sent(NAMELESS, "k-1") is None


async def test_our_id_is_found_where_a_read_message_has_it() -> None:
    answers = going_on()
    async with a_provider(answers) as provider:
        await provider.send(CHAT, MESSAGE)
        kept = answers.messages["m-1"]
        del kept["providerMessageId"]
        assert await provider.was_sent(CHAT, "k-1") is False
        kept["normalizedMessage"] = {"id": "m-1", "type": "Text", "channel": {"messageId": "h-1.1:k-1"}}
        assert await provider.was_sent(CHAT, "k-1") is True


async def test_nobody_knows_whether_it_was_sent_without_the_right_to_read_messages() -> None:
    answers = going_on()
    async with a_provider(answers) as provider:
        await provider.send(CHAT, MESSAGE)
        answers.script("POST bulk", an_error(403, "missing.any.permissions"))
        assert await provider.was_sent(CHAT, "k-1") is None


async def test_long_keys_are_shortened_to_something_that_is_still_theirs() -> None:
    answers = going_on()
    keys = ["k" * 200, "k" * 199 + "x"]
    async with a_provider(answers) as provider:
        await provider.send(CHAT, MESSAGE.model_copy(update={"key": keys[0]}))
        assert [await provider.was_sent(CHAT, key) for key in keys] == [True, False]
    assert len(answers.of("POST message")[0]["channel"]["messageId"]) <= 200


# ---- close


async def test_customer_leaves_and_nobody_else_is_touched() -> None:
    answers = going_on()
    async with a_provider(answers) as provider:
        await provider.close(CHAT, REASON)
    assert answers.names() == ["GET messages", f"PATCH {CUSTOMER}"]
    assert answers.of(f"PATCH {CUSTOMER}") == [{"state": "disconnected"}]


async def test_what_is_over_or_gone_is_closed() -> None:
    over, gone = Answers(people=[a_customer(state="disconnected")]), Answers()
    gone.script("GET messages", an_error(404, "not.found"))
    for answers in (over, gone):
        async with a_provider(answers) as provider:
            await provider.close(CHAT, REASON)
        assert answers.names() == ["GET messages"]
    left_meanwhile = going_on()
    left_meanwhile.script(f"PATCH {CUSTOMER}", an_error(404, "not.found"))
    async with a_provider(left_meanwhile) as provider:
        await provider.close(CHAT, REASON)


async def test_conversation_that_may_not_be_looked_at_is_ended_for_all_and_takes_messages() -> None:
    answers = going_on()
    answers.script("GET messages", an_error(403, "missing.permissions"), an_error(403, "missing.permissions"))
    answers.script("PATCH messages", httpx.Response(200, json={"id": CONVERSATION, "state": "disconnected"}))
    async with a_provider(answers) as provider:
        await provider.send(CHAT, MESSAGE)
        await provider.close(CHAT, REASON)
    assert answers.names() == ["GET messages", "POST message", "GET messages", "PATCH messages"]
    assert answers.of("PATCH messages") == [{"state": "disconnected"}]


async def test_conversation_that_may_not_be_ended_stays_open_and_says_so() -> None:
    answers = going_on()
    answers.script(f"PATCH {CUSTOMER}", an_error(403, "missing.any.permissions"))
    async with a_provider(answers) as provider:
        with pytest.raises(AuthError, match="lacks a permission"):
            await provider.close(CHAT, REASON)
        with pytest.raises(RejectedError, match="not known"):
            await provider.close(NAMELESS, REASON)


async def test_where_the_right_to_end_is_missing_the_agents_read_that_the_customer_has_left_once() -> None:
    answers = going_on()
    answers.script(f"PATCH {CUSTOMER}", *[an_error(403, "missing.any.permissions") for _ in range(3)])
    async with a_provider(answers, leftText="Gone.") as provider:
        with pytest.raises(AuthError):
            await provider.close(CHAT, REASON)
        with pytest.raises(AuthError):
            await provider.close(CHAT, REASON)
    async with a_provider(answers, leftText="Gone.") as another_process:
        with pytest.raises(AuthError):
            await another_process.close(CHAT, REASON)
    (said_last,) = answers.of("POST message")
    assert said_last["text"] == "Gone."
    assert said_last["channel"]["from"]["id"] == "h-1.1"


async def test_nothing_is_said_at_the_end_where_that_is_not_wanted() -> None:
    answers = going_on()
    answers.script(f"PATCH {CUSTOMER}", an_error(403, "missing.any.permissions"))
    async with a_provider(answers, leftText="") as provider:
        with pytest.raises(AuthError):
            await provider.close(CHAT, REASON)
    assert answers.of("POST message") == []


async def test_conversation_that_may_be_over_is_not_begun_anew_by_a_farewell() -> None:
    answers = going_on()
    answers.script("GET messages", an_error(403, "missing.permissions"))
    answers.script("PATCH messages", an_error(403, "missing.permissions"))
    async with a_provider(answers) as provider:
        with pytest.raises(AuthError):
            await provider.close(CHAT, REASON)
    assert answers.of("POST message") == []


async def test_farewell_that_does_not_get_through_is_logged_and_the_missing_right_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers = going_on()
    answers.script(f"PATCH {CUSTOMER}", an_error(403, "missing.any.permissions"))
    answers.script("POST message", an_error(400, "bad.request"))
    async with a_provider(answers) as provider:
        with caplog.at_level(logging.WARNING), pytest.raises(AuthError, match="lacks a permission"):
            await provider.close(CHAT, REASON)
    assert "were not told that the customer has left" in caplog.text


# ---- typing, receipts, details


async def test_typing_is_an_event_and_stopping_is_nothing() -> None:
    answers = going_on()
    async with a_provider(answers) as provider:
        await provider.typing(CHAT, on=True)
        await provider.typing(CHAT, on=False)
    (event,) = answers.of("POST event")
    assert event["events"] == [{"eventType": "Typing"}]
    assert event["channel"]["from"]["id"] == "h-1.1"


async def test_receipts_are_of_delivery_by_the_vendors_id() -> None:
    answers = going_on()
    async with a_provider(answers) as provider:
        for status in ("delivered", "read"):
            await provider.receipt(CHAT, UserReceipt.model_validate({"message_key": "m-7", "status": status}))
        await provider.receipt(CHAT, UserReceipt(message_key="m-8", status="read"))
    told = [(one["id"], one["status"]) for one in answers.of("POST receipt")]
    assert told == [("m-7", "Delivered"), ("m-8", "Delivered")]
    assert answers.of("POST receipt")[0]["channel"]["to"] == {"id": "h-1.1", "idType": "Opaque"}


async def test_what_comes_later_becomes_attributes_of_the_customer() -> None:
    answers = going_on()
    details = ChatDetails(
        survey=(SurveyAnswer(id="topic", question="What?", answer="My order"),),
        contacts=(Contact(source="crm", id="7", name="N. Pappas"),),
    )
    async with a_provider(answers) as provider:
        await provider.update(CHAT, details)
    assert answers.names() == ["GET messages", "PATCH attributes"]
    assert answers.of("PATCH attributes") == [
        {"attributes": {"survey_topic": "My order", "contact_crm_name": "N. Pappas"}}
    ]


# ---- status and history


def gone(how: str, **fields: Any) -> dict[str, Any]:
    """What a part that is over has more than one that is not."""
    return {"state": "disconnected", "disconnectType": how, **fields}


def ringing_out() -> dict[str, Any]:
    return an_agent(**gone("transfer.noanswer", connectedTime=None))


@pytest.mark.parametrize(
    ("people", "state", "end"),
    [
        ([a_customer()], "queued", None),
        ([a_customer(), a_queue()], "queued", None),
        ([a_customer(), a_queue(), an_agent(state="alerting", connectedTime=None)], "queued", None),
        ([a_customer(), a_queue(state="disconnected"), an_agent()], "active", None),
        ([a_customer(**gone("peer")), an_agent()], "ended", ("agent", "resolved")),
        ([a_customer(state="terminated", disconnectType="system")], "ended", ("provider", "refused")),
        ([a_customer(**gone("inactivity")), an_agent()], "ended", ("provider", "inactivity")),
        ([a_customer(**gone("transport.failure")), an_agent()], "ended", ("provider", "error")),
        ([a_customer(), ringing_out(), a_queue()], "queued", None),
        ([a_customer(), an_agent(**gone("transfer")), a_queue()], "queued", None),
        ([a_customer(), an_agent(**gone("client", endTime=LONG_AGO))], "ended", ("agent", "resolved")),
        ([a_customer(), an_agent(**gone("client", endTime=JUST_NOW))], "unknown", None),
    ],
)  # fmt: skip
async def test_status_is_who_is_there(
    people: list[dict[str, Any]], state: str, end: tuple[str, str] | None
) -> None:
    answers = Answers(people=[{k: v for k, v in one.items() if v is not None} for one in people])
    async with a_provider(answers) as provider:
        found = await provider.status(CHAT)
    assert (found.state, found.vendor_ref) == (state, CONVERSATION)
    assert (None if found.ended is None else (found.ended.by, found.ended.why)) == end
    assert found.agent == (Agent(id=AGENT, name="Eleni") if state == "active" else None)


async def test_newest_of_two_agents_has_the_conversation() -> None:
    second = an_agent("Maria", id="p-2", user={"id": "u-2"}, connectedTime="2026-11-26T09:31:00.000Z")
    answers = Answers(people=[a_customer(), second, an_agent()])
    async with a_provider(answers) as provider:
        assert (await provider.status(CHAT)).agent == Agent(id="u-2", name="Maria")


async def test_nothing_is_known_of_a_conversation_without_its_id_and_404_is_told() -> None:
    answers = Answers()
    async with a_provider(answers) as provider:
        assert (await provider.status(NAMELESS)).state == "unknown"
        assert await provider.history(NAMELESS, NOW) == ()
        answers.script("GET messages", an_error(404, "not.found"))
        with pytest.raises(RejectedError) as caught:
            await provider.status(CHAT)
    assert caught.value.status == 404


async def test_history_is_what_agents_said_with_the_ids_of_their_webhooks() -> None:
    agent = an_agent(messages=[{"messageId": "a-2"}, {"messageId": said()["id"]}, {"messageId": "a-old"}])
    answers = Answers(people=[a_customer(messages=[{"messageId": "c-1"}]), agent])
    old = (NOW - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    base = {
        "direction": "outbound",
        "status": "sent",
        "textBody": "Hi",
        "timestamp": "2026-11-26T09:29:59.427Z",
    }
    link = "https://api-downloads.mypurecloud.ie/x"
    file = {"url": link, "mediaType": "application/pdf", "name": "a.pdf", "contentLengthBytes": 9}
    answers.messages = {
        said()["id"]: base | {"id": said()["id"], "createdBy": {"id": AGENT, "name": "Eleni", "version": 1}},
        "a-2": base | {"id": "a-2", "textBody": "", "timestamp": "2026-11-26T09:30:10.000Z", "media": [file]},
        "a-old": base | {"id": "a-old", "timestamp": old},
        "c-1": base | {"id": "c-1", "direction": "inbound"},
    }
    async with a_provider(answers) as provider:
        events = await provider.history(CHAT, NOW - timedelta(minutes=5))
        (heard,) = provider.read_webhook(a_webhook(said("Hi")))
    first, second = events
    assert isinstance(heard, MessageReceived)
    assert (first.id, first.message.key, first.message.body) == (
        heard.id,
        heard.message.key,
        heard.message.body,
    )
    assert first.agent == Agent(id=AGENT, name="Eleni")
    (found,) = second.message.attachments
    assert (found.name, found.media_type, found.size) == ("a.pdf", "application/pdf", 9)


async def test_long_history_is_read_a_hundred_at_a_time() -> None:
    ids = [f"a-{number}" for number in range(250)]
    answers = Answers(people=[a_customer(), an_agent(messages=[{"messageId": one} for one in ids])])
    answers.messages = {
        one: {
            "id": one,
            "direction": "outbound",
            "status": "sent",
            "textBody": one,
            "timestamp": "2026-11-26T09:30:00Z",
        }
        for one in ids
    }
    async with a_provider(answers) as provider:
        assert len(await provider.history(CHAT, NOW - timedelta(minutes=5))) == 250
    assert [len(one) for one in answers.of("POST bulk")] == [100, 100, 50]


# ---- files of agents


async def test_file_is_asked_for_without_a_token_first() -> None:
    answers = going_on()
    file = Attachment(url="https://api-downloads.mypurecloud.ie/d/1", name="a.pdf")
    answers.script("GET 1", httpx.Response(200, content=b"%PDF", headers={"Content-Type": "application/pdf"}))
    answers.script("GET 1", httpx.Response(401), httpx.Response(200, content=b"%PDF-2"))
    async with a_provider(answers) as provider:
        open_to_all, with_token = await provider.fetch(CHAT, file), await provider.fetch(CHAT, file)
        elsewhere = [
            await provider.fetch(CHAT, Attachment(url=url, name="a.pdf"))
            for url in (
                "https://files.shop.example/1",
                "https://evil-mypurecloud.ie/1",
                "http://api-downloads.mypurecloud.ie/1",
                "https://ann:secret@api-downloads.mypurecloud.ie/1",
                "https://[api-downloads.mypurecloud.ie/1",
            )
        ]
    assert open_to_all is not None
    assert with_token is not None
    assert (open_to_all.content, with_token.content) == (b"%PDF", b"%PDF-2")
    assert [("authorization" in call.headers) for call in answers.calls] == [False, False, True]
    assert elsewhere == [None] * 5


# ---- tokens


async def test_one_token_is_asked_for_however_many_wait_and_again_after_a_401() -> None:
    answers = going_on()
    async with a_provider(answers) as provider:
        await asyncio.gather(*(provider.status(CHAT) for _ in range(5)))
        assert len(answers.logins) == 1
        (login,) = answers.logins
        assert login.body == "grant_type=client_credentials"
        assert login.headers["authorization"].startswith("Basic ")
        answers.script("GET messages", an_error(401, "bad.credentials"))
        await provider.status(CHAT)
    assert len(answers.logins) == 2
    assert answers.calls[-1].headers["authorization"] == "Bearer token-2-of-tests"


async def test_refused_login_is_an_error_of_credentials_and_says_nothing_secret() -> None:
    answers = going_on()
    answers.script(
        "token",
        httpx.Response(400, json={"error": "invalid_client", "description": "client-secret-of-tests"}),
    )
    async with a_provider(answers) as provider:
        with pytest.raises(AuthError) as caught:
            await provider.send(CHAT, MESSAGE)
    assert caught.value.sent is False
    assert "client-secret-of-tests" not in str(caught.value)


# ---- settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"region": "https://api.mypurecloud.ie"},
        {"region": "mypurecloud"},
        {"openIntegrationId": "a/b"},
        {"attributes": {"a": "nowhere"}},
        {"textLimit": 9},
        {"webhookKey": None},
        {"queueIds": ["not an id"]},
        {"apiUrl": "ftp://x"},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        build(**wrong)


def test_region_that_nobody_knows_yet_is_taken() -> None:
    provider = build(region="apse9.pure.cloud")
    assert provider.settings.api == "https://api.apse9.pure.cloud/api/v2"
    assert provider.settings.token_url == "https://login.apse9.pure.cloud/oauth/token"


async def test_other_addresses_than_those_of_the_region_are_used() -> None:
    provider = build(apiUrl="http://127.0.0.1:8080/", loginUrl="http://127.0.0.1:8081")
    assert provider.settings.api == "http://127.0.0.1:8080/api/v2"
    assert provider.settings.token_url == "http://127.0.0.1:8081/oauth/token"
    await provider.stop()


def test_texts_are_planned_as_long_as_the_setting_says() -> None:
    assert build().capabilities.text_limit == 2000
    assert build(textLimit=3000).capabilities.text_limit == 3000
