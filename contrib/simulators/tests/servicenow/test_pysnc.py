"""ServiceNow's own client for Python works against the simulator, over a real socket.

It speaks HTTPS alone, which the simulator does not: its requests are sent in the clear here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from contrib.simulators.tests.support_bench import RealClock, listen, served
from livechat_sdk_simulators.servicenow.settings import ServiceNowSettings
from livechat_sdk_simulators.servicenow.simulator import ServiceNowSimulator
from livechat_sdk_simulators.serving import address_of

REASON = "pysnc is not installed: make setup, with the group yardsticks"
pysnc: Any = pytest.importorskip("pysnc", reason=REASON)
errors: Any = pytest.importorskip("pysnc.exceptions", reason=REASON)
adapters: Any = pytest.importorskip("requests.adapters", reason=REASON)
flows: Any = pytest.importorskip("pysnc.auth", reason=REASON)

ServiceNow = tuple[ServiceNowSimulator, Any]


@pytest.fixture
async def servicenow(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ServiceNow]:
    """The simulator, and a client of pysnc."""
    listener = listen()
    address = address_of(listener).replace("http://", "https://")
    send = adapters.HTTPAdapter.send

    def in_the_clear(self: Any, request: Any, **more: Any) -> Any:
        request.url = request.url.replace("https://127.0.0.1", "http://127.0.0.1", 1)
        return send(self, request, **more)

    monkeypatch.setattr(adapters.HTTPAdapter, "send", in_the_clear)
    simulator = ServiceNowSimulator(ServiceNowSettings(base_url=address), RealClock())
    mine = simulator.settings
    async with served(simulator, listener):
        client = pysnc.ServiceNowClient(address, (mine.user_name, mine.password), auto_retry=False)
        with client.session:
            yield simulator, client


async def _call(work: Callable[[], Any]) -> Any:
    """Run what blocks in a thread of its own."""
    return await asyncio.to_thread(work)


def _insert(client: Any, **values: str) -> Any:
    incident = client.GlideRecord("incident")
    incident.initialize()
    for name, value in values.items():
        incident.set_value(name, value)
    assert incident.insert()
    return incident


async def test_incident_is_made_commented_on_and_read(servicenow: ServiceNow) -> None:
    simulator, client = servicenow
    ann = await simulator.human.add_contact(name="Ann Mavrou", email="ann@acme.example")

    def work() -> Any:
        incident = _insert(client, short_description="Order 7", caller_id=ann, correlation_id="h-1")
        assert (str(incident.number), incident.get_display_value("caller_id")) == ("INC0010001", "Ann Mavrou")
        incident.set_value("comments", "We are on it.")
        assert incident.update()
        incident.set_value("work_notes", "Sent again")
        assert incident.update()
        again = client.GlideRecord("incident")
        assert again.get(str(incident.sys_id))
        found = client.GlideRecord("incident")
        found.add_query("correlation_id", "h-1")
        found.query()
        assert [str(one.number) for one in found] == ["INC0010001"]
        return again.get_display_value("state"), again.get_value("state")

    assert await _call(work) == ("New", "1")
    said = [(one.text, one.public) for one in await simulator.human.comments("h-1")]
    assert said == [("We are on it.", True), ("Sent again", False)]


async def test_pages_are_walked(servicenow: ServiceNow) -> None:
    _, client = servicenow

    def work() -> list[str]:
        for number in range(5):
            _insert(client, short_description=f"Order {number}")
        found = client.GlideRecord("incident", batch_size=2)
        found.add_query("short_description", "STARTSWITH", "Order")
        found.order_by_desc("number")
        found.query()
        assert found.get_row_count() == 5
        return [str(one.short_description) for one in found]

    assert await _call(work) == [f"Order {number}" for number in (4, 3, 2, 1, 0)]


async def test_file_is_attached_and_read(servicenow: ServiceNow) -> None:
    _, client = servicenow

    def work() -> list[bytes]:
        incident = _insert(client, short_description="File")
        incident.add_attachment("a.log", b"log", "text/plain")
        return [one.read() for one in incident.get_attachments()]

    assert await _call(work) == [b"log"]


async def test_token_is_taken_for_a_client(servicenow: ServiceNow) -> None:
    simulator, client = servicenow
    mine = simulator.settings

    def work() -> Any:
        flow = flows.ServiceNowClientCredentialsFlow(mine.client_id, mine.client_secret)
        other = pysnc.ServiceNowClient(client.instance, flow, auto_retry=False)
        with other.session:
            return str(_insert(other, short_description="x").number)

    assert await _call(work) == "INC0010001"


async def test_errors_are_those_that_the_client_knows(servicenow: ServiceNow) -> None:
    simulator, client = servicenow

    def refused() -> None:
        closed = _insert(client, short_description="x")
        closed.set_value("state", "6")
        closed.update()

    with pytest.raises(errors.RoleException, match="Data Policy Exception"):
        await _call(refused)
    assert await _call(lambda: client.GlideRecord("incident").get("0" * 32)) is False
    with pytest.raises(errors.RequestException, match="Invalid table"):
        await _call(lambda: client.GlideRecord("nothing").query())
    stranger = pysnc.ServiceNowClient(client.instance, ("livechat.bot", "guess"), auto_retry=False)
    with stranger.session, pytest.raises(errors.AuthenticationException, match="Not Authenticated"):
        await _call(lambda: stranger.GlideRecord("incident").query())
    wrong = flows.ServiceNowClientCredentialsFlow(simulator.settings.client_id, "guess")
    with pytest.raises(errors.AuthenticationException, match="access_denied"):
        await _call(lambda: wrong.authenticate(client.instance))
