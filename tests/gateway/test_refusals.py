"""Refusals: the answer to each error of the SDK, and nothing that the caller must not see."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from livechat_sdk import errors
from livechat_sdk.errors import (
    AuthError,
    ConfigurationError,
    Conflict,
    ErasureRefused,
    Expect,
    FileMissing,
    FileRefused,
    FilesUnavailable,
    HandoffNotFound,
    IntegrationNotFound,
    InvalidInput,
    LivechatError,
    MessageTooLarge,
    PluginError,
    ProtocolError,
    ProviderError,
    RejectedError,
    RetryableError,
    StoreError,
    StoreLocked,
    UnavailableError,
    UnknownBot,
    UnsupportedFeature,
)
from livechat_sdk.gateway.refusals import Refusal, internal, refusal_for
from tests.gateway.world import World, error_of

VENDOR_ERRORS = (ProviderError, AuthError, RetryableError, RejectedError, UnavailableError, ProtocolError)
CASES: list[tuple[LivechatError, int, str]] = [
    (MessageTooLarge(70_000, 65_536), 413, "message_too_large"),
    (UnknownBot("shop", ["shop-bot"]), 422, "unknown_bot"),
    (HandoffNotFound("h-9"), 404, "handoff_not_found"),
    (IntegrationNotFound("x", ["acme"]), 404, "unknown_integration"),
    (InvalidInput("the message is empty"), 422, "invalid_input"),
    (ErasureRefused("handoff h-9 is live"), 422, "invalid_input"),
    (UnsupportedFeature("no typing"), 422, "unsupported"),
    (FileRefused("too_large", "the file is too large"), 413, "file_too_large"),
    (FileRefused("empty", "the file is empty"), 422, "file_empty"),
    (FileRefused("kind", "a program"), 415, "file_kind"),
    (FileRefused("infected", "the scanner refused the file"), 422, "file_infected"),
    (FileRefused("too_many", "ten at most"), 422, "too_many_files"),
    (FileRefused("full", "no room"), 507, "files_full"),
    (FileMissing("it was erased"), 422, "file_missing"),
    (FilesUnavailable("canary"), 503, "files_unavailable"),
    (StoreError("postgresql://me:canary@db is down"), 503, "store_unavailable"),
    (StoreLocked("canary"), 503, "store_unavailable"),
    (Conflict("canary"), 503, "busy"),
    (Expect(1, 1, 0), 503, "busy"),
    *((kind("canary", body="canary"), 502, "provider_failed") for kind in VENDOR_ERRORS),
    (ConfigurationError("canary"), 500, "internal_error"),
    (PluginError("acme", "canary"), 500, "internal_error"),
]


def _crash() -> None:
    raise RuntimeError("canary")


def _error(refusal: Refusal) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(bytes(refusal.answer().body))
    return dict(document["error"])


@pytest.mark.parametrize(("error", "status", "code"), CASES, ids=lambda value: type(value).__name__)
def test_each_error_has_its_answer(error: LivechatError, status: int, code: str) -> None:
    refusal = refusal_for(error)
    assert (refusal.status, refusal.code) == (status, code)
    assert "canary" not in json.dumps(_error(refusal))


def test_no_public_error_is_without_an_answer() -> None:
    made = {type(error) for error, _, _ in CASES}
    # A rejected webhook is answered by its own route; a problem is a part of a configuration error.
    every = {getattr(errors, name) for name in errors.__all__} - {errors.Problem, errors.WebhookRejected}
    assert every - made == {LivechatError}


@pytest.mark.parametrize("error", [StoreError("x"), Conflict("x")])
def test_what_may_work_later_says_when(error: LivechatError) -> None:
    answer = refusal_for(error).answer()
    assert int(answer.headers["retry-after"]) > 0


def test_too_large_message_tells_size_and_limit() -> None:
    error = _error(refusal_for(MessageTooLarge(70_000, 65_536)))
    assert (error["size"], error["limit"]) == (70_000, 65_536)


def test_unknown_integration_does_not_tell_which_ones_there_are() -> None:
    assert "acme" not in json.dumps(_error(refusal_for(IntegrationNotFound("x", ["acme"]))))


def test_unexpected_error_leaves_a_reference_that_the_log_has_too(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(RuntimeError) as caught:
        _crash()
    refusal = internal(caught.value)
    reference = _error(refusal)["reference"]
    assert "canary" not in json.dumps(_error(refusal))
    assert reference in caplog.text
    assert "RuntimeError: canary" in caplog.text


def test_refusal_can_quote_anything() -> None:
    refusal = Refusal(404, "x", "\ud800 <script> \x00 ж")
    assert _error(refusal)["message"] == "\ud800 <script> \x00 ж"
    assert bytes(refusal.answer().body).isascii()


async def test_store_that_is_down_is_a_503_that_says_try_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(handoff_id: str) -> None:
        raise StoreError("sqlite:///secret/place/canary.db: disk I/O error")

    monkeypatch.setattr(world.dispatcher.store, "load", broken)
    answer = await world.client.get("/v1/handoffs/h-1")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert error_of(answer)["code"] == "store_unavailable"
    assert "canary" not in answer.text


async def test_bug_is_a_500_without_a_stack_trace(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def buggy(handoff_id: str) -> None:
        raise KeyError("canary")

    monkeypatch.setattr(world.dispatcher.store, "load", buggy)
    with caplog.at_level(logging.ERROR):
        answer = await world.client.get("/v1/handoffs/h-1")
    assert answer.status_code == 500
    error = error_of(answer)
    assert error["reference"] in caplog.text
    assert "canary" not in answer.text
    assert "Traceback" not in answer.text
