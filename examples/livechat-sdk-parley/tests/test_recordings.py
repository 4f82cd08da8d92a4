"""What the vendor really answers, and what the provider makes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path

from livechat_sdk import EndUser, Registry
from livechat_sdk.domain.handoff import Route
from livechat_sdk.provider.interface import ChatOpening
from livechat_sdk_testing.conformance.recorded import RecordedCall, check_recorded_call
from livechat_sdk_testing.recordings import Recordings

from livechat_sdk_parley import plugin, provider

HERE = Path(__file__).parent
RECORDINGS = Recordings(HERE / "recordings", HERE / "api.yaml")
SETTINGS = {
    "type": "PARLEY_LIVECHAT",
    "name": "parley",
    "baseUrl": "https://parley.example",
    "clientId": "livechat",
    "clientSecret": "a-client-secret-of-the-recordings",
    "webhookKey": "a-webhook-key-of-the-recordings",
}
OPENING = ChatOpening(
    handoff_id="h-1",
    conversation_id="c-1",
    attempt=1,
    ref="h-1.1",
    bot="shop",
    user=EndUser(id="u-1", name="Maria Example"),
    route=Route(integration="parley", bot="shop"),
    requested_at=datetime(2026, 11, 26, 9, 30, tzinfo=UTC),
)


def make_provider() -> provider.ParleyProvider:
    built = Registry({"parley": plugin}).build(SETTINGS)
    assert isinstance(built, provider.ParleyProvider)
    return built


def test_is_found_by_its_entry_point() -> None:
    found = entry_points(group="livechat_sdk", name="parley")
    assert found, 'not installed yet: run `pip install -e ".[dev]"` in the folder of this package'
    assert [entry.load() for entry in found] == [plugin]


def test_recordings_agree_with_the_api_document() -> None:
    RECORDINGS.validate()


async def test_a_chat_is_opened_as_recorded() -> None:
    adapter = make_provider()
    with RECORDINGS.replay("token/granted", "open/opened"):
        chat = await adapter.open(OPENING)
    await adapter.stop()
    assert (chat.ref, chat.vendor_ref) == ("h-1.1", "chat-17")


async def test_whatever_is_answered_is_a_chat_or_a_failure_with_a_name() -> None:
    call = RecordedCall("open", ("token/granted", "open/opened"), lambda adapter: adapter.open(OPENING))
    assert await check_recorded_call(call, RECORDINGS, make_provider) > 1
