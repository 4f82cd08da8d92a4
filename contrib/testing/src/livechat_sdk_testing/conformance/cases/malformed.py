"""Answers and webhooks that are not what the documentation says."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Final, cast

from livechat_sdk.domain.chats import UnknownEvent
from livechat_sdk.errors import ProtocolError, RetryableError, WebhookRejected
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import (
    CaseFailed,
    Cases,
    Tier,
    Topic,
    declares,
    faulty,
    http,
    same,
    that,
    webhooks,
)
from livechat_sdk_testing.conformance.cases.statuses import ask

_cases = Cases("malformed", Topic.MALFORMED)


def _answer_case(operation: str, fault: str, capability: str | None) -> None:
    @_cases.on_provider(
        f"{operation}_{fault}",
        Tier.SAFE if operation in {"open", "send"} else Tier.COMPLETE,
        f"An answer of {operation} that is {fault} is an error of the family, never a success.",
        look_at="reading answers: ProtocolError for whatever does not have the documented shape",
        needs=[*([declares(capability)] if capability else []), http, faulty(operation, fault)],
    )
    async def run(bench: Bench) -> None:
        chat = await bench.joined()
        if operation not in {"open", "send"}:
            await bench.send(chat, "hello")
        bench.rig.faults.script(operation, fault, 50)
        if operation == "open":
            call: Awaitable[object] = bench.open("h-2.1")
        elif operation == "send":
            call = bench.send(chat, "hello")
        else:
            call = ask(bench, chat, operation)
        error = await bench.failure(call, f"{operation} with an answer that is {fault}")
        kinds = (ProtocolError,) if fault == "malformed" else (ProtocolError, RetryableError)
        that(isinstance(error, kinds), f"{type(error).__name__}, not ProtocolError: {error}")
        bench.rig.faults.clear()
        if operation == "open" and bench.able.finds_by_ref:
            await bench.open("h-2.1")
            same(len(await bench.chat_ids("h-2.1")), 1, "chats after an answer that could not be read")
        if operation == "send":
            that(len(await bench.texts(chat)) <= 1, "the message arrived twice")


for _operation, _capability in (
    ("open", None),
    ("send", None),
    ("status", "status"),
    ("history", "history"),
    ("look_up", "looks_up_by_key"),
    ("availability", "availability"),
):
    for _fault in ("malformed", "truncated"):
        _answer_case(_operation, _fault, _capability)


BODIES: Final[dict[str, bytes]] = {
    "empty": b"",
    "no_json": b"hello",
    "half": b'{"id": "x", "type": "mess',
    "no_text": b"\xff\xfe\x00\x01",
    "list": b"[]",
    "null": b"null",
    "number": b"1e999",
    "empty_object": b"{}",
    "deep": b"[" * 50_000,
    "nulls": b'{"id": null, "type": null, "event": null, "kind": null, "chat": null, "ref": null}',
    "wrong_types": b'{"id": {}, "type": [], "event": 5, "kind": {}, "chat": "x", "data": 7, "refs": {}}',
    "surrogate": b'{"id": "\\ud800", "type": "\\udfff", "event": "\\ud800", "ref": "\\ud800"}',
    "long_id": b'{"id": "' + b"x" * 5_000 + b'", "event": "message", "ref": "r", "text": "t"}',
}
"""Bodies that no vendor should send, and that may be signed all the same."""


def _body_case(label: str) -> None:
    body = BODIES[label]

    @_cases.on_provider(
        f"webhook_{label}",
        Tier.SAFE,
        f"An authentic webhook with a wrong body ({label}) is refused with 400 or unknown; no crash.",
        look_at="read_webhook: catch what reading a document may raise, RecursionError included",
        needs=[webhooks],
    )
    async def run(bench: Bench) -> None:
        await bench.joined()
        try:
            found = bench.provider.read_webhook(bench.webhooks.sign(body))
        except WebhookRejected as refused:
            that(
                refused.status in {400, 413, 422}, f"refused with {refused.status}, though the proof is right"
            )
        else:
            strange = [event.kind for event in found if not isinstance(event, UnknownEvent)]
            same(strange, [], "events that were read from nothing")
            for event in found:
                event.model_dump_json()  # it will be stored


for _label in BODIES:
    _body_case(_label)


@_cases.on_provider(
    "webhook_with_a_field_missing",
    Tier.SAFE,
    "An authentic message event that lacks any one field is refused, unknown or read; never a crash.",
    look_at="read_webhook: KeyError, TypeError, ValueError and AttributeError of the translation",
    needs=[webhooks],
)
async def field_missing(bench: Bench) -> None:
    chat = await bench.joined()
    _survives_changes(bench, bench.webhooks.message(chat.ref, "hello"))


@_cases.on_provider(
    "webhook_of_any_kind_with_a_field_changed",
    Tier.SAFE,
    "Each webhook of a conversation that lacks a field, or has another kind of value in it, is no crash.",
    look_at="read_webhook: KeyError, TypeError, ValueError and AttributeError of the translation",
    needs=[webhooks],
)
async def any_kind(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.send(chat, "hello")
    human = bench.rig.human
    await human.say(chat.ref, "good morning")
    if "typing" in bench.rig.can:
        await human.typing(chat.ref, True)
    if "read" in bench.rig.can:
        await human.read(chat.ref)
    if "fail_message" in bench.rig.can:
        await human.fail_message(chat.ref, "m-1", "rude")
    if "transfer" in bench.rig.can:
        await human.transfer(chat.ref, "second line")
    await human.end(chat.ref)
    await bench.collect(chat)
    for delivery in list(bench.deliveries):
        _survives_changes(bench, delivery.body)


def _survives_changes(bench: Bench, genuine: bytes) -> None:
    """A document in which a field is missing or strange is refused, or read as what can be stored."""
    try:
        document = json.loads(genuine)
    except ValueError:
        return  # not JSON: there is no general way to change a field
    for path in _paths(document):
        for change in ("remove", "null", "list", "number", "word"):
            body = json.dumps(_changed(document, path, change)).encode()
            try:
                for event in bench.provider.read_webhook(bench.webhooks.sign(body)):
                    event.model_dump_json()  # it will be stored
            except WebhookRejected as refused:
                that(refused.status in {400, 422}, f"{change} {path}: refused with {refused.status}")
            except Exception as error:
                raise CaseFailed(f"{change} {path}: {type(error).__name__}: {error}") from error


def _paths(document: object, before: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found: list[tuple[str | int, ...]] = [before] if before else []
    if isinstance(document, dict):
        for key, value in cast("dict[str, object]", document).items():
            found.extend(_paths(value, (*before, key)))
    elif isinstance(document, list):
        for number, value in enumerate(cast("list[object]", document)):
            found.extend(_paths(value, (*before, number)))
    return found


def _changed(document: object, path: tuple[str | int, ...], change: str) -> object:
    copy = json.loads(json.dumps(document))
    place = copy
    for step in path[:-1]:
        place = place[step]
    if change == "remove":
        del place[path[-1]]
    else:
        place[path[-1]] = {"null": None, "list": [1], "number": -7, "word": "nothing"}[change]
    return copy
