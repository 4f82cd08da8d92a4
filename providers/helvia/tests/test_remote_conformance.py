"""The remote form, put to every case of the conformance kit over a desk in another application."""

from __future__ import annotations

import pytest

from livechat_sdk_helvia.remote.conformance import make_rig
from livechat_sdk_testing.conformance import all_cases, conformance_suite
from livechat_sdk_testing.conformance.runner import reasons

TestRemote = pytest.mark.feature("API-03", "API-05")(conformance_suite(make_rig, name="TestRemote"))


def test_the_remote_form_is_put_to_what_it_declares() -> None:
    played = set(all_cases()) - set(reasons(make_rig, all_cases().values()))
    assert len(played) >= 200
    assert {
        "webhooks.rotated_secrets",
        "presence.transferred_in_a_conversation",
        "statuses.503_of_close",
        "malformed.open_truncated",
        "pairs.keep_conversations_apart",
    } <= played
