"""Microsoft's client for Python works against the simulator, over a real socket.

It speaks HTTPS alone, which the simulator does not: its requests are sent in the clear here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import httpx
import pytest

from contrib.simulators.tests.support_bench import RealClock, listen, served
from livechat_sdk_simulators.dynamics.settings import DynamicsSettings
from livechat_sdk_simulators.dynamics.simulator import DynamicsSimulator
from livechat_sdk_simulators.serving import address_of

REASON = "PowerPlatform-Dataverse-Client is not installed: make setup, with the group yardsticks"
dataverse: Any = pytest.importorskip("PowerPlatform.Dataverse.client", reason=REASON)
errors: Any = pytest.importorskip("PowerPlatform.Dataverse.core.errors", reason=REASON)
credentials: Any = pytest.importorskip("azure.core.credentials", reason=REASON)
adapters: Any = pytest.importorskip("requests.adapters", reason=REASON)


class _Credential:
    """A credential as azure-identity has them, for the simulator's own token endpoint."""

    def __init__(self, simulator: DynamicsSimulator, address: str, secret: str) -> None:
        self._settings = simulator.settings
        self._address = address
        self._secret = secret

    def get_token(self, *scopes: str, **_: Any) -> Any:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._settings.client_id,
            "client_secret": self._secret,
            "scope": scopes[0],
        }
        url = f"{self._address}/{self._settings.tenant_id}/oauth2/v2.0/token"
        body = httpx.post(url, data=form, trust_env=False).json()
        until = int(time.time()) + int(body.get("expires_in", 0))
        return credentials.AccessToken(body.get("access_token", "none"), until)


class Dynamics(NamedTuple):
    simulator: DynamicsSimulator
    client: Any
    stranger: Any
    """The same with a wrong secret."""


@pytest.fixture
async def dynamics(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Dynamics]:
    listener = listen()
    address = address_of(listener)
    simulator = DynamicsSimulator(
        DynamicsSettings(base_url=address.replace("http://", "https://"), page_size=2), RealClock()
    )
    send = adapters.HTTPAdapter.send

    def in_the_clear(self: Any, request: Any, **more: Any) -> Any:
        request.url = request.url.replace("https://127.0.0.1", "http://127.0.0.1", 1)
        return send(self, request, **more)

    monkeypatch.setattr(adapters.HTTPAdapter, "send", in_the_clear)
    secret, base = simulator.settings.client_secret, simulator.settings.base_url
    async with served(simulator, listener):
        clients = [
            dataverse.DataverseClient(base, _Credential(simulator, address, one)) for one in (secret, "guess")
        ]
        with clients[0], clients[1]:
            yield Dynamics(simulator, *clients)


async def _call(work: Callable[[], Any]) -> Any:
    """Run what blocks in a thread of its own."""
    return await asyncio.to_thread(work)


async def test_contact_is_searched_and_got(dynamics: Dynamics) -> None:
    human, client = dynamics.simulator.human, dynamics.client
    account = await human.add_account(name="Acme")
    ann = await human.add_contact(
        firstname="Ann", lastname="O'Hara", emailaddress1="o'hara+web@acme.example", account=account
    )
    await human.add_contact(lastname="Other")
    found = await _call(
        lambda: list(
            client.records.list(
                "contact",
                select=["fullname"],
                filter="emailaddress1 eq 'o''hara+web@acme.example' and statecode eq 0",
                expand=["parentcustomerid_account($select=name)"],
            )
        )
    )
    assert [one["contactid"] for one in found] == [ann]
    assert found[0]["parentcustomerid_account"]["name"] == "Acme"
    row = await _call(lambda: client.records.retrieve("contact", ann))
    assert (row["fullname"], row["_parentcustomerid_value"]) == ("Ann O'Hara", account)
    assert await _call(lambda: client.records.retrieve("contact", account)) is None


async def test_case_is_made_noted_on_changed_and_read(dynamics: Dynamics) -> None:
    human, client = dynamics.simulator.human, dynamics.client
    contact = await human.add_contact(lastname="Mavrou")
    values = {
        "title": "Order 7",
        "prioritycode": "High",
        "customerid_contact@odata.bind": f"/contacts({contact})",
    }
    case = await _call(lambda: client.records.create("incident", values))
    note = {
        "subject": "Transcript",
        "notetext": "hello",
        "objectid_incident@odata.bind": f"/incidents({case})",
    }
    await _call(lambda: client.records.create("annotation", note))
    await _call(lambda: client.records.update("incident", case, {"statuscode": 2}))
    row = await _call(lambda: client.records.retrieve("incident", case))
    assert (row["title"], row["prioritycode"], row["statuscode"]) == ("Order 7", 1, 2)
    [ticket] = await human.tickets()
    assert (ticket.id, ticket.state) == (case, "On Hold")
    assert [one.text for one in await human.comments(case)] == ["Transcript\nhello"]
    await _call(lambda: client.records.delete("incident", case))
    assert await human.tickets() == []


async def test_pages_are_followed(dynamics: Dynamics) -> None:
    for number in range(5):
        await dynamics.simulator.human.add_contact(lastname=f"N{number}")
    rows = await _call(lambda: list(dynamics.client.records.list("contact", orderby=["lastname"])))
    assert [one["lastname"] for one in rows] == ["N0", "N1", "N2", "N3", "N4"]


async def test_errors_carry_code_status_and_wait(dynamics: Dynamics) -> None:
    client = dynamics.client
    with pytest.raises(errors.HttpError) as wrong:
        await _call(lambda: list(client.records.list("contact", filter="emailadress1 eq 'x'")))
    assert (wrong.value.status_code, wrong.value.details["service_error_code"]) == (400, "0x80060888")
    with pytest.raises(errors.HttpError) as nobody:
        await _call(lambda: client.records.create("incident", {"title": "x"}))
    assert nobody.value.status_code == 400
    dynamics.simulator.faults.script("contact", "status", status=429, retry_after=7)
    with pytest.raises(errors.HttpError) as busy:
        await _call(lambda: list(client.records.list("contact")))
    assert (busy.value.is_transient, busy.value.details["retry_after"]) == (True, 7)
    with pytest.raises(errors.HttpError) as refused:
        await _call(lambda: list(dynamics.stranger.records.list("contact")))
    assert refused.value.status_code == 401
    with pytest.raises(errors.MetadataError):
        await _call(lambda: list(client.records.list("nothing")))
