"""Signatures of outgoing webhooks, checked by the reference library."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from standardwebhooks import Webhook, WebhookVerificationError

from livechat_sdk.errors import ConfigurationError
from livechat_sdk.gateway.signing import Signer, delivery_id
from tests.gateway.platform import OLD_SECRET, SECRET

BODY = '{"type": "handoff.message", "data": "Γειά"}'.encode()


def test_signature_of_the_published_example() -> None:
    # The example of the specification (standard-webhooks.md, "Signature scheme", and its reference tests).
    signer = Signer([SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")])
    headers = signer.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', datetime.fromtimestamp(1614265330, UTC)
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("known", [SECRET, OLD_SECRET])
def test_while_the_secret_rotates_whoever_knows_either_can_verify(known: str) -> None:
    headers = Signer([SecretStr(SECRET), SecretStr(OLD_SECRET)]).headers("msg_1", BODY, datetime.now(UTC))
    assert Webhook(known).verify(BODY, dict(headers))["data"] == "Γειά"
    assert len(headers["webhook-signature"].split(" ")) == 2


def test_other_secrets_bodies_ids_and_times_do_not_verify() -> None:
    headers = dict(Signer([SecretStr(SECRET)]).headers("msg_1", BODY, datetime.now(UTC)))
    Webhook(SECRET).verify(BODY, headers)
    for secret, body, changes in (
        (OLD_SECRET, BODY, {}),
        (SECRET, BODY + b" ", {}),
        (SECRET, BODY, {"webhook-id": "msg_2"}),
        (SECRET, BODY, {"webhook-timestamp": str(int(headers["webhook-timestamp"]) - 1)}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, {**headers, **changes})


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "a-secret-of-thirty-two-characters",
        "whsec_not base64 at all, whatever",
        "whsec_" + base64.b64encode(b"x" * 23).decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
        "WHSEC_" + base64.b64encode(b"x" * 32).decode(),
    ],
)
def test_secret_without_the_form_is_refused_and_not_shown(secret: str) -> None:
    for secrets in ([SecretStr(secret)], [SecretStr(SECRET), SecretStr(secret)]):
        with pytest.raises(ConfigurationError, match="whsec_") as caught:
            Signer(secrets)
        assert len(secret) < 10 or secret not in str(caught.value)
    with pytest.raises(ConfigurationError):
        Signer([])


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_ids_are_plain_and_differ_where_kind_or_key_differ(
    kind: str, key: str, other_kind: str, other_key: str
) -> None:
    mine, other = delivery_id(kind, key), delivery_id(other_kind, other_key)
    assert mine == delivery_id(kind, key)
    assert mine.removeprefix("msg_").isalnum()
    assert len(mine) == 44
    if "\0" not in kind + other_kind:
        assert (mine == other) == ((kind, key) == (other_kind, other_key))
