"""Every exception is one kind of failure, and the kind says whether anything may have been done."""

from __future__ import annotations

import pytest

from livechat_sdk.errors import (
    AuthError,
    IntegrationNotFound,
    PluginError,
    ProtocolError,
    ProviderError,
    RejectedError,
    RetryableError,
    UnavailableError,
    UnsupportedFeature,
)
from livechat_sdk.relay.failures import CERTAIN, FailureKind, failure_of

F = FailureKind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RetryableError("no connection", sent=False), F.NEVER_LEFT),
        (IntegrationNotFound("gone"), F.NEVER_LEFT),
        (RetryableError("slow down", status=429), F.THROTTLED),
        (RetryableError("slow down", status=429, sent=False), F.THROTTLED),
        (RetryableError("503", status=503, retry_after=5), F.UNCLEAR),
        (RetryableError("lost", sent=True), F.UNCLEAR),
        (ProviderError("something"), F.UNCLEAR),
        (TimeoutError(), F.UNCLEAR),
        (ConnectionResetError(), F.UNCLEAR),
        (PluginError("tickets", "made no ticket"), F.UNCLEAR),
        (RejectedError("no"), F.REFUSED),
        (AuthError("bad key"), F.UNAUTHORISED),
        (UnavailableError("closed"), F.UNAVAILABLE),
        (UnsupportedFeature("no typing"), F.UNSUPPORTED),
        (ProtocolError("no id in it"), F.MALFORMED),
        (KeyError("id"), F.BUG),
        (AssertionError(), F.BUG),
    ],
    ids=lambda value: repr(value) if isinstance(value, BaseException) else str(value),
)
def test_kind_of_an_exception(error: BaseException, kind: FailureKind) -> None:
    failure = failure_of(error)
    assert failure.kind is kind
    assert failure.certain is (kind in CERTAIN)


def test_kinds_are_all_reached_and_no_provider_error_counts_as_a_bug() -> None:
    classes: list[type[ProviderError]] = [ProviderError, *ProviderError.__subclasses__()]
    assert len(classes) > 5
    assert not [one for one in classes if failure_of(one("x")).kind is F.BUG]


def test_malformed_answer_to_what_provably_never_left_leaves_no_doubt() -> None:
    failure = failure_of(ProtocolError("the token has no expiry", sent=False))
    assert (failure.kind, failure.certain) == (F.MALFORMED, True)


def test_wish_of_the_vendor_is_kept_and_never_negative() -> None:
    assert failure_of(RetryableError("x", status=429, retry_after=7.5)).retry_after == 7.5
    assert failure_of(RetryableError("x", status=503, retry_after=-1)).retry_after == 0.0
    assert failure_of(RetryableError("x", status=503)).retry_after is None


def test_text_names_the_class_and_is_short() -> None:
    assert failure_of(TimeoutError()).text == "TimeoutError"
    assert failure_of(RejectedError("no emoji", provider="desk")).text == "RejectedError: desk: no emoji"
    assert len(failure_of(ValueError("x" * 5000)).text) == 1000
