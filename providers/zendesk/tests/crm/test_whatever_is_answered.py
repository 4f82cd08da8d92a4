"""The kit over the recordings of Zendesk's people: a look-up with every answer that may go wrong."""

from __future__ import annotations

from livechat_sdk.domain.people import EndUser
from livechat_sdk_testing.conformance.recorded import RecordedCall, check_recorded_call
from providers.zendesk.tests.crm.bench import RECORDINGS, build


async def test_whatever_is_answered_it_is_an_answer_or_a_failure_of_the_right_kind() -> None:
    call = RecordedCall(
        "find",
        ("token/given", "contact/no-id"),
        lambda one: one.livechat_find_contact(EndUser(id="u-1"), "shop-bot"),
        fine=frozenset({409}),  # what two callers do at once: a thing for later, not a refusal
    )
    assert await check_recorded_call(call, RECORDINGS, build) >= 12
