"""Mutated webhooks: no forgery is taken, whatever is authentic is read or refused, nothing breaks.

``make soak`` sends 100 000 to each route. A seed that fails is played again with
``FUZZ_SEED=1234 make test ARGS=tests/fuzz``.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from livechat_sdk.errors import WebhookRejected
from livechat_sdk.provider import WebhookDelivery, verify_hmac, verify_shared_key
from livechat_sdk_testing.hostile import webhook
from livechat_sdk_testing.hostile.webhook import WEBHOOK_KEY
from livechat_sdk_zendesk import events, tickets
from tests.fuzz.routes import KINDS
from tests.fuzz.running import run

SEED = int(os.environ.get("FUZZ_SEED", "0"))
MUTATIONS = 1 if "FUZZ_SEED" in os.environ else 2000


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of refusals are logged."""
    logger = logging.getLogger("livechat_sdk")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(before)


@pytest.mark.parametrize("name", KINDS)
async def test_no_forgery_is_taken_and_nothing_breaks(tmp_path: Path, name: str) -> None:
    findings = await run(tmp_path, name, range(SEED, SEED + MUTATIONS))
    assert findings.wrong == [], findings.answers
    if MUTATIONS > 1:
        assert findings.answers["authentic 200"] > 20, "altered bodies under the right proof are read"
        assert findings.answers["proof 401"] > 200


def _ignores_case(given: str | None, signed: bytes, keys: Any) -> None:
    verify_hmac((given or "").lower(), signed, keys)


def _ignores_white_space(given: str | None, signed: bytes, keys: Any) -> None:
    verify_hmac(given, json.dumps(json.loads(signed)).encode(), keys)


def _compares_half(given: str | None, signed: bytes, keys: Any) -> None:
    right = KINDS["hostile"].proof(signed, datetime.now(UTC))
    if (given or "")[:32] != right[:32]:
        raise WebhookRejected("the signature is wrong")


def _trusts_everybody(given: str | None, signed: bytes, keys: Any) -> None:
    return None


def _crashes(given: str | None, signed: bytes, keys: Any) -> None:
    verify_hmac(given, signed, keys)
    signed.decode("ascii")


@pytest.mark.parametrize(
    "fault", [_ignores_case, _ignores_white_space, _compares_half, _trusts_everybody, _crashes]
)
async def test_planted_faults_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Callable[..., None]
) -> None:
    monkeypatch.setattr(webhook, "verify_hmac", fault)
    findings = await run(tmp_path, "hostile", range(2000))
    assert findings.wrong


def _compares_the_start(given: str | None, keys: Any, **_: str) -> None:
    if not (given or "").startswith(keys[0].get_secret_value()):
        raise WebhookRejected("the key is wrong")


def _compares_without_blanks(given: str | None, keys: Any, **_: str) -> None:
    if (given or "").strip() != keys[0].get_secret_value():
        raise WebhookRejected("the key is wrong")


@pytest.mark.parametrize("fault", [_compares_the_start, _compares_without_blanks])
async def test_planted_faults_in_the_look_at_a_key_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Callable[..., None]
) -> None:
    monkeypatch.setattr(events, "verify_shared_key", fault)
    assert (await run(tmp_path, "zendesk", range(500))).wrong


async def test_key_of_messaging_taken_for_a_ticket_event_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prove_by_any(delivery: WebhookDelivery, keys: Any) -> None:
        verify_shared_key(delivery.header("X-API-Key"), [SecretStr(WEBHOOK_KEY)], what="the key")

    monkeypatch.setattr(events, "prove_ticket", prove_by_any)
    assert (await run(tmp_path, "zendesk", range(500))).wrong


async def test_time_that_is_not_looked_at_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "verify_time", lambda *_, **__: None)
    assert (await run(tmp_path, "tickets", range(500))).wrong
