"""The kit over the recordings of Dynamics: a look-up with every answer that may go wrong."""

from __future__ import annotations

from livechat_sdk.domain.people import EndUser
from livechat_sdk_testing.conformance.recorded import RecordedCall, check_recorded_call
from providers.dynamics.tests.bench import RECORDINGS, build

NOBODY = EndUser(id="u-1", email="nobody@example.com")


async def test_whatever_is_answered_it_is_an_answer_or_a_failure_of_the_right_kind() -> None:
    call = RecordedCall(
        "find",
        ("token/given", "contact/nobody"),
        lambda one: one.livechat_find_contact(NOBODY, "shop-bot"),
    )
    assert await check_recorded_call(call, RECORDINGS, build) >= 12
