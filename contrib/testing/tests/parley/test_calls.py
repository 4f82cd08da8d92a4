"""Every call of the adapter, as Parley's page describes it."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from contrib.testing.tests.parley.bench import (
    CHAT,
    LOST,
    MESSAGE,
    NOW,
    RECORDINGS,
    SETTINGS,
    a_link,
    a_provider,
    an_opening,
)
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.ends import EndReason, Why
from livechat_sdk.domain.handoff import Route, SurveyAnswer
from livechat_sdk.domain.messages import Attachment, TranscriptEntry, UserReceipt
from livechat_sdk.domain.people import Agent, Contact, ContactField, EndUser
from livechat_sdk.errors import (
    AuthError,
    ConfigurationError,
    ProtocolError,
    ProviderError,
    RejectedError,
    RetryableError,
    StoreError,
    UnavailableError,
)
from livechat_sdk.provider.embedded import EmbeddedDatabase
from livechat_sdk.provider.files import FileOpener, OpenedFile
from livechat_sdk.provider.interface import Availability, ChatDetails, ChatOpening, PlannedMessage
from livechat_sdk.registry import Registry
from livechat_sdk_testing.parley import ParleyPlugin
from livechat_sdk_testing.recordings import Recording, Recordings

FILE = Attachment(url="https://files.shop.example/7", name="invoice 7.png", media_type="image/png", size=4)
ROUTE = Route(integration="parley", bot="shop-bot")


def test_recordings_agree_with_the_api_document() -> None:
    assert RECORDINGS.validate() == []


# ---- open


def a_full_opening() -> ChatOpening:
    return an_opening(
        user=EndUser(id="u-1", name="Nikos", email="nikos@shop.example", phone="+15550100001"),
        route=ROUTE.model_copy(update={"queue": "billing", "priority": "high"}),
        language="el",
        summary="Asks about an invoice.",
        transcript=(
            TranscriptEntry(author="bot", body="Hello, how can I help?", at=NOW - timedelta(minutes=2)),
            TranscriptEntry(
                author="user",
                body="My invoice is wrong",
                at=NOW - timedelta(minutes=1) + timedelta(microseconds=123_999),
            ),
            TranscriptEntry(author="user", body="Hello?", doubtful=True),
        ),
        survey=(SurveyAnswer(id="q-1", question="Which order?", answer="1234"),),
        contacts=(
            Contact(
                source="crm", id="7", name="N. Pappas", fields=(ContactField(label="Segment", value="gold"),)
            ),
        ),
        tags=("vip", "greek"),
        attributes={"cart": ["shoes"]},
    )


async def test_everything_that_is_known_is_told_when_a_chat_is_opened(recordings: Recordings) -> None:
    with recordings.replay("token/granted", "open/created"):
        async with a_provider() as provider:
            assert await provider.open(a_full_opening()) == CHAT


async def test_what_is_not_known_is_left_out(recordings: Recordings) -> None:
    with recordings.replay("token/granted", "open/little-known"):
        async with a_provider() as provider:
            assert await provider.open(an_opening()) == CHAT


async def test_chat_that_parley_has_already_is_the_same_chat(recordings: Recordings) -> None:
    with recordings.replay("token/granted", "open/same-ref"):
        async with a_provider() as provider:
            assert await provider.open(a_full_opening()) == CHAT


async def test_nobody_on_duty_is_a_reason_to_take_the_next_provider(recordings: Recordings) -> None:
    with recordings.replay("token/granted", "open/no-agents"):
        async with a_provider() as provider:
            with pytest.raises(UnavailableError, match="no_agents: Nobody is on duty") as caught:
                await provider.open(an_opening())
    assert (caught.value.status, caught.value.request_id) == (409, "req-open-no-agents")


@pytest.mark.parametrize("case", ["open/other-conflict", "open/invalid"])
async def test_other_refusals_are_refusals(recordings: Recordings, case: str) -> None:
    with recordings.replay("token/granted", case):
        async with a_provider() as provider:
            with pytest.raises(RejectedError) as caught:
                await provider.open(an_opening())
    assert type(caught.value) is RejectedError


async def test_opening_is_asked_again_because_parley_knows_a_chat_by_its_ref(recordings: Recordings) -> None:
    with recordings.replay("token/granted", "open/maintenance", "open/little-known") as playing:
        async with a_provider() as provider:
            await provider.open(an_opening())
    assert playing.calls[1:] == ["open/maintenance", "open/little-known"]


async def test_answer_that_is_no_chat_is_a_change_of_the_api(recordings: Recordings) -> None:
    strange = recordings.all["open/little-known"].model_dump(by_alias=True, exclude_unset=True)
    strange["response"]["json"] = {"id": 7}
    with recordings.replay("token/granted", Recording.model_validate(strange)):
        async with a_provider() as provider:
            with pytest.raises(ProtocolError, match="id: Input should be a valid string") as caught:
                await provider.open(an_opening())
    assert caught.value.sent is True


# ---- send


async def test_message_is_sent(recordings: Recordings) -> None:
    with recordings.replay("token/granted", "send/taken"):
        async with a_provider() as provider:
            assert (await provider.send(CHAT, MESSAGE)).vendor_id == "m-1"


async def test_token_that_became_too_old_is_renewed_once(recordings: Recordings) -> None:
    cases = ("token/granted", "send/token-invalid", "token/granted-again", "send/taken-with-new-token")
    with recordings.replay(*cases) as playing:
        async with a_provider() as provider:
            assert (await provider.send(CHAT, MESSAGE)).vendor_id == "m-1"
    assert playing.calls == list(cases)


async def test_wrong_credentials_are_told_and_the_message_never_left(recordings: Recordings) -> None:
    with recordings.replay("token/refused"):
        async with a_provider() as provider:
            with pytest.raises(AuthError) as caught:
                await provider.send(CHAT, MESSAGE)
    assert caught.value.sent is False


@pytest.mark.parametrize("case", ["send/chat-ended", "send/too-long"])
async def test_refused_message_is_refused(recordings: Recordings, case: str) -> None:
    with recordings.replay("token/granted", case):
        async with a_provider() as provider:
            with pytest.raises(RejectedError):
                await provider.send(CHAT, MESSAGE)


async def test_message_is_never_repeated_by_itself_because_parley_would_take_it_twice(
    recordings: Recordings,
) -> None:
    with recordings.replay("token/granted", "send/internal"):
        async with a_provider() as provider:
            with pytest.raises(RetryableError) as caught:
                await provider.send(CHAT, MESSAGE)
    assert caught.value.sent is not False


async def test_slow_down_carries_the_wish_of_the_vendor(recordings: Recordings) -> None:
    with recordings.replay("token/granted", "send/slow-down"):
        async with a_provider() as provider:
            with pytest.raises(RetryableError) as caught:
                await provider.send(CHAT, MESSAGE)
    assert (caught.value.status, caught.value.retry_after) == (429, 3.0)


# ---- files


def with_file() -> PlannedMessage:
    return PlannedMessage(key="k-2", body="", attachments=(FILE,), sent_at=NOW)


async def test_file_is_fetched_handed_over_and_named_in_the_message(recordings: Recordings) -> None:
    with recordings.replay(a_link(), "token/granted", "file/taken", "send/with-file") as playing:
        async with a_provider() as provider:
            assert (await provider.send(CHAT, with_file())).vendor_id == "m-2"
    assert playing.calls == ["link/file", "token/granted", "file/taken", "send/with-file"]


class Kept:
    """The host's files: one that is there, and one that cannot be read now."""

    def __init__(self, size: int = 4) -> None:
        self.size = size

    async def open(self, attachment: Attachment) -> OpenedFile:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"\x89P"
            yield b"NG"

        if attachment.url.endswith("/broken"):
            raise StoreError("the folder is not there")
        return OpenedFile(attachment.name, attachment.media_type, self.size, pieces())


class Host:
    def __init__(self, files: FileOpener) -> None:
        self.files = files

    @property
    def database(self) -> EmbeddedDatabase:
        raise AssertionError("this adapter needs no database")

    async def open_chats(self, integration: str) -> Sequence[Chat]:
        return ()


async def test_file_that_is_kept_here_is_not_fetched_over_the_network(recordings: Recordings) -> None:
    with recordings.replay("token/granted", "file/taken", "send/with-file"):
        async with a_provider() as provider:
            await provider.start(Host(Kept()))
            assert (await provider.send(CHAT, with_file())).vendor_id == "m-2"


async def test_kept_file_that_cannot_be_had_or_is_too_large_was_not_sent(recordings: Recordings) -> None:
    broken = FILE.model_copy(update={"url": "livechat-file:1/broken"})
    with recordings.replay():
        async with a_provider() as provider:
            await provider.start(Host(Kept()))
            with pytest.raises(RetryableError, match="cannot be read now") as passing:
                await provider.send(CHAT, with_file().model_copy(update={"attachments": (broken,)}))
            await provider.start(Host(Kept(size=10_000_001)))
            with pytest.raises(RejectedError, match="more than 10,000,000 bytes") as final:
                await provider.send(CHAT, with_file())
    assert (passing.value.sent, final.value.sent) == (False, False)


@pytest.mark.parametrize(
    ("cases", "kind"), [(("file/unsupported",), RejectedError), (("file/maintenance",), RetryableError)]
)
async def test_message_whose_file_is_not_taken_was_not_sent(
    recordings: Recordings, cases: tuple[str, ...], kind: type[ProviderError]
) -> None:
    with recordings.replay(a_link(), "token/granted", *cases):
        async with a_provider() as provider:
            with pytest.raises(kind) as caught:
                await provider.send(CHAT, with_file())
    assert caught.value.sent is False


@pytest.mark.parametrize(
    ("status", "kind"), [(401, RejectedError), (404, RejectedError), (503, RetryableError)]
)
async def test_file_that_cannot_be_fetched_was_not_sent(
    recordings: Recordings, status: int, kind: type[ProviderError]
) -> None:
    with recordings.replay(a_link(status=status)):
        async with a_provider() as provider:
            with pytest.raises(kind) as caught:
                await provider.send(CHAT, with_file())
    assert caught.value.sent is False


async def test_link_to_a_private_address_is_not_followed(recordings: Recordings) -> None:
    private = FILE.model_copy(update={"url": "http://10.1.2.3/7"})
    message = with_file().model_copy(update={"attachments": (private,)})
    with recordings.replay():
        async with a_provider() as provider:
            with pytest.raises(RejectedError, match="egress refused"):
                await provider.send(CHAT, message)
    link = a_link(url="http://10.1.2.3/7")
    with recordings.replay(link, "token/granted", "file/taken", "send/with-file"):
        async with a_provider(fileHosts=["10.1.0.0/16"]) as provider:
            assert (await provider.send(CHAT, message)).vendor_id == "m-2"


# ---- close, update, signals


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ("close/ended", "abandoned"),
        ("close/ended", "other"),
        ("close/ended-already", "inactivity"),
        ("close/ended-already", "timeout"),
        ("close/not-found", "resolved"),
    ],
)
async def test_closing_a_chat_that_is_over_is_no_error(recordings: Recordings, case: str, why: Why) -> None:
    with recordings.replay("token/granted", case):
        async with a_provider() as provider:
            await provider.close(CHAT, EndReason(by="user", why=why))


async def test_chat_whose_opening_was_never_answered_is_closed_by_our_reference(
    recordings: Recordings,
) -> None:
    reason = EndReason(by="bot", why="other")
    with recordings.replay("token/granted", "status/by-ref", "close/ended"):
        async with a_provider() as provider:
            await provider.close(LOST, reason)
    with recordings.replay("token/granted", "status/by-ref-none"):
        async with a_provider() as provider:
            await provider.close(LOST, reason)  # there is nothing to close


async def test_what_comes_late_is_added_to_the_chat(recordings: Recordings) -> None:
    contact = Contact(
        source="crm", id="7", name="N. Pappas", email="nikos@shop.example", link="https://crm.example/7"
    )
    details = ChatDetails(
        survey=(SurveyAnswer(id="q-1", question="Which order?", answer="1234"),), contacts=(contact,)
    )
    with recordings.replay("token/granted", "update/fields"):
        async with a_provider() as provider:
            await provider.update(CHAT, details)


async def test_typing_is_shown_and_never_repeated(recordings: Recordings) -> None:
    with recordings.replay("token/granted", "typing/on", "typing/slow-down"):
        async with a_provider() as provider:
            await provider.typing(CHAT, on=True)
            with pytest.raises(RetryableError):
                await provider.typing(CHAT, on=False)


async def test_receipt_names_the_message_by_parleys_own_id(recordings: Recordings) -> None:
    with recordings.replay("token/granted", "receipt/read"):
        async with a_provider() as provider:
            await provider.receipt(CHAT, UserReceipt(message_key="m-3", status="read"))


# ---- what is true there


@pytest.mark.parametrize(
    ("case", "queue", "wanted"),
    [
        ("availability/three", "billing", Availability(agents="yes", waiting=0, estimate=20)),
        ("availability/nobody", None, Availability(agents="no", waiting=4)),
        ("availability/not-known", None, Availability(agents="unknown", waiting=0)),
    ],
)
async def test_availability_tells_unknown_from_none(
    recordings: Recordings, case: str, queue: str | None, wanted: Availability
) -> None:
    with recordings.replay("token/granted", case):
        async with a_provider() as provider:
            found = await provider.availability(ROUTE.model_copy(update={"queue": queue}))
    assert found.at is not None
    assert found.model_copy(update={"at": None}) == wanted


async def test_queue_of_the_settings_is_asked_where_no_rule_names_one(recordings: Recordings) -> None:
    with recordings.replay("token/granted", "availability/three"):
        async with a_provider(queue="billing") as provider:
            assert (await provider.availability(ROUTE)).agents == "yes"


async def test_status_tells_who_is_there_and_who_ended_it(recordings: Recordings) -> None:
    found = []
    for case in ("status/queued", "status/active", "status/ended"):
        with recordings.replay("token/granted", case):
            async with a_provider() as provider:
                found.append(await provider.status(CHAT))
    queued, active, ended = found
    assert (queued.state, queued.agent, queued.ended, queued.vendor_ref) == ("queued", None, None, "c-7f3a")
    assert (active.state, active.agent) == ("active", Agent(id="a-1", name="Maria"))
    assert (ended.state, ended.ended) == ("ended", EndReason(by="agent", why="resolved", raw="resolved"))
    assert ended.at == datetime.fromisoformat("2026-11-26T09:40:00Z")


async def test_lost_chat_is_found_by_our_reference(recordings: Recordings) -> None:
    with recordings.replay("token/granted", "status/by-ref"):
        async with a_provider() as provider:
            found = await provider.status(LOST)
    assert (found.state, found.vendor_ref) == ("queued", "c-7f3a")


@pytest.mark.parametrize(("case", "chat"), [("status/not-found", CHAT), ("status/by-ref-none", LOST)])
async def test_chat_that_parley_does_not_know_is_told_as_such(
    recordings: Recordings, case: str, chat: Any
) -> None:
    with recordings.replay("token/granted", case):
        async with a_provider() as provider:
            with pytest.raises(RejectedError) as caught:
                await provider.status(chat)
    assert caught.value.status == 404


async def test_history_is_read_page_by_page_and_holds_what_the_end_user_should_see(
    recordings: Recordings,
) -> None:
    since = NOW + timedelta(microseconds=123_456)
    with recordings.replay("token/granted", "history/page-1", "history/page-2") as playing:
        async with a_provider() as provider:
            found = await provider.history(CHAT, since)
    assert playing.calls[1:] == ["history/page-1", "history/page-2"]
    assert [(one.author, one.message.key, one.message.body) for one in found] == [
        ("system", "m-2", "Maria is with you"),
        ("agent", "m-3", "Good morning! Which one?"),
        ("agent", "m-4", "Here is a copy"),
    ]
    assert {one.refs for one in found} == {("h-1.1", "c-7f3a")}
    assert [choice.value for choice in found[1].message.choices] == ["2026-03", "2026-04"]
    [attachment] = found[2].message.attachments
    assert (attachment.name, attachment.media_type, attachment.size) == ("copy.pdf", "application/pdf", 2048)


async def test_empty_history_is_empty(recordings: Recordings) -> None:
    with recordings.replay("token/granted", "history/nothing"):
        async with a_provider() as provider:
            assert await provider.history(CHAT, NOW + timedelta(microseconds=123_456)) == []


async def test_history_without_an_end_is_given_up(recordings: Recordings) -> None:
    with recordings.replay("token/granted", "history/page-1", "history/page-that-repeats"):
        async with a_provider() as provider:
            with pytest.raises(ProtocolError, match="cursor of the next page"):
                await provider.history(CHAT, NOW + timedelta(microseconds=123_456))


@pytest.mark.parametrize(("case", "wanted"), [("look_up/found", True), ("look_up/absent", False)])
async def test_message_is_looked_up_by_our_key(recordings: Recordings, case: str, wanted: bool) -> None:
    with recordings.replay("token/granted", case):
        async with a_provider() as provider:
            assert await provider.was_sent(CHAT, "k-1") is wanted


# ---- doctor, settings, secrets


@pytest.mark.parametrize(
    ("cases", "wanted"),
    [
        (("token/granted", "availability/three"), [("credentials", "ok"), ("agents", "ok")]),
        (("token/refused",), [("credentials", "error")]),
        (("token/granted", "availability/forbidden"), [("credentials", "error")]),
    ],
)
async def test_check_tells_what_is_in_order(
    recordings: Recordings, cases: tuple[str, ...], wanted: list[tuple[str, str]]
) -> None:
    with recordings.replay(*cases):
        async with a_provider(queue="billing" if "availability/three" in cases else None) as provider:
            assert [(one.check, one.status) for one in await provider.check()] == wanted


async def test_vendor_that_does_not_answer_is_told_by_check(recordings: Recordings) -> None:
    with recordings.replay("token/granted", "availability/internal"):
        async with a_provider() as provider:
            assert [(one.check, one.status) for one in await provider.check()] == [("connection", "error")]


async def test_check_warns_when_nobody_is_on_duty(recordings: Recordings) -> None:
    with recordings.replay("token/granted", "availability/nobody"):
        async with a_provider() as provider:
            assert [one.status for one in await provider.check()] == ["ok", "warning"]


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"baseUrl": "ftp://api.parley.example"}, "baseUrl"),
        ({"baseUrl": "https://me:pass@api.parley.example"}, "baseUrl"),
        ({"clientSecret": None}, "clientSecret"),
        ({"webhookKey": []}, "webhookKey"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_settings_are_checked_when_the_provider_is_built(settings: dict[str, Any], path: str) -> None:
    registry = Registry({"parley": ParleyPlugin()})
    with pytest.raises(ConfigurationError) as caught:
        registry.build({**SETTINGS, **settings})
    assert path in str(caught.value)


async def test_secrets_are_in_no_error_and_no_log(
    recordings: Recordings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    for case in ("token/refused", "send/internal"):
        cases = [case] if case == "token/refused" else ["token/granted", case]
        with recordings.replay(*cases):
            async with a_provider() as provider:
                with pytest.raises(ProviderError) as caught:
                    await provider.send(CHAT, MESSAGE)
                told += [str(caught.value), repr(caught.value), repr(provider.settings), repr(provider)]
    everything = json.dumps([*told, caplog.text])
    for secret in ("parley-secret-of-tests", "parley-webhook-key-of-tests", "parley-token-1"):
        assert secret not in everything
