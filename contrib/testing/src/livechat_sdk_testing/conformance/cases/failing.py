"""Credentials that expire or are wrong, and a vendor that wants to be left alone."""

from __future__ import annotations

from livechat_sdk.domain.messages import Fate
from livechat_sdk.errors import AuthError, ProviderError, RetryableError
from livechat_sdk_testing.conformance.bench import Bench, error_text
from livechat_sdk_testing.conformance.case import Cases, Tier, Topic, faulty, http, same, that
from livechat_sdk_testing.conformance.conversation import Conversation
from livechat_sdk_testing.conformance.listening import secrets_of

_cases = Cases("auth", Topic.EXPIRED_AUTH)
_LONG_WAIT = 120.0


@_cases.on_provider(
    "expires_before_a_send",
    Tier.SAFE,
    "When the session has expired, the next message still arrives, once.",
    look_at="the answer to 401: a new token, then the same call once more",
    needs=[faulty("send", "expire_token")],
)
async def before_a_send(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.send(chat, "before", "m-1")
    bench.rig.faults.script("send", "expire_token")
    await bench.send(chat, "after", "m-2")
    same(await bench.texts(chat), ["before", "after"], "what the agent sees")


@_cases.in_conversation(
    "expires_in_a_conversation",
    Tier.SAFE,
    "When the session expires in mid-flight, both sides are still heard.",
    look_at="the answer to 401; cookies in Chat.secrets that poll renews",
    needs=[faulty("send", "expire_token")],
)
async def in_a_conversation(talk: Conversation) -> None:
    await talk.joined()
    talk.rig.faults.script("send", "expire_token")
    await talk.say("still here?")
    await talk.settle()
    await talk.user_says("yes", "m-1")
    await talk.pass_time(60)
    same(talk.shown, ["still here?"], "what the end user sees")
    same(await talk.agent_sees(), ["yes"], "what the agent sees")


@_cases.on_provider(
    "expires_before_an_end",
    Tier.SAFE,
    "When the session has expired, the chat can still be closed.",
    look_at="the answer to 401 in close",
    needs=[faulty("close", "expire_token")],
)
async def before_an_end(bench: Bench) -> None:
    from livechat_sdk.domain.ends import EndReason

    chat = await bench.joined()
    bench.rig.faults.script("close", "expire_token")
    await bench.provider.close(chat, EndReason(by="user", why="resolved"))
    same(await bench.state(chat.ref), "ended", "the chat at the vendor")


@_cases.on_provider(
    "refused_is_said",
    Tier.SAFE,
    "Credentials that are refused for ever are an AuthError that shows none of them, after few tries.",
    look_at="the answer to 401: once more with a new token, then AuthError",
    needs=[http, faulty("open", "status", status=401)],
)
async def refused(bench: Bench) -> None:
    bench.rig.faults.script("open", "status", 50, status=401)
    error = await bench.failure(bench.open(), "an open with refused credentials")
    that(isinstance(error, AuthError), f"{type(error).__name__}, not AuthError: {error}")
    text = error_text(error)
    that(
        not any(secret in text for secret in secrets_of(bench.provider.settings)), "the error shows a secret"
    )


_limits = Cases("throttling", Topic.THROTTLING)


@_limits.on_provider(
    "tells_when_to_come_back",
    Tier.SAFE,
    "A 429 with Retry-After is a RetryableError with the vendor's wish.",
    look_at="Retry-After: seconds, into retry_after",
    needs=[http, faulty("send", "status", status=429, retry_after=_LONG_WAIT)],
)
async def tells_when(bench: Bench) -> None:
    chat = await bench.joined()
    bench.rig.faults.script("send", "status", 50, status=429, retry_after=_LONG_WAIT)
    error = await bench.failure(bench.send(chat, "hello"), "a send that is throttled")
    that(isinstance(error, RetryableError), f"{type(error).__name__}, not RetryableError: {error}")
    if isinstance(error, ProviderError):
        same((error.status, error.retry_after), (429, _LONG_WAIT), "status and retry_after")


@_limits.on_provider(
    "without_a_wish",
    Tier.SAFE,
    "A 429 without Retry-After is a RetryableError too.",
    look_at="Retry-After may be missing",
    needs=[faulty("send", "status", status=429)],
)
async def without_a_wish(bench: Bench) -> None:
    chat = await bench.joined()
    bench.rig.faults.script("send", "status", 50, status=429)
    error = await bench.failure(bench.send(chat, "hello"), "a send that is throttled")
    that(isinstance(error, RetryableError), f"{type(error).__name__}, not RetryableError: {error}")
    same(getattr(error, "status", None), 429, "the status")
    bench.rig.faults.clear()
    same(await bench.texts(chat), [], "what the agent sees of a message that was turned away")


def _throttled_case(name: str, operation: str) -> None:
    @_limits.in_conversation(
        f"{name}_delays_only",
        Tier.SAFE,
        f"A vendor that turns {operation} away for a moment gets it later, once.",
        look_at="429: RetryableError with its status, so that it is certain that nothing was done",
        needs=[faulty(operation, "status", status=429)],
    )
    async def run(talk: Conversation) -> None:
        if operation == "open":
            talk.rig.faults.script(operation, "status", 1, status=429)
        await talk.joined_after(20)
        if operation == "send":
            talk.rig.faults.script(operation, "status", 2, status=429)
        await talk.user_says("hello", "m-1")
        await talk.user_says("again", "m-2")
        await talk.pass_time(120)
        same(await talk.agent_sees(), ["hello", "again"], "what the agent sees")
        same(len(await talk.vendor_states()), 1, "chats at the vendor")
        that(
            await talk.fate("m-1") in {Fate.SENT, Fate.ACKNOWLEDGED, Fate.SEEN},
            f"the message is {await talk.fate('m-1')}",
        )


_throttled_case("open", "open")
_throttled_case("send", "send")


@_limits.in_conversation(
    "is_obeyed",
    Tier.SAFE,
    "Nothing is sent before the time that the vendor has asked for.",
    look_at="Retry-After: into retry_after, and no shorter repeats of one's own",
    needs=[http, faulty("send", "status", status=429, retry_after=_LONG_WAIT)],
)
async def is_obeyed(talk: Conversation) -> None:
    await talk.joined()
    talk.rig.faults.script("send", "status", 1, status=429, retry_after=_LONG_WAIT)
    await talk.user_says("hello", "m-1")
    await talk.pass_time(_LONG_WAIT - 20)
    same(await talk.agent_sees(), [], "what was sent before the vendor wanted it")
    await talk.pass_time(120)
    same(await talk.agent_sees(), ["hello"], "what the agent sees")
