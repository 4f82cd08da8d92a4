"""Sends mutated webhooks to a route and says what should not have happened."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

from pydantic import TypeAdapter

from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.errors import WebhookRejected
from livechat_sdk.provider import AnyProvider, WebhookDelivery
from livechat_sdk.provider.interface import ChatProvider
from tests.fuzz.mutating import mutate_body, mutate_text
from tests.fuzz.routes import KINDS, Gateway, Kind, What, a_gateway, as_json
from tests.gateway.wire import a_scope, call, piece

__all__ = ["Findings", "Mutation", "mutation", "run"]

_EVENTS = TypeAdapter[ProviderEvent](ProviderEvent)
_WINDOW = 300
_LONGEST = 1.0
"""Seconds of computing that one delivery may cost, whatever it holds."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One delivery that is not as its vendor sent it."""

    what: What
    headers: dict[str, str]
    body: bytes


@dataclass
class Findings:
    """What came of a run: answers by kind of mutation, and what was wrong, with its seed."""

    answers: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])


def mutation(kind: Kind, seed: int, gateway: Gateway) -> Mutation:
    """The mutation of this seed."""
    chance = Random(f"{kind.name} {seed}")  # noqa: S311 - mutations, not secrets
    now = gateway.clock.now()
    refs = (gateway.refs.get(kind.integration, "not-open"), "nobody-knows-it")
    body = as_json(kind.document(chance, refs, now))
    what = chance.choice(kind.mutations)
    at = now + timedelta(seconds=chance.randint(-_WINDOW, _WINDOW))
    if what == "stale":
        away = chance.choice((-1, 1)) * chance.randint(_WINDOW + 1, 10**8)
        at = now + timedelta(seconds=away)
    changed = mutate_body(chance, body) if what in ("body", "authentic") else body
    headers = kind.headers(changed if what == "authentic" else body, at)
    if what == "proof":
        headers = _changed_proof(chance, kind, headers, kind.forgeries(body, at))
    content_type = chance.choice(("application/json", "application/json", "text/plain", ""))
    return Mutation(what, {**headers, "content-type": content_type}, changed)


def _changed_proof(
    chance: Random, kind: Kind, headers: dict[str, str], forgeries: Sequence[Mapping[str, str]]
) -> dict[str, str]:
    right = headers[kind.header]
    if forgeries and chance.random() < 0.1:
        return dict(chance.choice(forgeries))
    if chance.random() < 0.05:
        rest = {name: value for name, value in headers.items() if name != kind.header}
        return rest | chance.choice([{}, {"authorization": right}, {f"{kind.header}-2": right}])
    name = chance.choice(list(headers))
    while True:
        changed = mutate_text(chance, headers[name])
        if name != kind.header or not kind.still_proves(changed, right):
            return headers | {name: changed}


async def run(folder: Path, name: str, seeds: range) -> Findings:
    """Send the mutations of these seeds to one route of a new gateway."""
    findings, kind = Findings(), KINDS[name]
    async with a_gateway(folder) as gateway:
        provider = gateway.dispatcher.integrations[kind.integration]
        assert isinstance(provider, ChatProvider)
        for seed in seeds:
            one = mutation(kind, seed, gateway)
            status, cost = await _send(gateway, kind.integration, one)
            if cost > _LONGEST:  # once may be the collector, at work on all that this process has in memory
                cost = min(cost, (await _send(gateway, kind.integration, one))[1])
            findings.answers[f"{one.what} {status}"] += 1
            wrong = _wrong(one, status, cost) or _wrong_events(provider, kind.integration, one, gateway)
            if wrong is not None:
                findings.wrong.append(f"{name} seed {seed}: {one.what}: {wrong}")
        await gateway.dispatcher.wait_idle()
        problems = await gateway.dispatcher.ready()
        if problems:
            findings.wrong.append(f"{name} seeds {seeds}: afterwards not ready: {dict(problems)}")
    return findings


async def _send(gateway: Gateway, name: str, one: Mutation) -> tuple[int, float]:
    """The status of the answer, and the seconds of computing it took."""
    scope = a_scope("POST", f"/webhooks/{name}", {})
    # As it is on the wire: header values are bytes.
    scope["headers"] = [
        (key.encode(), value.encode("utf-8", "surrogatepass")) for key, value in one.headers.items()
    ]
    before = time.thread_time()
    heard = await call(gateway.app, scope, [piece(one.body, more=False)])
    return heard.status, time.thread_time() - before


def _wrong(one: Mutation, status: int, cost: float) -> str | None:
    if cost > _LONGEST:
        return f"{cost:.1f} s of computing"
    if status >= 500:
        return f"a crash, answered {status}"
    if one.what == "authentic":
        # What is no JSON object at all, or lacks what every event of the vendor has, cannot be read.
        return None if status in (200, 400) else f"authentic, and answered {status}"
    return None if status == 401 else f"a forgery, answered {status}"


def _wrong_events(provider: AnyProvider, name: str, one: Mutation, gateway: Gateway) -> str | None:
    """What is wrong with the events of an authentic delivery: they must be valid and of this integration."""
    delivery = WebhookDelivery("POST", f"/webhooks/{name}", one.headers, one.body, gateway.clock.now())
    try:
        events = provider.read_webhook(delivery)
    except WebhookRejected:
        return None
    if one.what != "authentic":
        return "a forgery was translated"
    for event in events:
        if event.integration != name:
            return f"an event of another integration, {event.integration!r}"
        try:
            stored = _EVENTS.validate_json(_EVENTS.dump_json(event))
        except ValueError as error:
            return f"an event that cannot be stored and read again: {error}"[:500]
        if stored != event:
            return f"an event that is another one after it was stored: {event!r}"[:500]
    return None
