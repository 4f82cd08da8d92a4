"""Proofs of webhooks: what is right passes, one bit off does not, and no secret opens nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import SecretStr

from livechat_sdk.errors import WebhookRejected
from livechat_sdk.provider import REPLAY_WINDOW, verify_hmac, verify_shared_key, verify_time

NEW, OLD = SecretStr("the-new-secret-of-the-vendor"), SecretStr("the-old-secret-of-the-vendor")
BODY = b'{"id": 1, "text": "\xce\xb5\xce\xbb"}'
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def signature(secret: SecretStr, body: bytes = BODY, digest: str = "sha256") -> str:
    return hmac.new(secret.get_secret_value().encode(), body, digest).hexdigest()


def refused(call: Callable[[], None]) -> WebhookRejected:
    with pytest.raises(WebhookRejected) as caught:
        call()
    for secret in (NEW, OLD):
        assert secret.get_secret_value() not in str(caught.value)
    return caught.value


# --------------------------------------------------------------------------------------------- shared keys
@pytest.mark.parametrize("key", [NEW, OLD])
def test_each_live_key_passes(key: SecretStr) -> None:
    verify_shared_key(key.get_secret_value(), (NEW, OLD))


def test_a_key_that_is_no_longer_live_is_refused() -> None:
    assert refused(lambda: verify_shared_key(OLD.get_secret_value(), (NEW,))).status == 401


@pytest.mark.parametrize("given", [None, ""])
def test_a_missing_key_is_refused(given: str | None) -> None:
    error = refused(lambda: verify_shared_key(given, (NEW,), what="the key in X-Key"))
    assert (error.status, error.reason) == (401, "the key in X-Key is missing")


@pytest.mark.parametrize("keys", [None, (), (SecretStr(""),), (SecretStr("  "),)])
@pytest.mark.parametrize("given", ["", "  ", None, "anything"])
def test_without_a_secret_the_route_is_closed(keys: tuple[SecretStr, ...] | None, given: str | None) -> None:
    assert refused(lambda: verify_shared_key(given, keys)).code == "no_webhook"
    assert refused(lambda: verify_hmac(given, BODY, keys)).status == 404


@given(st.text(max_size=40))
def test_no_other_text_is_the_key(text: str) -> None:
    assume(text != NEW.get_secret_value())
    refused(lambda: verify_shared_key(text, (NEW,)))


@pytest.mark.parametrize("text", ["ключ", "\ud800", "\x00"])
def test_odd_characters_are_compared_as_they_are(text: str) -> None:
    verify_shared_key(text, (SecretStr(text),))
    refused(lambda: verify_shared_key("?", (SecretStr(text),)))


# ---------------------------------------------------------------------------------------------- signatures
@pytest.mark.parametrize("key", [NEW, OLD])
def test_signature_under_each_live_secret_passes(key: SecretStr) -> None:
    verify_hmac(signature(key), BODY, (NEW, OLD))


def test_one_right_signature_of_two_is_enough() -> None:
    verify_hmac([signature(SecretStr("third")), signature(NEW)], BODY, (NEW,))
    refused(lambda: verify_hmac([signature(OLD), signature(SecretStr("third"))], BODY, (NEW,)))


def test_a_flood_of_signatures_is_not_looked_through() -> None:
    refused(lambda: verify_hmac([*["0" * 64] * 8, signature(NEW)], BODY, (NEW,)))


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha512"])
def test_other_digests(digest: str) -> None:
    verify_hmac(signature(NEW, digest=digest), BODY, (NEW,), digest=digest)
    refused(lambda: verify_hmac(signature(NEW, digest=digest), BODY + b" ", (NEW,), digest=digest))


def test_prefix_is_part_of_the_signature() -> None:
    verify_hmac(f"sha256={signature(NEW)}", BODY, (NEW,), prefix="sha256=")
    refused(lambda: verify_hmac(signature(NEW), BODY, (NEW,), prefix="sha256="))
    refused(lambda: verify_hmac(f"SHA256={signature(NEW)}", BODY, (NEW,), prefix="sha256="))


def test_base64_must_be_the_one_true_way_to_write_it() -> None:
    right = base64.b64encode(hmac.digest(NEW.get_secret_value().encode(), BODY, hashlib.sha256)).decode()
    verify_hmac(right, BODY, (NEW,), encoding="base64")
    # The last character before the padding has bits that a decoder ignores.
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    sibling = right[:-2] + letters[letters.index(right[-2]) ^ 1] + "="
    assert base64.b64decode(sibling) == base64.b64decode(right)
    for wrong in (sibling, right.rstrip("="), f" {right}", f"{right}\n"):
        refused(partial(verify_hmac, wrong, BODY, (NEW,), encoding="base64"))


def test_parts_are_signed_as_one() -> None:
    verify_hmac(signature(NEW, b"1764.v" + BODY), (b"1764", b".v", BODY), (NEW,))


def test_a_secret_that_is_encoded_itself() -> None:
    secret = SecretStr(base64.b64encode(b"raw key").decode())
    right = hmac.new(b"raw key", BODY, hashlib.sha256).hexdigest()
    verify_hmac(right, BODY, (secret,), key_bytes=base64.b64decode)


def test_a_secret_in_the_wrong_form_lets_the_vendor_try_again() -> None:
    def decode(text: str) -> bytes:
        return base64.b64decode(text, validate=True)

    error = refused(lambda: verify_hmac("0", BODY, (SecretStr("not base64!"),), key_bytes=decode))
    assert error.status == 503


@given(st.data())
def test_no_bit_of_body_or_signature_may_change(data: st.DataObject) -> None:
    right = signature(NEW).encode()
    whole = bytearray(BODY + right)
    place = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[place // 8] ^= 1 << place % 8
    body, changed = bytes(whole[: len(BODY)]), bytes(whole[len(BODY) :]).decode("latin-1")
    refused(lambda: verify_hmac(changed, body, (NEW,)))


# ---------------------------------------------------------------------------------------------------- time
@pytest.mark.parametrize("away", [-REPLAY_WINDOW, -1, 0, 1, REPLAY_WINDOW])
def test_a_time_near_ours_passes(away: float) -> None:
    sent = NOW + timedelta(seconds=away)
    verify_time(sent, NOW)
    verify_time(sent.timestamp(), NOW)
    verify_time(str(int(sent.timestamp())), NOW)


@pytest.mark.parametrize("away", [-REPLAY_WINDOW - 1, REPLAY_WINDOW + 1, -1e9, 1e9])
def test_a_time_far_from_ours_is_stale(away: float) -> None:
    error = refused(lambda: verify_time(NOW.timestamp() + away, NOW))
    assert (error.status, error.code) == (401, "stale")


@pytest.mark.parametrize(
    "sent",
    [None, "", "x", "-5", "1e9", " 1", "١٢", "9" * 400, float("nan"), float("inf"), datetime(2026, 1, 1)],  # noqa: DTZ001
)
def test_a_time_that_is_none_is_refused(sent: datetime | float | str | None) -> None:
    assert refused(lambda: verify_time(sent, NOW)).status == 401
