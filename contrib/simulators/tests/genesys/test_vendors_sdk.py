"""The vendor's own client in Python works against the simulator, served over a real socket.

It is generated from the vendor's API document and makes objects of every answer. Loading its 6 000 modules
takes seconds, so that it is done in the test.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import threading
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
import websockets

from contrib.simulators.tests.genesys.test_real_sockets import serving
from contrib.simulators.tests.genesys_bench import DETAILS

_SDK = "PureCloudPlatformClientV2"
_T = TypeVar("_T")

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec(_SDK) is None,
        reason="purecloudplatformclientv2 is not installed: make setup",
    ),
    pytest.mark.slow,
    pytest.mark.timeout(180),
]


@pytest.fixture
def sdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The client, which finds no settings of whoever runs the test."""
    monkeypatch.setenv("HOME", str(tmp_path))
    # It watches a file of settings from a thread that never ends.
    monkeypatch.setattr("watchdog.observers.Observer.start", lambda _: None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(_SDK)


async def _call(method: Callable[..., _T], *arguments: Any, **more: Any) -> _T:
    async with asyncio.timeout(60):
        return await asyncio.to_thread(method, *arguments, **more)


def _message(sdk: Any, user: str, text: str) -> Any:
    sender = sdk.OpenMessagingFromRecipient()
    sender.id, sender.id_type, sender.nickname = user, "Opaque", "Maria"
    channel = sdk.OpenInboundMessageMessagingChannel()
    channel.pcFrom, channel.time, channel.message_id = sender, datetime.now(UTC), "m-1"
    message = sdk.OpenInboundNormalizedMessage()
    message.channel, message.text = channel, text
    return message


async def test_vendors_own_client_hands_off_listens_and_disconnects(sdk: Any) -> None:
    async with serving() as (genesys, _):
        mine = genesys.settings
        client = sdk.api_client.ApiClient(host=mine.base_url)
        await _call(client.get_client_credentials_token, mine.client_id, mine.client_secret)
        conversations, notifications = sdk.ConversationsApi(client), sdk.NotificationsApi(client)

        sent = await _call(
            conversations.post_conversations_message_inbound_open_message,
            mine.integration_id,
            _message(sdk, "u-1", "I need a human"),
            prefetch_conversation_id=True,
        )
        assert (sent.type, sent.text, sent.channel.message_id) == ("Text", "I need a human", "m-1")
        assert await genesys.human.texts("u-1") == ["I need a human"]

        channel = await _call(notifications.post_notifications_channels)
        topic = sdk.ChannelTopic()
        topic.id = f"{DETAILS}{sent.conversation_id}.customer.end"
        listed = await _call(notifications.post_notifications_channel_subscriptions, channel.id, [topic])
        assert [(one.id, one.state) for one in listed.entities] == [(topic.id, "Permitted")]

        await genesys.human.join("u-1", "Eleni")
        shown = await _call(conversations.get_conversations_message, sent.conversation_id)
        legs = [(one.purpose, one.state, one.name) for one in shown.participants]
        assert (legs[0], legs[-1]) == (("customer", "connected", "Maria"), ("agent", "connected", "Eleni"))
        whole = await _call(conversations.get_conversation, sent.conversation_id)
        assert [one.id for one in whole.participants] == [one.id for one in shown.participants]
        assert whole.participants[-1].messages[0].state == "connected"
        said = await genesys.human.say("u-1", "Hello")
        details = await _call(conversations.get_conversations_message_details, said)
        assert (details.normalized_message.text, details.direction, details.created_by.name) == (
            "Hello",
            "outbound",
            "Eleni",
        )

        async with asyncio.timeout(60), websockets.connect(channel.connect_uri, proxy=None) as socket:
            change = sdk.MediaParticipantRequest()
            change.state = "disconnected"
            customer = shown.participants[0].id
            await _call(
                conversations.patch_conversations_message_participant,
                sent.conversation_id,
                customer,
                body=change,
            )
            frame = json.loads(await socket.recv())
        assert (frame["topicName"], frame["eventBody"]["disconnectType"]) == (topic.id, "CLIENT")
        ended = await _call(conversations.get_conversations_message, sent.conversation_id)
        assert {one.state for one in ended.participants} == {"disconnected"}
        assert ended.participants[-1].disconnect_type == "peer"

        second = await _call(
            conversations.post_conversations_message_inbound_open_message,
            mine.integration_id,
            _message(sdk, "u-2", "Me too"),
            prefetch_conversation_id=True,
        )
        await _call(conversations.post_conversation_disconnect, second.conversation_id)
        assert [one.state for one in await genesys.human.chats()] == ["ended", "ended"]

        with pytest.raises(sdk.rest.ApiException) as caught:
            await _call(conversations.get_conversations_message, "nobody")
        assert caught.value.status == 404
        assert json.loads(caught.value.body)["code"] == "conversation.error.conversation.not.found"
        assert caught.value.headers["ININ-Correlation-Id"]
        client.http_client.rest_client.pool_manager.clear()
    assert not [one for one in threading.enumerate() if "Observer" in type(one).__name__ and one.is_alive()]


async def test_vendors_own_client_reads_what_there_is_to_look_up(sdk: Any) -> None:
    async with serving(analytics_lag=0) as (genesys, _):
        mine = genesys.settings
        client = sdk.api_client.ApiClient(host=mine.base_url)
        await _call(client.get_client_credentials_token, mine.client_id, mine.client_secret)
        conversations, routing = sdk.ConversationsApi(client), sdk.RoutingApi(client)

        me = await _call(sdk.TokensApi(client).get_tokens_me)
        assert me.o_auth_client.id == mine.client_id
        integration = await _call(
            conversations.get_conversations_messaging_integrations_open_integration_id, mine.integration_id
        )
        assert (integration.create_status, integration.status) == ("Completed", "Active")
        recipient = await _call(routing.get_routing_message_recipient, integration.recipient.id)
        assert recipient.flow.active

        queues = await _call(routing.get_routing_queues, name="Support")
        [queue] = queues.entities
        wait = await _call(routing.get_routing_queue_mediatype_estimatedwaittime, queue.id, "message")
        assert [one.estimated_wait_time_seconds for one in wait.results] == [0]
        predicate = sdk.QueueObservationQueryPredicate()
        predicate.type, predicate.dimension, predicate.value = "dimension", "queueId", queue.id
        query = sdk.QueueObservationQuery()
        query.filter, query.metrics = sdk.QueueObservationQueryFilter(), ["oWaiting", "oOnQueueUsers"]
        query.filter.type, query.filter.predicates = "or", [predicate]
        observed = await _call(sdk.AnalyticsApi(client).post_analytics_queues_observations_query, query)
        counts = {one.metric: one.stats.count for each in observed.results for one in each.data}
        assert counts == {"oOnQueueUsers": 3, "oWaiting": 0}

        groups = await _call(sdk.ArchitectApi(client).get_architect_schedulegroups)
        assert [one.time_zone for one in groups.entities] == ["Europe/Athens"]
        contacts = sdk.ExternalContactsApi(client)
        found = await _call(contacts.get_externalcontacts_reversewhitepageslookup, "maria@customer.example")
        assert [one.first_name for one in found.contacts] == ["Maria"]
        window = await _call(conversations.get_conversations_messaging_threadingtimeline)
        assert [(one.messenger_type, one.timeout_in_minutes) for one in window.settings] == [("open", 4320)]

        sent = await _call(
            conversations.post_conversations_message_inbound_open_message,
            mine.integration_id,
            _message(sdk, "u-1", "I need a human"),
        )
        assert sent.conversation_id is None
        said = await genesys.human.say("u-1", "Hello", file=("a.png", "image/png", b"png!"))
        [chat] = await genesys.human.chats()
        listed = await _call(
            conversations.post_conversations_message_messages_bulk, chat.id, body=[said, sent.id]
        )
        assert [one.normalized_message.text for one in listed.entities] == ["Hello", "I need a human"]
        receipt, to = sdk.OpenInboundNormalizedReceipt(), sdk.OpenMessagingToRecipient()
        to.id = "u-1"
        receipt.id, receipt.status, receipt.channel = (
            said,
            "Delivered",
            sdk.OpenInboundMessagingReceiptChannel(),
        )
        receipt.channel.to, receipt.channel.time = to, datetime.now(UTC)
        taken = await _call(
            conversations.post_conversations_message_inbound_open_receipt, mine.integration_id, receipt
        )
        assert (taken.type, taken.status) == ("Receipt", "Delivered")
        client.http_client.rest_client.pool_manager.clear()
