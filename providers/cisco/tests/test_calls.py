"""Every call of the adapter, over the recordings."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import SecretStr

from livechat_sdk.domain.chats import Chat, ChatEnded, ChatRejected
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route, SurveyAnswer
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.domain.people import Contact, ContactField, EndUser
from livechat_sdk.errors import (
    ConfigurationError,
    ProtocolError,
    ProviderError,
    RejectedError,
    RetryableError,
)
from livechat_sdk.provider.embedded import EmbeddedDatabase
from livechat_sdk.provider.files import FileOpener
from livechat_sdk.provider.interface import Polled
from livechat_sdk_cisco.cookies import session_of
from livechat_sdk_cisco.settings import CiscoSettings
from livechat_sdk_cisco.told import fields_of, pages_of
from livechat_sdk_testing.recordings import Recordings
from providers.cisco.tests.bench import (
    CHAT,
    CONTACT,
    JOINED,
    LOST,
    MESSAGE,
    NOW,
    SESSION,
    SETTINGS,
    Time,
    a_provider,
    an_opening,
    build,
)

REASON = EndReason(by="user", why="resolved")
OPENING = an_opening(
    summary="Wants a refund.",
    transcript=(
        TranscriptEntry(author="bot", body="Hello"),
        TranscriptEntry(author="user", body="My invoice is wrong"),
    ),
)
PAGES = ["Summary: Wants a refund.", "Bot: Hello\nUser: My invoice is wrong"]
WAITING = CHAT.model_copy(update={"secrets": {**CHAT.secrets, "pages": SecretStr(json.dumps(PAGES))}})


async def failure(recordings: Recordings, case: str, call: str, *args: Any, **kwargs: Any) -> ProviderError:
    """The error of one call that is answered so."""
    with recordings.replay(case):
        async with a_provider() as provider:
            with pytest.raises(ProviderError) as caught:
                await getattr(provider, call)(*args, **kwargs)
    assert SESSION.partition("=")[2] not in str(caught.value)
    return caught.value


# ---- open


async def test_a_chat_is_started_with_its_queue_and_known_by_its_cookie(recordings: Recordings) -> None:
    with recordings.replay("open/created"):
        async with a_provider() as provider:
            chat = await provider.open(an_opening())
    assert (chat.ref, chat.vendor_ref) == ("h-1.1", CONTACT)
    assert {name: value.get_secret_value() for name, value in chat.secrets.items()} == {"session": SESSION}
    assert chat.state == {"opened": NOW.isoformat(), "author": "Customer", "cursor": 0}
    assert SESSION.partition("=")[2] not in f"{chat!r} {chat.state}"


async def test_cookies_of_a_proxy_go_along(recordings: Recordings) -> None:
    with recordings.replay("open/created-200"):
        async with a_provider() as provider:
            chat = await provider.open(an_opening())
    assert chat.secrets["session"].get_secret_value() == f"BIGipServer=7.20480; {SESSION}"


async def test_everything_that_is_known_is_in_the_fields(recordings: Recordings) -> None:
    opening = an_opening(
        user=EndUser(id="u-1", name="Dana Reyes", email="dana@shop.example", phone="+15550100001"),
        route=Route(integration="c", bot="shop-bot", queue="Chat_Csq3", priority="high", skills=("greek",)),
        language="en",
        reason="too hard",
        summary="Wants a refund & an apology <soon>.",
        survey=(SurveyAnswer(id="order", question="Which order?", answer="1042"),),
        contacts=(
            Contact(
                source="crm", id="7", name="D. Reyes", fields=(ContactField(label="Segment", value="gold"),)
            ),
        ),
        tags=("vip", "web"),
        attributes={"cart": 3, "nested": {"not": "carried"}},
    )
    with recordings.replay("open/full"):
        async with a_provider(title="Chat from web bot") as provider:
            chat = await provider.open(opening)
    assert chat.state["author"] == "Dana Reyes"


@pytest.mark.parametrize("case", ["no-cookie", "no-contact", "page"])
async def test_an_answer_to_an_opening_that_names_no_chat_is_no_chat(
    recordings: Recordings, case: str
) -> None:
    error = await failure(recordings, f"open/{case}", "open", an_opening())
    assert isinstance(error, ProtocolError)


async def test_a_feed_that_is_not_there_is_told_in_the_servers_words(recordings: Recordings) -> None:
    error = await failure(recordings, "open/bad-feed", "open", an_opening())
    assert isinstance(error, RejectedError)
    assert "invalidInput There is no such feed." in str(error)
    assert error.status == 400


async def test_a_way_to_a_login_page_is_a_wrong_endpoint(recordings: Recordings) -> None:
    error = await failure(recordings, "open/redirected", "open", an_opening())
    assert isinstance(error, RejectedError)
    assert "look at endpoint" in str(error)


@pytest.mark.parametrize(("case", "status"), [("failed", 500), ("maintenance", 503)])
async def test_a_server_that_fails_may_have_opened_a_chat_and_is_not_asked_again(
    recordings: Recordings, case: str, status: int
) -> None:
    error = await failure(recordings, f"open/{case}", "open", an_opening())
    assert isinstance(error, RetryableError)
    assert (error.status, error.sent) == (status, True)


def test_fields_keep_the_limits_and_their_names_apart() -> None:
    survey = tuple(SurveyAnswer(id=str(n), question="Same?", answer="y" * 4000) for n in range(99))
    opening = an_opening(
        summary="s" * 9000, survey=survey, attributes={"ccxqueuetag": "Chat_Csq9", " ": "blank", "e": "\x00"}
    )
    fields = fields_of(opening, CiscoSettings.model_validate(SETTINGS))
    assert len(fields) == 100
    assert fields["ccxqueuetag"] == "Chat_Csq28"
    assert len(fields["Summary"]) == 4000
    assert fields["Summary"].endswith("[…]")
    assert {"Same?", "Same? 2", "Same? 3"} <= fields.keys()


def test_fields_together_stay_below_a_megabyte() -> None:
    survey = tuple(SurveyAnswer(id=str(n), question=f"q{n}", answer="λ🙂" * 2000) for n in range(99))
    fields = fields_of(an_opening(survey=survey), CiscoSettings.model_validate(SETTINGS))
    assert 60 < len(fields) < 100
    assert sum(len(f"{name}{value}".encode()) for name, value in fields.items()) < 1_000_000


def test_pages_hold_the_newest_words_of_a_long_conversation() -> None:
    lines = tuple(TranscriptEntry(author="user", body=f"line {n} {'x' * 200}") for n in range(200))
    pages = pages_of(an_opening(summary="Short.", transcript=lines))
    assert len(pages) == 8
    assert all(len(page) <= 1500 for page in pages)
    assert pages[:2] == ["Summary: Short.", "[…]"]
    assert "line 199" in pages[-1]
    assert pages_of(an_opening()) == []


# ---- send


async def test_a_message_is_said_once_the_room_was_looked_at(recordings: Recordings) -> None:
    with recordings.replay("poll/quiet-3", "send/taken", "send/taken-with-events") as playing:
        async with a_provider() as provider:
            sent = await provider.send(JOINED, MESSAGE)
            await provider.send(JOINED, MESSAGE)
    assert playing.calls == ["poll/quiet-3", "send/taken", "send/taken-with-events"]
    assert sent.patch == {"said": NOW.isoformat()}


async def test_a_room_that_the_last_agent_has_left_takes_nothing(recordings: Recordings) -> None:
    error = await failure(recordings, "poll/left", "send", JOINED, MESSAGE)
    assert isinstance(error, RejectedError)
    assert error.sent is False
    assert "no agent is in this chat any more" in str(error)


async def test_what_fails_before_the_message_leaves_has_not_sent_it(recordings: Recordings) -> None:
    error = await failure(recordings, "poll/failed", "send", JOINED, MESSAGE)
    assert isinstance(error, RetryableError)
    assert error.sent is False


@pytest.mark.parametrize(
    ("case", "kind", "sent"),
    [
        ("gone", RetryableError, False),
        ("bad", RejectedError, True),
        ("failed", RetryableError, True),
        ("page", ProtocolError, True),
    ],
)
async def test_a_message_that_was_not_taken_says_how_that_is(
    recordings: Recordings, case: str, kind: type[ProviderError], sent: bool
) -> None:
    with recordings.replay("poll/quiet-3", f"send/{case}") as playing:
        async with a_provider() as provider:
            with pytest.raises(kind) as caught:
                await provider.send(JOINED, MESSAGE)
    assert caught.value.sent is sent
    assert playing.calls[1:] == [f"send/{case}"]  # and it was not repeated


WORDS = MESSAGE.model_copy(update={"body": 'a & b <c> "d"\x00\x0b ✓ 🙂'})


async def test_a_text_is_escaped_and_keeps_what_xml_can_say(recordings: Recordings) -> None:
    with recordings.replay("poll/quiet-3", "send/escaped"):
        async with a_provider() as provider:
            await provider.send(JOINED, WORDS)


async def test_a_text_that_was_refused_is_said_again_without_emoji(recordings: Recordings) -> None:
    with recordings.replay("poll/quiet-3", "send/emoji-refused", "send/emoji-left-out"):
        async with a_provider() as provider:
            await provider.send(JOINED, WORDS)


async def test_emoji_may_be_left_out_at_once(recordings: Recordings) -> None:
    with recordings.replay("poll/quiet-3", "send/emoji-left-out"):
        async with a_provider(keepEmoji=False) as provider:
            await provider.send(JOINED, WORDS)


# ---- poll


async def polled(recordings: Recordings, chat: Chat, *cases: str, **settings: Any) -> Polled:
    with recordings.replay(*cases) as playing:
        async with a_provider(**settings) as provider:
            found = await provider.poll(chat)
    assert playing.calls == list(cases)
    return found


@pytest.mark.parametrize("case", ["empty", "accepted"])
async def test_a_poll_that_brings_nothing_changes_nothing_but_the_cursor(
    recordings: Recordings, case: str
) -> None:
    found = await polled(recordings, CHAT, f"poll/{case}")
    assert found.events == ()
    assert found.again_after is None
    if case == "empty":
        assert found.chat is CHAT


async def test_pages_of_the_guide_are_read(recordings: Recordings) -> None:
    found = await polled(recordings, CHAT, "poll/page-of-the-guide")
    assert [event.kind for event in found.events] == ["agent_joined", "message_received", "message_received"]
    assert found.chat.state["cursor"] == 3
    assert found.chat.state["agents"] == ["Priya"]


@pytest.mark.parametrize(
    ("case", "kinds"), [("encoded", ["message_received"]), ("typing", ["typing_changed"] * 2)]
)
async def test_samples_are_read(recordings: Recordings, case: str, kinds: list[str]) -> None:
    found = await polled(recordings, JOINED, f"poll/{case}")
    assert [event.kind for event in found.events] == kinds


async def test_the_first_agent_is_told_what_was_said_before_and_only_that_one(recordings: Recordings) -> None:
    cases = ("poll/joined", "transcript/none", "greet/summary", "greet/said")
    found = await polled(recordings, WAITING, *cases)
    assert [event.kind for event in found.events] == ["agent_joined"]
    assert found.chat.secrets.keys() == {"session"}
    assert found.chat.state["greeted"] is True


async def test_what_the_agent_was_told_by_a_poll_that_was_cut_off_is_not_told_again(
    recordings: Recordings,
) -> None:
    await polled(recordings, WAITING, "poll/joined", "transcript/told", "greet/said")


async def test_the_transcript_of_the_guide_is_read(recordings: Recordings) -> None:
    cases = ("poll/joined", "transcript/of-the-guide", "greet/summary", "greet/said")
    await polled(recordings, WAITING, *cases)


async def test_a_join_waits_for_the_pages_and_not_for_ever(recordings: Recordings) -> None:
    cases = ("poll/joined", "transcript/none", "greet/failed") * 3
    with recordings.replay(*cases):
        async with a_provider() as provider:
            for _ in range(2):
                with pytest.raises(RetryableError):
                    await provider.poll(WAITING)
            found = await provider.poll(WAITING)
    assert [event.kind for event in found.events] == ["agent_joined"]


async def test_nothing_is_kept_of_a_chat_that_ends_before_its_pages_were_told(recordings: Recordings) -> None:
    with recordings.replay("poll/joined", "transcript/none", "greet/failed", "leave/gone"):
        async with a_provider() as provider:
            with pytest.raises(RetryableError):
                await provider.poll(WAITING)
            await provider.close(WAITING, REASON)
            assert vars(provider)["_greetings"] == {}


async def test_pages_wait_among_the_secrets(recordings: Recordings) -> None:
    transcript = tuple(one for one in OPENING.transcript)
    with recordings.replay("open/created"):
        async with a_provider() as provider:
            chat = await provider.open(an_opening(transcript=transcript))
    assert json.loads(chat.secrets["pages"].get_secret_value()) == PAGES[1:]
    assert "invoice" not in f"{chat!r}"
    assert pages_of(OPENING) == PAGES


@pytest.mark.parametrize("case", ["gone", "gone-with-200", "gone-with-500", "gone-page"])
async def test_a_session_that_is_gone_is_said_twice_before_the_chat_is_over(
    recordings: Recordings, case: str
) -> None:
    time = Time()
    with recordings.replay(f"poll/{case}", f"poll/{case}", f"poll/{case}"):
        async with a_provider(time=time) as provider:
            first = await provider.poll(JOINED)
            assert (first.events, first.again_after) == ((), 5.0)
            time.pass_by(3)
            early = await provider.poll(first.chat)
            assert early.events == ()
            time.pass_by(3)
            (end,) = (await provider.poll(early.chat)).events
    assert isinstance(end, ChatEnded)
    assert (end.by, end.why) == ("provider", "error")  # long before the feed ends a silent chat: a restart


async def test_a_session_that_comes_back_was_never_gone(recordings: Recordings) -> None:
    time = Time()
    with recordings.replay("poll/gone", "poll/quiet-3", "poll/gone"):
        async with a_provider(time=time) as provider:
            first = await provider.poll(JOINED)
            time.pass_by(6)
            second = await provider.poll(first.chat)
            assert "gone" not in second.chat.state
            third = await provider.poll(second.chat)
    assert third.events == ()


async def test_a_session_that_is_gone_after_a_long_silence_has_timed_out(recordings: Recordings) -> None:
    time = Time()
    time.pass_by(300)
    with recordings.replay("poll/gone", "poll/gone"):
        async with a_provider(time=time) as provider:
            first = await provider.poll(JOINED)
            time.pass_by(6)
            (end,) = (await provider.poll(first.chat)).events
    assert isinstance(end, ChatEnded)
    assert (end.by, end.why) == ("provider", "inactivity")


@pytest.mark.parametrize(
    ("case", "kind"),
    [("failed", RetryableError), ("bad", RejectedError), ("page", ProtocolError), ("bomb", ProtocolError)],
)
async def test_a_poll_that_fails_ends_nothing(
    recordings: Recordings, case: str, kind: type[ProviderError]
) -> None:
    error = await failure(recordings, f"poll/{case}", "poll", JOINED)
    assert isinstance(error, kind)
    assert error.status not in {404, 410, None}


@pytest.mark.parametrize("leave", ["leave/left", "leave/gone"])
async def test_a_chat_that_nobody_takes_is_left(recordings: Recordings, leave: str) -> None:
    found = await polled(recordings, CHAT, "poll/rejected", leave)
    assert [type(event) for event in found.events] == [ChatRejected]


async def test_after_the_join_time_out_the_chat_waits_or_is_left(recordings: Recordings) -> None:
    assert [e.kind for e in (await polled(recordings, CHAT, "poll/too-late")).events] == ["unknown_event"]
    found = await polled(recordings, CHAT, "poll/too-late", "leave/left", onJoinTimeout="leave")
    assert [event.kind for event in found.events] == ["chat_rejected"]


async def test_a_cursor_goes_along(recordings: Recordings) -> None:
    later = JOINED.model_copy(update={"state": {**JOINED.state, "cursor": 9}})
    await polled(recordings, later, "poll/empty-9")


# ---- typing, close, and chats that are not known


@pytest.mark.parametrize("on", [True, False])
async def test_typing_is_shown(recordings: Recordings, on: bool) -> None:
    with recordings.replay("typing/on" if on else "typing/off"):
        async with a_provider() as provider:
            await provider.typing(JOINED, on=on)


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        (("leave/left", "poll/quiet-3", "end/ended"), []),
        (("leave/left", "poll/last-words", "end/ended"), ["One more thing"]),
        (("leave/left", "poll/failed", "end/ended"), []),
        (("leave/left", "poll/gone"), []),
        (("leave/refused", "poll/quiet-3", "end/ended"), []),
        (("leave/left", "poll/last-words", "end/gone"), ["One more thing"]),
        (("leave/gone",), []),
    ],
    ids=str,
)
async def test_a_chat_is_left_heard_out_and_ended(
    recordings: Recordings, cases: tuple[str, ...], said: list[str]
) -> None:
    with recordings.replay(*cases) as playing:
        async with a_provider() as provider:
            found = await provider.close(JOINED, REASON)
    assert playing.calls == list(cases)
    assert [event.message.body for event in found] == said


async def test_a_chat_without_a_session_is_never_said_to_be_closed_or_told_anything() -> None:
    async with a_provider() as provider:
        for call in (
            provider.close(LOST, REASON),
            provider.send(LOST, MESSAGE),
            provider.poll(LOST),
            provider.typing(LOST, on=True),
        ):
            with pytest.raises(RejectedError) as caught:
                await call
            assert caught.value.sent is False


# ---- settings, cookies, doctor


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("https://ccp.acme.com", "https://ccp.acme.com/ccp/chat"),
        ("https://ccp.acme.com/", "https://ccp.acme.com/ccp/chat"),
        ("https://ccp.acme.com:8443/ccp/rest/chat/", "https://ccp.acme.com:8443/ccp/rest/chat"),
        ("https://www.acme.com/customersupport/ccp/chat", "https://www.acme.com/customersupport/ccp/chat"),
    ],
)
def test_the_endpoint_keeps_its_prefix(endpoint: str, url: str) -> None:
    assert build(endpoint=endpoint).settings.chat_url == url


def test_the_feed_is_named_as_the_server_names_it() -> None:
    assert build().settings.feed_url == "http://ccp.example.com/ccp-webapp/ccp/feed/100053"
    other = "https://ccp.lan:8080/ccp-webapp/ccp/feed/100053"
    assert build(chatId=other).settings.feed_url == other


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"clientId": "admin"}, "go together"),
        ({"pollFastest": 6}, "pollFastest"),
        ({"pollSlowest": 300}, "pollSlowest"),
        ({"verify": False, "certificateSha256": "ab" * 32}, "exclude"),
        ({"certificateSha256": "ab"}, "certificateSha256"),
        ({"endpoint": "http://ccp.acme.com", "verify": False}, "https"),
        ({"endpoint": "https://admin:pw@ccp.acme.com"}, "endpoint"),
        ({"chatId": "my feed"}, "chatId"),
        ({"ccxQueueTag": ""}, "ccxQueueTag"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        build(**settings)


def test_a_fingerprint_may_be_written_with_colons() -> None:
    written = ":".join(["AB"] * 32)
    assert build(certificateSha256=written).settings.certificate_sha256 == written


def test_the_pace_follows_the_settings_and_never_backs_off_for_long() -> None:
    pace = build(pollFastest=1, pollSlowest=4).poll_pace
    assert (pace.fastest, pace.slowest, pace.backoff) == (1, 4, 30)


class Host:
    """A host of which nothing is asked."""

    @property
    def database(self) -> EmbeddedDatabase:
        raise AssertionError

    @property
    def files(self) -> FileOpener:
        raise AssertionError

    async def open_chats(self, integration: str) -> Sequence[Chat]:
        raise AssertionError


@pytest.mark.parametrize("verify", [True, False])
async def test_a_certificate_that_nobody_checks_is_said_aloud(
    verify: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        async with a_provider(verify=verify) as provider:
            await provider.start(Host())
    assert ("NOT checked" in caplog.text) is not verify


@pytest.mark.parametrize(
    ("lines", "header"),
    [
        (["JSESSIONID=abc; Path=/ccp; Secure"], "JSESSIONID=abc"),
        (['JSESSIONID="abc"; Path=/'], "JSESSIONID=abc"),
        (["jsessionid=abc"], "jsessionid=abc"),
        (["JSESSIONID=old", "lb=1", "JSESSIONID=new"], "JSESSIONID=new; lb=1"),
        ([], None),
        (["JSESSIONID="], None),
        (["other=1"], None),
        (["JSESSIONID=a b"], None),
        (["JSESSIONID=a\r\nX-Evil: 1"], None),
        (["JSESSIONID=" + "a" * 5000], None),
        (["nothing"], None),
    ],
)
def test_sessions_are_cookies_that_can_be_sent_back(lines: list[str], header: str | None) -> None:
    assert session_of(lines) == header


ADMIN = {"clientId": "admin", "clientSecret": "cisco-secret-of-tests"}


@pytest.mark.parametrize(
    ("cases", "settings", "found"),
    [
        (["there"], {}, {"endpoint": "ok", "feed": "ok"}),
        (["there"], {"verify": False}, {"endpoint": "ok", "certificate": "warning", "feed": "ok"}),
        (["something-else"], {}, {"endpoint": "error"}),
        (["there", "feeds"], ADMIN, {"endpoint": "ok", "feed": "ok"}),
        (["there", "feeds"], {**ADMIN, "chatId": "7"}, {"endpoint": "ok", "feed": "error"}),
        (["there", "feeds"], {**ADMIN, "inactivityTimeout": 600}, {"endpoint": "ok", "feed": "warning"}),
        (["there", "login-refused"], ADMIN, {"endpoint": "ok", "feed": "error"}),
    ],
)
async def test_doctor_looks_at_the_endpoint_and_the_feed(
    recordings: Recordings, cases: list[str], settings: dict[str, Any], found: dict[str, str]
) -> None:
    with recordings.replay(*(f"check/{case}" for case in cases)):
        async with a_provider(**settings) as provider:
            findings = await provider.check()
    assert {one.check: one.status for one in findings} == found
    assert "cisco-secret-of-tests" not in str(findings)
