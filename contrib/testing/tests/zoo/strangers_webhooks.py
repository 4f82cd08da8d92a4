"""Mistakes with the proof of a webhook, as people make them who write it by hand."""

from __future__ import annotations

import hashlib
import hmac
import json
from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from pydantic import SecretStr

from contrib.testing.tests.conformance.parley_rig import ParleyRig
from contrib.testing.tests.zoo.planted import PlantedBug
from livechat_sdk import hookimpl
from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.errors import WebhookRejected
from livechat_sdk.provider.integration import IntegrationContext, IntegrationType
from livechat_sdk.provider.settings import Secret
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.parley.events import SIGNATURE, prove, translate
from livechat_sdk_testing.parley.provider import ParleyProvider
from livechat_sdk_testing.parley.settings import ParleySettings

_WINDOW = 300.0


def _parts(delivery: WebhookDelivery) -> tuple[str, list[str]]:
    """Time and signatures, as the header has them."""
    pairs = [part.partition("=") for part in (delivery.header(SIGNATURE) or "").split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    return times[0] if times else "", [value for name, _, value in pairs if name == "v1"]


def _wanted(at: str, body: bytes, secret: SecretStr) -> str:
    key = secret.get_secret_value().encode()
    return hmac.new(key, at.encode("utf-8", "replace") + b"." + body, hashlib.sha256).hexdigest()


def _refuse_unless(right: bool, why: str = "the signature is wrong") -> None:
    if not right:
        raise WebhookRejected(why)


def _in_window(at: str, delivery: WebhookDelivery) -> bool:
    return at.isdigit() and abs(delivery.received_at.timestamp() - int(at)) <= _WINDOW


class _Translating(ParleyProvider):
    """Translates what the mistaken proof of a subclass lets in."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        self.mistaken_proof(delivery)
        return translate(delivery, self.name)

    @abstractmethod
    def mistaken_proof(self, delivery: WebhookDelivery) -> None: ...


class ParsedAndDumped(_Translating):
    def mistaken_proof(self, delivery: WebhookDelivery) -> None:
        try:
            body = json.dumps(json.loads(delivery.body)).encode()
        except ValueError as error:
            raise WebhookRejected("no JSON", status=400) from error
        again = WebhookDelivery(delivery.method, delivery.path, delivery.headers, body, delivery.received_at)
        prove(again, self.settings.webhook_key)


class FirstSecretOnly(_Translating):
    def mistaken_proof(self, delivery: WebhookDelivery) -> None:
        prove(delivery, self.settings.webhook_key[:1])


class FirstSignatureOnly(_Translating):
    def mistaken_proof(self, delivery: WebhookDelivery) -> None:
        at, signatures = _parts(delivery)
        first = f"t={at}" + "".join(f",v1={one}" for one in signatures[:1])
        prove(
            WebhookDelivery(
                delivery.method, delivery.path, {SIGNATURE: first}, delivery.body, delivery.received_at
            ),
            self.settings.webhook_key,
        )


class UnsignedPasses(_Translating):
    def mistaken_proof(self, delivery: WebhookDelivery) -> None:
        if delivery.header(SIGNATURE) is not None:
            prove(delivery, self.settings.webhook_key)


class AnyTime(_Translating):
    def mistaken_proof(self, delivery: WebhookDelivery) -> None:
        at, signatures = _parts(delivery)
        _refuse_unless(
            any(
                hmac.compare_digest(one.encode(), _wanted(at, delivery.body, key).encode())
                for one in signatures
                for key in self.settings.webhook_key
            )
        )


class FutureTime(AnyTime):
    def mistaken_proof(self, delivery: WebhookDelivery) -> None:
        super().mistaken_proof(delivery)
        at, _ = _parts(delivery)
        _refuse_unless(at.isdigit() and delivery.received_at.timestamp() - int(at) <= _WINDOW, "too old")


class ZippedComparison(_Translating):
    def mistaken_proof(self, delivery: WebhookDelivery) -> None:
        at, signatures = _parts(delivery)
        _refuse_unless(_in_window(at, delivery) and bool(signatures))
        differences = [
            sum(a != b for a, b in zip(one, _wanted(at, delivery.body, key), strict=False))
            for one in signatures
            for key in self.settings.webhook_key
        ]
        _refuse_unless(0 in differences)


class TimeIsNoNumber(_Translating):
    def mistaken_proof(self, delivery: WebhookDelivery) -> None:
        at, _ = _parts(delivery)
        _refuse_unless(abs(delivery.received_at.timestamp() - int(at)) <= _WINDOW, "too old")
        prove(delivery, self.settings.webhook_key)


class TextCompared(_Translating):
    def mistaken_proof(self, delivery: WebhookDelivery) -> None:
        at, signatures = _parts(delivery)
        _refuse_unless(_in_window(at, delivery))
        _refuse_unless(
            any(
                hmac.compare_digest(one, _wanted(at, delivery.body, key))  # TypeError beyond ASCII
                for one in signatures
                for key in self.settings.webhook_key
            )
        )


class OneKeyForAll(_Translating):
    keys: ClassVar[Sequence[SecretStr]] = ()

    def __init__(self, context: IntegrationContext, settings: ParleySettings) -> None:
        super().__init__(context, settings)
        OneKeyForAll.keys = settings.webhook_key

    def mistaken_proof(self, delivery: WebhookDelivery) -> None:
        prove(delivery, tuple(self.keys))


class TellsWhatItWanted(_Translating):
    def mistaken_proof(self, delivery: WebhookDelivery) -> None:
        at, signatures = _parts(delivery)
        try:
            prove(delivery, self.settings.webhook_key)
        except WebhookRejected as error:
            wanted = _wanted(at, delivery.body, self.settings.webhook_key[0])
            raise WebhookRejected(f"wanted {wanted}, got {signatures}", status=error.status) from None


class RefusedAsServerError(_Translating):
    def mistaken_proof(self, delivery: WebhookDelivery) -> None:
        try:
            prove(delivery, self.settings.webhook_key)
        except WebhookRejected as error:
            raise PermissionError("bad signature") from error


class HeadersInRaw(ParleyProvider):
    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        return [
            event.model_copy(update={"raw": {**(event.raw or {}), "headers": dict(delivery.headers)}})
            for event in super().read_webhook(delivery)
        ]


class ReadsBeforeProof(ParleyProvider):
    """Keeps what it has seen before anybody has proved it."""

    def __init__(self, context: IntegrationContext, settings: ParleySettings) -> None:
        super().__init__(context, settings)
        self._seen: set[object] = set()

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        try:
            event = json.loads(delivery.body).get("id")
        except (ValueError, AttributeError):
            event = None
        if event in self._seen:
            return ()
        self._seen.add(event)
        return super().read_webhook(delivery)


# ---- without a secret


class OptionalKeySettings(ParleySettings):
    webhook_key: Secret = ()


class NoKeyNoProof(_Translating):
    def mistaken_proof(self, delivery: WebhookDelivery) -> None:
        if self.settings.webhook_key:
            prove(delivery, self.settings.webhook_key)


class _Plugin:
    def __init__(self, build: Callable[[IntegrationContext, Any], object]) -> None:
        self._build = build

    @hookimpl
    def livechat_integration_types(self) -> list[IntegrationType]:
        return [
            IntegrationType(
                type=NoKeyNoProof.type,
                kind="livechat",
                settings=OptionalKeySettings,
                build=self._build,
                summary="Parley with a key that may be left out",
            )
        ]


class OptionalKeyRig(ParleyRig):
    @property
    def plugin(self) -> object:
        return _Plugin(NoKeyNoProof)


def _bug(what: str, provider: type[ParleyProvider]) -> PlantedBug:
    return PlantedBug(f"stranger: {provider.__name__}", what, partial(ParleyRig, provider=provider))


BUGS = [
    _bug(
        "The signature is compared with the body parsed and dumped again: other blanks, other escapes.",
        ParsedAndDumped,
    ),
    _bug(
        "Only the first of two live secrets is tried, so the change of secrets refuses webhooks.",
        FirstSecretOnly,
    ),
    _bug(
        "Only the first of two signatures is looked at while the vendor changes its secret.",
        FirstSignatureOnly,
    ),
    _bug("A delivery without the header is let in (n8n-io/n8n#25011, simstudioai/sim#4612).", UnsignedPasses),
    _bug("The signed time is never looked at: what was recorded can be sent again for ever.", AnyTime),
    _bug(
        "Only an old time is refused; one from tomorrow passes, and can be sent again until then.", FutureTime
    ),
    _bug(
        "Compared by hand, character by character, as far as the shorter one goes: a cut signature passes.",
        ZippedComparison,
    ),
    _bug(
        "A time that is no number, or is missing, raises ValueError: status 500 for a forgery.",
        TimeIsNoNumber,
    ),
    _bug("compare_digest on text raises TypeError for a signature beyond ASCII: status 500.", TextCompared),
    _bug(
        "The key lives in the class: of two integrations, the last one made decides for both"
        " (botpress/botpress#15318).",
        OneKeyForAll,
    ),
    _bug("The refusal tells the signature that was wanted: the next forgery is right.", TellsWhatItWanted),
    _bug(
        "A wrong signature raises an error of its own: the route answers 500, not 401.", RefusedAsServerError
    ),
    _bug("The headers, with the signature, are stored with the event.", HeadersInRaw),
    _bug(
        "Duplicates are dropped by a memory of ids, filled before proof and before anything is stored: a"
        " forgery, or a failed commit, silences the real event.",
        ReadsBeforeProof,
    ),
    PlantedBug(
        "stranger: NoKeyNoProof",
        "Where no secret is set, every webhook is believed.",
        OptionalKeyRig,
    ),
]
