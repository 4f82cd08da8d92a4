"""Each status that an HTTP call may be answered with, and what it means."""

from __future__ import annotations

from typing import Final

from livechat_sdk.domain.chats import MessageReceived
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.messages import UserReceipt
from livechat_sdk.errors import AuthError, ProviderError, RejectedError, RetryableError, UnavailableError
from livechat_sdk.provider.interface import ChatDetails
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import Cases, Tier, Topic, declares, faulty, http, same, that

_cases = Cases("statuses", Topic.STATUS_CODES)

REFUSED: Final = (400, 403, 404, 405, 409, 410, 413, 415, 422)
"""Understood, and refused: the same call is refused again."""
PASSING: Final = (408, 500, 502, 503, 504)
"""The same call may succeed later."""


def _meaning(status: int) -> tuple[type[ProviderError], ...]:
    if status in PASSING:
        return (RetryableError,)
    return (AuthError, RejectedError) if status == 403 else (RejectedError, UnavailableError)


def _status_case(operation: str, status: int) -> None:
    names = " or ".join(kind.__name__ for kind in _meaning(status))

    @_cases.on_provider(
        f"{status}_of_{operation}",
        Tier.SAFE if status in {400, 403, 404, 409, 500, 503} else Tier.COMPLETE,
        f"A {status} of {operation} is {names}, with its status; nothing is done twice.",
        look_at="the mapping of statuses to errors (livechat_sdk.http does it)",
        needs=[http, faulty(operation, "status", status=status)],
    )
    async def run(bench: Bench) -> None:
        chat = await bench.joined()
        bench.rig.faults.script(operation, "status", 50, status=status)
        if operation == "send":
            error = await bench.failure(bench.send(chat, "hello"), f"a send answered with {status}")
        else:
            error = await bench.failure(bench.open("h-2.1"), f"an open answered with {status}")
        that(isinstance(error, _meaning(status)), f"{type(error).__name__}, not {names}: {error}")
        same(getattr(error, "status", None), status, "the status of the error")
        if status in PASSING:
            that(getattr(error, "sent", None) is not False, f"sent is False, after an answer with {status}")
        bench.rig.faults.clear()
        if operation == "send":
            await bench.send(chat, "next", "m-2")
            same(await bench.texts(chat), ["next"], "what the agent sees")
        else:
            await bench.open("h-2.1")
            same(len(await bench.chat_ids("h-2.1")), 1, "chats")


for _status in (*REFUSED, *PASSING):
    _status_case("send", _status)
for _status in (400, 403, 422, 500, 503):
    _status_case("open", _status)


def _asking_case(operation: str, capability: str, status: int) -> None:
    @_cases.on_provider(
        f"{status}_of_{operation}",
        Tier.COMPLETE,
        f"A {status} of {operation} is an error, and never an answer.",
        look_at="errors of reads: raise them, do not answer with nothing",
        needs=[declares(capability), http, faulty(operation, "status", status=status)],
    )
    async def run(bench: Bench) -> None:
        chat = await bench.joined()
        await bench.send(chat, "hello")
        bench.rig.faults.script(operation, "status", 50, status=status)
        error = await bench.failure(ask(bench, chat, operation), f"{operation} answered with {status}")
        that(isinstance(error, RetryableError), f"{type(error).__name__}, not RetryableError: {error}")


def _telling_case(operation: str, capability: str) -> None:
    @_cases.on_provider(
        f"503_of_{operation}",
        Tier.SAFE if operation == "close" else Tier.COMPLETE,
        f"A {operation} that the vendor does not take now raises, so that it is tried again.",
        look_at="errors of calls that return nothing: raise them, do not swallow them",
        needs=[declares(capability), faulty(operation, "status", status=503)],
    )
    async def run(bench: Bench) -> None:
        chat = await bench.joined()
        await bench.rig.human.say(chat.ref, "hello")
        (said,) = await bench.collected(MessageReceived, chat)
        bench.rig.faults.script(operation, "status", 50, status=503)
        if operation == "close":
            call = bench.provider.close(chat, EndReason(by="user", why="resolved"))
        elif operation == "update":
            call = bench.provider.update(chat, ChatDetails())
        elif operation == "receipt":
            receipt = UserReceipt(message_key=said.message.key, status="read")
            call = bench.provider.receipt(chat, receipt)
        else:
            call = bench.provider.typing(chat, on=True)
        error = await bench.failure(call, f"{operation} answered with 503")
        that(isinstance(error, RetryableError), f"{type(error).__name__}, not RetryableError: {error}")
        same(await bench.state(chat.ref), "active", "the chat")


for _operation, _capability in (
    ("close", "closes"),
    ("update", "update"),
    ("receipt", "receipts_to_agent"),
    ("typing", "typing_to_agent"),
):
    _telling_case(_operation, _capability)


async def ask(bench: Bench, chat: object, operation: str) -> object:
    """Call one of the reads."""
    from datetime import timedelta

    from livechat_sdk.domain.chats import Chat
    from livechat_sdk.domain.handoff import Route

    if not isinstance(chat, Chat):
        raise TypeError
    if operation == "status":
        return await bench.provider.status(chat)
    if operation == "history":
        return await bench.provider.history(chat, bench.clock.now() - timedelta(hours=1))
    if operation == "look_up":
        return await bench.provider.was_sent(chat, "m-1")
    return await bench.provider.availability(Route(integration=bench.provider.name, bot="shop-bot"))


for _operation, _capability in (
    ("status", "status"),
    ("history", "history"),
    ("look_up", "looks_up_by_key"),
    ("availability", "availability"),
):
    _asking_case(_operation, _capability, 503)
