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

from livechat_sdk.errors import WebhookRejected
from livechat_sdk.provider import verify_hmac
from livechat_sdk_testing.hostile import webhook
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
