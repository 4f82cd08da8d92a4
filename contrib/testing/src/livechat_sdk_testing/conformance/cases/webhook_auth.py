"""Webhooks of somebody else: whatever they are, they are refused, and cost little."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from livechat_sdk.domain.capabilities import WebhookAuth
from livechat_sdk.errors import ConfigurationError, WebhookRejected
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.conformance.bench import Bench, error_text
from livechat_sdk_testing.conformance.case import Cases, Tier, Topic, proved_by, same, that, webhooks
from livechat_sdk_testing.conformance.conversation import Conversation
from livechat_sdk_testing.conformance.forging import (
    a_genuine,
    proofs_of,
    refused,
    with_headers,
    words_of,
)
from livechat_sdk_testing.conformance.listening import secrets_of

_cases = Cases("webhooks", Topic.WEBHOOK_AUTH)
_HMAC = proved_by(WebhookAuth.BODY_HMAC, WebhookAuth.BODY_HMAC_TIME)
_TIMED = proved_by(WebhookAuth.BODY_HMAC_TIME)
_LOOK = "read_webhook: verify first, over the raw bytes, in constant time; then translate"
_NEW = "a-new-secret-of-the-vendor-0123456789"
_OLD = "the-old-secret-of-the-vendor-98765432"


@_cases.on_provider("genuine", Tier.RELAYS, "An authentic webhook is read.", look_at=_LOOK, needs=[webhooks])
async def genuine(bench: Bench) -> None:
    delivery = await a_genuine(bench)
    found = bench.provider.read_webhook(delivery)
    same(words_of(found), ["hello"], "messages")
    same({event.received_at for event in found}, {delivery.received_at}, "received_at of its events")


@_cases.on_provider(
    "missing_proof", Tier.RELAYS, "A webhook without proof is refused.", look_at=_LOOK, needs=[webhooks]
)
async def missing(bench: Bench) -> None:
    delivery = await a_genuine(bench)
    for name in proofs_of(bench):
        left = {key: value for key, value in delivery.headers.items() if key != name}
        refused(bench.provider, with_headers(delivery, left), f"a webhook without {name}")


@_cases.on_provider(
    "empty_proof", Tier.RELAYS, "A webhook with an empty proof is refused.", look_at=_LOOK, needs=[webhooks]
)
async def empty(bench: Bench) -> None:
    delivery = await a_genuine(bench)
    for name in proofs_of(bench):
        for value in ("", " ", "null", "undefined", "0"):
            refused(
                bench.provider,
                with_headers(delivery, {**delivery.headers, name: value}),
                f"{name}: {value!r}",
            )


@_cases.on_provider(
    "wrong_secret",
    Tier.RELAYS,
    "A webhook that was proved with another secret is refused.",
    look_at=_LOOK,
    needs=[webhooks],
)
async def wrong(bench: Bench) -> None:
    chat = await bench.joined()
    body = bench.webhooks.message(chat.ref, "hello")
    for secret in ("somebody-elses-secret-0123456789", "x", ""):
        refused(bench.provider, bench.webhooks.sign(body, secret=secret), f"the secret {secret!r}")


@_cases.on_provider(
    "one_bit_of_the_proof",
    Tier.RELAYS,
    "A proof in which one bit is changed is refused, whichever it is.",
    look_at="comparing only a part of the proof; prefixes",
    needs=[webhooks],
)
async def one_bit_of_the_proof(bench: Bench) -> None:
    delivery = await a_genuine(bench)
    for name in proofs_of(bench):
        value = delivery.headers[name]
        for place in range(len(value)):
            flipped = value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
            refused(
                bench.provider,
                with_headers(delivery, {**delivery.headers, name: flipped}),
                f"{name} with bit 0 of character {place} changed",
            )


@_cases.on_provider(
    "part_of_the_proof",
    Tier.RELAYS,
    "A proof that is cut short, or has something added, is refused.",
    look_at="comparing by startswith or in",
    needs=[webhooks],
)
async def part_of_the_proof(bench: Bench) -> None:
    delivery = await a_genuine(bench)
    for name in proofs_of(bench):
        value = delivery.headers[name]
        for length in (len(value) - 1, len(value) // 2, 8):
            refused(
                bench.provider,
                with_headers(delivery, {**delivery.headers, name: value[:length]}),
                f"{name} cut to {length} characters",
            )
        refused(
            bench.provider,
            with_headers(delivery, {**delivery.headers, name: f"{value}0"}),
            f"{name} with a 0 added",
        )


@_cases.on_provider(
    "one_bit_of_the_body",
    Tier.RELAYS,
    "A body in which one bit is changed is refused, whichever it is.",
    look_at="the signature is over the raw bytes, not over a document that was read and written again",
    needs=[_HMAC],
)
async def one_bit_of_the_body(bench: Bench) -> None:
    delivery = await a_genuine(bench)
    body = delivery.body
    for place in range(len(body)):
        changed = bytes([*body[:place], body[place] ^ (1 << place % 8), *body[place + 1 :]])
        refused(bench.provider, with_headers(delivery, delivery.headers, changed), f"byte {place} changed")


@_cases.on_provider(
    "same_document_other_bytes",
    Tier.RELAYS,
    "A body that means the same and is written otherwise is refused.",
    look_at="the signature is over the raw bytes, not over a document that was read and written again",
    needs=[_HMAC],
)
async def other_bytes(bench: Bench) -> None:
    delivery = await a_genuine(bench)
    for body in (b" " + delivery.body, delivery.body + b"\n", delivery.body + delivery.body):
        refused(
            bench.provider, with_headers(delivery, delivery.headers, body), "a body with other white space"
        )


@_cases.on_provider(
    "altered_body_of_a_shared_key",
    Tier.SAFE,
    "Where the proof does not cover the body, an altered one is an event, unknown or refused; no crash.",
    look_at="read_webhook: errors of the translation",
    needs=[proved_by(WebhookAuth.SHARED_KEY)],
)
async def altered(bench: Bench) -> None:
    delivery = await a_genuine(bench)
    body = delivery.body
    for place in range(len(body)):
        changed = bytes([*body[:place], body[place] ^ (1 << place % 8), *body[place + 1 :]])
        try:
            bench.provider.read_webhook(with_headers(delivery, delivery.headers, changed))
        except WebhookRejected as refusal:
            same(refusal.status, 400, f"the status of a body whose byte {place} was changed")


@_cases.on_provider(
    "old",
    Tier.SAFE,
    "A webhook that was signed long ago, or in the future, is refused; a clock that is a little off is not.",
    look_at="the signed time: against WebhookDelivery.received_at, both ways",
    needs=[_TIMED],
)
async def old(bench: Bench) -> None:
    chat = await bench.joined()
    body = bench.webhooks.message(chat.ref, "hello")
    now = bench.clock.now()
    for hours in (-24 * 365, -24, -1, 1, 24):
        at = now + timedelta(hours=hours)
        refused(bench.provider, bench.webhooks.sign(body, at=at), f"a webhook signed {hours} hours from now")
    near = bench.webhooks.sign(body, at=now - timedelta(seconds=30))
    same(
        words_of(bench.provider.read_webhook(near)), ["hello"], "messages of a webhook signed 30 seconds ago"
    )


@_cases.on_provider(
    "replayed_later",
    Tier.SAFE,
    "A webhook that somebody has kept and brings an hour later is refused.",
    look_at="the signed time",
    needs=[_TIMED],
)
async def replayed_later(bench: Bench) -> None:
    delivery = await a_genuine(bench)
    bench.provider.read_webhook(delivery)
    later = WebhookDelivery(
        delivery.method,
        delivery.path,
        delivery.headers,
        delivery.body,
        delivery.received_at + timedelta(hours=1),
    )
    refused(bench.provider, later, "a webhook of an hour ago")


@_cases.in_conversation(
    "replayed_at_once",
    Tier.RELAYS,
    "A webhook that is brought twice is answered with success, and changes nothing the second time.",
    look_at="the ids of events",
    needs=[webhooks],
)
async def replayed(talk: Conversation) -> None:
    await talk.joined()
    maker = talk.rig.webhooks
    if maker is None:
        return
    delivery = maker.sign(maker.message(await talk.vendor_ref(), "once"))
    same([await talk.bring(delivery), await talk.bring(delivery)], [200, 200], "the answers")
    await talk.settle()
    same(talk.shown, ["once"], "what the end user sees")


@_cases.on_provider(
    "proof_before_reading",
    Tier.SAFE,
    "A body that cannot be read and is not proved is refused for its proof.",
    look_at="read_webhook: verify first, then read the document",
    needs=[webhooks],
)
async def before_reading(bench: Bench) -> None:
    await bench.joined()
    for body in (b"", b"{", b"[" * 100_000, b"\xff" * 100):
        delivery = bench.webhooks.sign(body, secret="somebody-elses-secret-0123456789")
        refused(bench.provider, delivery, "a body that is neither proved nor readable", 401, 403)


@_cases.on_provider(
    "strange_proof",
    Tier.SAFE,
    "A proof of strange characters, or an enormous one, is refused without a crash.",
    look_at="hmac.compare_digest takes ASCII text or bytes only",
    needs=[webhooks],
)
async def strange(bench: Bench) -> None:
    delivery = await a_genuine(bench)
    for name in proofs_of(bench):
        for value in ("κλειδί", "\x00", "v1=", "t=,v1=", "t=x,v1=y", "sha256=", "," * 5_000, "9" * 100_000):
            refused(
                bench.provider,
                with_headers(delivery, {**delivery.headers, name: value}),
                f"{name}: {value[:20]!r}",
            )


@_cases.on_provider(
    "oversize",
    Tier.SAFE,
    "A webhook of three megabytes costs little and crashes nothing, proved or not.",
    look_at="read_webhook: no work that grows faster than the body",
    needs=[webhooks],
)
async def oversize(bench: Bench) -> None:
    chat = await bench.joined()
    body = bench.webhooks.message(chat.ref, "x" * 3_000_000)
    began = time.perf_counter()
    refused(
        bench.provider,
        bench.webhooks.sign(body, secret="somebody-elses-secret-0123456789"),
        "three megabytes of somebody else",
    )
    try:
        bench.provider.read_webhook(bench.webhooks.sign(body))
    except WebhookRejected as refusal:
        that(refusal.status in {400, 413}, f"refused with {refusal.status}")
    that(time.perf_counter() - began < 5, "three megabytes took more than five seconds")


@_cases.on_provider(
    "wrong_content_type",
    Tier.SAFE,
    "A content type that is wrong or missing proves nothing and crashes nothing.",
    look_at="read_webhook: the proof decides, whatever the content type says",
    needs=[webhooks],
)
async def content_type(bench: Bench) -> None:
    delivery = await a_genuine(bench)
    left = {name: value for name, value in delivery.headers.items() if name != "content-type"}
    for kind in (
        None,
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/JSON",
    ):
        headers = left if kind is None else {**left, "content-type": kind}
        try:
            words = words_of(bench.provider.read_webhook(with_headers(delivery, headers)))
        except WebhookRejected as refusal:
            that(refusal.status in {400, 415}, f"content type {kind}: refused with {refusal.status}")
        else:
            same(words, ["hello"], f"messages with the content type {kind}")
        broken = {**headers, proofs_of(bench)[0]: "nonsense"}
        refused(bench.provider, with_headers(delivery, broken), f"content type {kind} without proof")


@_cases.on_provider(
    "header_names_ignore_case",
    Tier.RELAYS,
    "Names of headers may be written in any case.",
    look_at="WebhookDelivery.header, not a dictionary of one's own",
    needs=[webhooks],
)
async def any_case(bench: Bench) -> None:
    delivery = await a_genuine(bench)
    for change in (str.upper, str.title, str.lower):
        headers = {change(name): value for name, value in delivery.headers.items()}
        same(words_of(bench.provider.read_webhook(with_headers(delivery, headers))), ["hello"], "messages")


@_cases.on_provider(
    "rotated_secrets",
    Tier.SAFE,
    "While a secret is changed, both are good; any other is not.",
    look_at="a setting of the type Secret holds one or two values: compare with each",
    needs=[webhooks],
)
async def rotated(bench: Bench) -> None:
    chat = await bench.joined()
    provider = bench.build(**{bench.rig.secret_setting: [_NEW, _OLD]})
    body = bench.webhooks.message(chat.ref, "hello")
    for secret in (_NEW, _OLD):
        found = provider.read_webhook(bench.webhooks.sign(body, secret=secret))
        same(words_of(found), ["hello"], "messages under one of two secrets")
    refused(provider, bench.webhooks.sign(body), "the secret from before the last change")
    only_new = bench.build(**{bench.rig.secret_setting: _NEW})
    refused(only_new, bench.webhooks.sign(body, secret=_OLD), "the old secret after the change")


@_cases.on_provider(
    "without_a_secret",
    Tier.RELAYS,
    "Without a secret in the settings every webhook is refused.",
    look_at="read_webhook: no secret means no route, never no check",
    needs=[webhooks],
)
async def without(bench: Bench) -> None:
    chat = await bench.joined()
    try:
        provider = bench.build(**{bench.rig.secret_setting: None})
    except ConfigurationError:
        return  # the setting is required
    body = bench.webhooks.message(chat.ref, "hello")
    for delivery in (
        bench.webhooks.sign(body),
        bench.webhooks.sign(body, secret=""),
        with_headers(bench.webhooks.sign(body), {}),
    ):
        refused(provider, delivery, "a webhook of an integration without a secret", 401, 403, 404)


@_cases.on_provider(
    "refusals_tell_nothing",
    Tier.SAFE,
    "A refusal shows neither a secret, nor the proof, nor what was in the body.",
    look_at="the text of WebhookRejected",
    needs=[webhooks],
)
async def tell_nothing(bench: Bench) -> None:
    chat = await bench.joined()
    body = bench.webhooks.message(chat.ref, "words of a person")
    delivery = bench.webhooks.sign(body, secret="somebody-elses-secret-0123456789")
    refusal = refused(bench.provider, delivery, "a forged webhook")
    text = f"{refusal} {refusal!r} {refusal.reason}"
    hidden = secrets_of(bench.provider.settings) | {
        delivery.headers[name] for name in proofs_of(bench) if name in delivery.headers
    }
    that(not any(secret in error_text(refusal) for secret in secrets_of(bench.provider.settings)), "a secret")
    that(not any(secret in text for secret in hidden), "the refusal shows a secret or the proof")
    that("words of a person" not in text, "the refusal shows the body")


@_cases.on_provider(
    "are_read_without_a_loop",
    Tier.SAFE,
    "Reading a webhook needs no event loop and does no I/O.",
    look_at="read_webhook: what must be fetched is an effect of the dispatcher",
    needs=[webhooks],
)
async def without_a_loop(bench: Bench) -> None:
    delivery = await a_genuine(bench)
    found = await asyncio.to_thread(bench.provider.read_webhook, delivery)
    same(words_of(found), ["hello"], "messages that were read in a thread")
