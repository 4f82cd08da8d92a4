"""The calls about notification channels: make one, subscribe it to topics, look at both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.clock import rfc3339
from livechat_sdk_simulators.genesys.bodies import Body, json_list, no_body, only, truth
from livechat_sdk_simulators.genesys.channels import SOCKET, Channel, Channels
from livechat_sdk_simulators.genesys.errors import refusal
from livechat_sdk_simulators.genesys.topics import TOPICS

if TYPE_CHECKING:
    from livechat_sdk_simulators.genesys.simulator import GenesysSimulator

__all__ = ["Subscriptions"]

_ALL: Final = "/api/v2/notifications/channels"
_SUBSCRIPTIONS: Final = f"{_ALL}/{{channel}}/subscriptions"


class Subscriptions:
    """The notifications, as the API offers them."""

    def __init__(self, genesys: GenesysSimulator, channels: Channels) -> None:
        self._genesys = genesys
        self._channels = channels

    def operations(self) -> Sequence[Operation]:
        """What there is."""
        return [
            Operation("channel", "POST", _ALL, self.create),
            Operation("channel", "GET", _ALL, self.list_all),
            Operation("subscribe", "POST", _SUBSCRIPTIONS, self.add),
            Operation("subscribe", "PUT", _SUBSCRIPTIONS, self.replace),
            Operation("subscribe", "GET", _SUBSCRIPTIONS, self.show),
            Operation("subscribe", "DELETE", _SUBSCRIPTIONS, self.clear),
            Operation("topics", "GET", "/api/v2/notifications/availabletopics", self.available),
            Operation("socket", "GET", SOCKET, self.no_upgrade, public=True),
        ]

    async def create(self, call: Call) -> Response:
        """Make a channel."""
        only(call.query)
        no_body(call)
        made = self._channels.make(self._genesys.client_of(call))
        call.applied = f"channel {made.id} was made"
        return json_answer(self._shown(made))

    async def list_all(self, call: Call) -> Response:
        """The channels of this client."""
        only(call.query, "includechannels")
        client = self._genesys.client_of(call)
        mine = [self._shown(one) for one in self._channels.known.values() if one.client == client]
        return json_answer({"entities": mine})

    def _shown(self, channel: Channel) -> dict[str, str]:
        base = "ws" + self._genesys.settings.base_url.removeprefix("http")
        return {
            "connectUri": f"{base}/channels/{channel.id}",
            "id": channel.id,
            "expires": rfc3339(channel.expires),
        }

    def _of(self, call: Call) -> Channel:
        found = self._channels.known.get(call.part("channel"))
        if found is None or found.client != self._genesys.client_of(call):
            raise refusal("not.found")
        return found

    async def add(self, call: Call) -> Response:
        """Subscribe to more topics; the channel lives on for its time."""
        return self._subscribe(call, self._of(call), keep=True)

    async def replace(self, call: Call) -> Response:
        """Subscribe to these topics and no others."""
        return self._subscribe(call, self._of(call), keep=False)

    def _subscribe(self, call: Call, channel: Channel, *, keep: bool) -> Response:
        only(call.query, "ignoreErrors")
        lenient = truth(call.query, "ignoreErrors")
        asked = [_topic(one) for one in json_list(call)]
        answers = [self._channels.judged(topic, lenient=lenient) for topic in asked]
        topics = dict(channel.topics) if keep else {}
        topics |= {one["id"]: None for one in answers if one["state"] == "Permitted"}
        self._channels.subscribe(channel, topics)
        call.applied = f"channel {channel.id} has {len(topics)} topics"
        return json_answer({"entities": answers})

    async def show(self, call: Call) -> Response:
        """The topics of a channel."""
        only(call.query)
        entities = [{"id": one, "state": "Permitted"} for one in self._of(call).topics]
        return json_answer({"entities": entities})

    async def clear(self, call: Call) -> Response:
        """Subscribe to nothing."""
        only(call.query)
        channel = self._of(call)
        self._channels.subscribe(channel, {})
        call.applied = f"channel {channel.id} has 0 topics"
        return json_answer({})

    async def available(self, call: Call) -> Response:
        """The topics that there are."""
        only(call.query, "expand", "includePreview")
        entities = [
            {
                "id": topic,
                "description": "",
                "requiresPermissions": list(rights),
                "visibility": "Public",
                "transports": ["All"],
                "topicParameters": ["id"],
            }
            for topic, rights in TOPICS.items()
        ]
        return json_answer({"entities": entities})

    async def no_upgrade(self, call: Call) -> Response:
        """A plain request where a WebSocket belongs."""
        raise VendorError(426, "bad.request", "Upgrade Required", headers={"upgrade": "websocket"})


def _topic(value: object) -> str:
    body = Body(value, "ChannelTopic")
    topic = body.text("id")
    body.end()
    return topic
