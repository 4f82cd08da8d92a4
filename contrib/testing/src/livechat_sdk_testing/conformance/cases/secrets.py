"""Secrets: in no log, no error, no repr, no event, no row."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from livechat_sdk.domain.chats import EventEnvelope
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.errors import LivechatError
from livechat_sdk_testing.conformance.bench import Bench, error_text
from livechat_sdk_testing.conformance.case import Cases, Need, Tier, Topic, faulty, http, that, webhooks
from livechat_sdk_testing.conformance.conversation import Conversation
from livechat_sdk_testing.conformance.listening import secrets_in, secrets_of

_cases = Cases("secrets", Topic.SECRETS)


async def _tour(bench: Bench) -> set[str]:
    """Everything that a provider does; returns what must not be seen anywhere."""
    chat = await bench.joined()
    await bench.send(chat, "hello", "m-1")
    await bench.rig.human.say(chat.ref, "good morning")
    await bench.collect(chat)
    await bench.provider.check()
    await bench.provider.availability(Route(integration=bench.provider.name, bot="shop-bot"))
    if bench.able.status:
        await bench.provider.status(chat)
    if bench.able.history:
        await bench.provider.history(chat, bench.clock.now() - timedelta(hours=1))
    await bench.provider.close(chat, EndReason(by="user", why="resolved"))
    await bench.collect(chat)
    return bench.hidden(chat)


@_cases.on_provider(
    "are_in_no_log",
    Tier.RELAYS,
    "Nothing that is logged in a whole conversation holds a secret, at any level.",
    look_at="what is logged of calls, headers, settings and errors",
)
async def in_no_log(bench: Bench) -> None:
    hidden = await _tour(bench)
    loud = [line for line in bench.ears.heard if any(secret in line for secret in hidden)]
    that(not loud, f"{len(loud)} lines of the log hold a secret; the first comes from {_logger(loud)}")


def _logger(lines: list[str]) -> str:
    return lines[0].partition(" ")[0] if lines else ""


@_cases.on_provider(
    "of_webhooks_are_in_no_log",
    Tier.SAFE,
    "Refused and accepted webhooks leave neither secret nor proof in the log.",
    look_at="what is logged of headers",
    needs=[webhooks],
)
async def of_webhooks(bench: Bench) -> None:
    chat = await bench.joined()
    body = bench.webhooks.message(chat.ref, "hello")
    proofs: set[str] = set()
    for delivery in (
        bench.webhooks.sign(body),
        bench.webhooks.sign(body, secret="somebody-elses-secret-0123456789"),
    ):
        proofs |= {
            value
            for name in bench.webhooks.proof_headers
            if (value := delivery.header(name)) is not None and len(value) >= 8
        }
        with suppress(LivechatError):
            bench.provider.read_webhook(delivery)
    hidden = bench.hidden() | proofs
    loud = [line for line in bench.ears.heard if any(secret in line for secret in hidden)]
    that(not loud, f"{len(loud)} lines of the log hold a secret or a proof")


@_cases.on_provider(
    "are_in_no_repr",
    Tier.SAFE,
    "The repr and str of provider, settings and chat show no secret.",
    look_at="settings: fields of the type Secret; dataclasses that hold credentials",
)
async def in_no_repr(bench: Bench) -> None:
    chat = await bench.joined()
    hidden = bench.hidden(chat)
    things = (bench.provider, bench.provider.settings, bench.provider.context, chat, vars(bench.provider))
    for thing in things:
        text = f"{thing!r} {thing!s}"
        that(
            not any(secret in text for secret in hidden), f"the repr of {type(thing).__name__} shows a secret"
        )


@_cases.on_provider(
    "are_in_no_event",
    Tier.SAFE,
    "Events hold no secret and no header, raw included.",
    look_at="EventEnvelope.raw: the body, without headers",
)
async def in_no_event(bench: Bench) -> None:
    hidden = await _tour(bench)
    for event in bench.of(EventEnvelope):
        text = repr(event.model_dump())
        that(not any(secret in text for secret in hidden), f"{type(event).__name__} holds a secret")


def _failing(operation: str, fault: str, needs: list[Need], **details: object) -> None:
    @_cases.on_provider(
        f"are_in_no_error_of_{operation}_{fault}",
        Tier.SAFE,
        f"The error of {operation} with the fault {fault} shows no secret, nor do its causes.",
        look_at="errors: an excerpt of the answer at most, redacted; no request, no headers",
        needs=[*needs, faulty(operation, fault, **details)],
    )
    async def run(bench: Bench) -> None:
        chat = await bench.joined()
        bench.rig.faults.script(operation, fault, 50, **details)
        call = bench.send(chat, "hello") if operation == "send" else bench.open("h-2.1")
        error = await bench.failure(call, f"{operation} with the fault {fault}")
        hidden = bench.hidden(chat)
        text = error_text(error)
        that(not any(secret in text for secret in hidden), "the error shows a secret")
        loud = [line for line in bench.ears.heard if any(secret in line for secret in hidden)]
        that(not loud, f"{len(loud)} lines of the log hold a secret")


_failing("send", "drop_before", [])
_failing("send", "status", [], status=503)
_failing("open", "status", [http], status=400)
_failing("open", "malformed", [http])


@_cases.in_conversation(
    "are_in_no_file",
    Tier.SAFE,
    "The files of the ledger hold no secret in clear.",
    look_at="Chat.state: credentials belong into Chat.secrets",
)
async def in_no_file(talk: Conversation) -> None:
    await talk.joined()
    await talk.user_says("hello", "m-1")
    await talk.say("good morning")
    await talk.settle()
    chat = await talk.dispatcher.store.chat(talk.handoff_id, 1)
    hidden = secrets_of(talk.provider.settings) | secrets_in(talk.rig.settings) | set(talk.rig.tokens)
    if chat is not None:
        hidden |= {value.get_secret_value() for value in chat.secrets.values()}
    content = b"".join(path.read_bytes() for path in _files(talk.folder))
    that(b"good morning" in content, "the ledger does not seem to be in these files")
    that(not any(secret.encode() in content for secret in hidden), "a file of the ledger holds a secret")
    loud = [line for line in talk.ears.heard if any(secret in line for secret in hidden)]
    that(not loud, f"{len(loud)} lines of the log hold a secret; the first comes from {_logger(loud)}")


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("ledger.db*") if path.is_file() and not path.name.endswith(".key")]


@_cases.on_provider(
    "are_not_in_the_state",
    Tier.SAFE,
    "Chat.state holds neither a credential of the settings nor an access token.",
    look_at="Chat.state is stored as it is; credentials belong into Chat.secrets, and tokens nowhere",
)
async def not_in_the_state(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.send(chat, "hello", "m-1")
    await bench.collect(chat)
    for one in bench.chats:
        text = f"{one.state!r} {one.vendor_ref}"
        that(not any(secret in text for secret in bench.hidden(one)), "Chat.state holds a secret or a token")


def _words_case(operation: str, status: int) -> None:
    @_cases.on_provider(
        f"of_the_end_user_are_in_no_error_of_{operation}_{status}",
        Tier.SAFE,
        f"What the end user wrote is neither in the error nor in the log when {operation} gets a {status}.",
        look_at="the text of errors: what was wrong, never what was sent; errors are logged and kept",
        needs=[faulty(operation, "status", status=status)],
    )
    async def run(bench: Bench) -> None:
        words = "my card is 4111 1111"
        chat = await bench.joined()
        bench.rig.faults.script(operation, "status", 50, status=status)
        if operation == "send":
            call = bench.failure(bench.send(chat, words), f"a send that gets a {status}")
        else:
            line = TranscriptEntry(author="user", body=words, at=bench.clock.now())
            opening = bench.open("h-2.1", summary=words, transcript=[line])
            call = bench.failure(opening, f"an open that gets a {status}")
        error = await call
        that(words not in error_text(error), "the error quotes what the end user wrote")
        that(not any(words in line for line in bench.ears.heard), "the log quotes what the end user wrote")


for _operation in ("send", "open"):
    for _status in (400, 429, 503):
        _words_case(_operation, _status)
