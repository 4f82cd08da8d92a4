"""More of the proof of webhooks: several signatures at once, other alphabets, and what must not be kept."""

from __future__ import annotations

import re

from livechat_sdk.domain.capabilities import WebhookAuth
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.conformance.bench import Bench, error_text
from livechat_sdk_testing.conformance.case import (
    CaseFailed,
    Cases,
    Tier,
    Topic,
    proved_by,
    same,
    several_signatures,
    that,
    webhooks,
)
from livechat_sdk_testing.conformance.forging import (
    STRANGER,
    a_genuine,
    parts_of_the_proof,
    proofs_of,
    refused,
    with_headers,
    words_of,
)
from livechat_sdk_testing.conformance.rig import ManySignatures

_cases = Cases("webhooks", Topic.WEBHOOK_AUTH)
_HMAC = proved_by(WebhookAuth.BODY_HMAC, WebhookAuth.BODY_HMAC_TIME)
_NEW = "a-new-secret-of-the-vendor-0123456789"
_OLD = "the-old-secret-of-the-vendor-98765432"
_CANARY = "kit-canary-in-a-header-4711"
_FOREIGN = ("é", "κλειδί", "\udcff", "٣", "１")


@_cases.on_provider(
    "each_of_several_signatures_counts",
    Tier.SAFE,
    "Of several signatures one is enough, wherever it stands; of several wrong ones none is.",
    look_at="a vendor that changes its secret signs with both: try each signature with each secret",
    needs=[several_signatures],
)
async def each_counts(bench: Bench) -> None:
    maker = bench.webhooks
    if not isinstance(maker, ManySignatures):
        raise CaseFailed("the rig cannot sign with several secrets")
    chat = await bench.joined()
    body = maker.message(chat.ref, "hello")
    provider = bench.build(**{bench.rig.secret_setting: _NEW})
    for secrets in ((_NEW,), (_NEW, _OLD), (_OLD, _NEW), (_OLD, STRANGER, _NEW)):
        found = provider.read_webhook(maker.sign_with(body, secrets))
        same(words_of(found), ["hello"], f"messages under {len(secrets)} signatures, one of them ours")
    for secrets in ((_OLD, STRANGER), (STRANGER, _OLD)):
        refused(provider, maker.sign_with(body, secrets), "a webhook with two signatures of others")


@_cases.on_provider(
    "proof_outside_ascii",
    Tier.SAFE,
    "A proof of the right form with a character outside ASCII in it is refused, and crashes nothing.",
    look_at="hmac.compare_digest takes ASCII text or bytes only; int() and isdigit() know other digits",
    needs=[webhooks],
)
async def outside_ascii(bench: Bench) -> None:
    delivery = await a_genuine(bench)
    for name in proofs_of(bench):
        value = delivery.headers[name]
        parts = [part for part in re.split(r"[\s,;=]+", value) if part]
        for strange in _FOREIGN:
            changed = {value.replace(part, f"{part[:-1]}{strange}", 1) for part in parts}
            for one in sorted({f"{value}{strange}", f"{strange}{value}", *changed}):
                forged = with_headers(delivery, {**delivery.headers, name: one})
                refused(bench.provider, forged, f"{name} with the character {strange!a} in it")


@_cases.on_provider(
    "refusals_tell_no_right_proof",
    Tier.SAFE,
    "The refusal of a forged webhook, its causes and the log hold nothing of the proof that would be right.",
    look_at="the text of WebhookRejected, and what is logged of it: never what was wanted",
    needs=[webhooks],
)
async def no_right_proof(bench: Bench) -> None:
    chat = await bench.joined()
    body = bench.webhooks.message(chat.ref, "hello")
    forged = bench.webhooks.sign(body, secret=STRANGER)
    right = bench.webhooks.sign(body)
    hidden = parts_of_the_proof(bench, right) - parts_of_the_proof(bench, forged)
    that(hidden, "the rig proves a webhook with any secret in the same way")
    refusal = refused(bench.provider, forged, "a forged webhook")
    text = f"{error_text(refusal)} {refusal.reason}"
    that(not any(part in text for part in hidden), "the refusal tells the proof that would be right")
    loud = [line for line in bench.ears.heard if any(part in line for part in hidden)]
    that(not loud, f"{len(loud)} lines of the log tell the proof that would be right")


@_cases.on_provider(
    "raw_holds_no_headers",
    Tier.SAFE,
    "What is kept of a webhook holds neither its proof nor any other header.",
    look_at="EventEnvelope.raw: the document of the body, and nothing of the request",
    needs=[webhooks],
)
async def no_headers(bench: Bench) -> None:
    delivery = await a_genuine(bench)
    hidden = parts_of_the_proof(bench, delivery)
    marked = with_headers(delivery, {**delivery.headers, "x-request-trace": _CANARY})
    for event in bench.provider.read_webhook(marked):
        text = repr(event.model_dump())
        that(_CANARY not in text, f"{type(event).__name__} holds a header of the request")
        that(not any(part in text for part in hidden), f"{type(event).__name__} holds the proof")


def _ids(bench: Bench, deliveries: list[WebhookDelivery]) -> list[list[str]]:
    return [[event.id for event in bench.provider.read_webhook(one)] for one in deliveries]


@_cases.on_provider(
    "repeated_later_is_the_same_event",
    Tier.SAFE,
    "A webhook that the vendor sends again later, with a new proof, has the event ids that it had.",
    look_at="the ids of events: from the vendor's own id or the body; not from headers or the time it came",
    needs=[webhooks],
)
async def repeated_later(bench: Bench) -> None:
    chat = await bench.joined()
    body = bench.webhooks.message(chat.ref, "hello")
    first = bench.webhooks.sign(body)
    await bench.clock.advance(5)
    found = _ids(bench, [first, bench.webhooks.sign(body)])
    that(found[0], "an authentic webhook has no event")
    same(found[1], found[0], "ids of the event when it came again five seconds later")


@_cases.on_provider(
    "under_another_secret_is_the_same_event",
    Tier.SAFE,
    "A webhook that is sent again while the secret is changed has the event ids that it had.",
    look_at="the ids of events: nothing of the proof is in them",
    needs=[_HMAC],
)
async def other_secret(bench: Bench) -> None:
    chat = await bench.joined()
    body = bench.webhooks.message(chat.ref, "hello")
    provider = bench.build(**{bench.rig.secret_setting: [_NEW, _OLD]})
    old, new = (
        [event.id for event in provider.read_webhook(bench.webhooks.sign(body, secret=secret))]
        for secret in (_OLD, _NEW)
    )
    that(old, "an authentic webhook has no event")
    same(new, old, "ids of the event under the new secret")
