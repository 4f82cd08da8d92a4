"""A simulator over TLS, with a certificate of its own."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from contrib.simulators.tests.cisco_bench import OPENING, XML
from livechat_sdk_simulators.certificates import SelfSigned
from livechat_sdk_simulators.cisco.settings import CiscoSettings
from livechat_sdk_simulators.cisco.simulator import CiscoSimulator
from livechat_sdk_simulators.serving import SimulatorServer, address_of, listen


@asynccontextmanager
async def over_tls() -> AsyncIterator[tuple[CiscoSimulator, SelfSigned]]:
    """CCP over https on a free port."""
    listener, certificate = listen(), SelfSigned.make()
    cisco = CiscoSimulator(CiscoSettings(base_url=address_of(listener, tls=True)))
    server = SimulatorServer(cisco, listener, drain=1, certificate=certificate)
    started: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(server.run(on_started=started.set_result, signals=False))
    async with asyncio.timeout(20):
        assert await started == cisco.settings.base_url
    try:
        yield cisco, certificate
    finally:
        server.stop()
        await task


def _trusting(certificate: SelfSigned) -> ssl.SSLContext:
    context = certificate.client_context()
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # as newer Pythons do by themselves
    return context


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_whoever_trusts_the_certificate_reaches_the_simulator(host: str) -> None:
    async with over_tls() as (cisco, certificate):
        url = cisco.settings.base_url.replace("127.0.0.1", host)
        async with httpx.AsyncClient(
            base_url=url, verify=_trusting(certificate), trust_env=False, timeout=10
        ) as client:
            opened = await client.post("/ccp/chat", content=OPENING.format(more=""), headers=XML)
            assert opened.status_code == 201
            assert opened.headers["set-cookie"].endswith("; Secure")
            polled = await client.get("/ccp/chat", params={"eventid": 0})  # the jar gives the cookie back
            assert "chat_ok" in polled.text
            assert (await client.get("/_sim/chats")).status_code == 200


async def test_whoever_does_not_trust_it_gets_no_further() -> None:
    async with over_tls() as (cisco, _):
        stranger = SelfSigned.make()
        for trust in (ssl.create_default_context(), _trusting(stranger)):
            async with httpx.AsyncClient(verify=trust, trust_env=False, timeout=10) as client:
                with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                    await client.get(f"{cisco.settings.base_url}/ccp/chat")


async def test_connection_breaks_in_the_middle_of_a_scripted_fault() -> None:
    async with over_tls() as (cisco, certificate):
        cisco.faults.script("poll", "drop_after")
        cisco.faults.script("poll", "time_out_after")
        async with httpx.AsyncClient(
            base_url=cisco.settings.base_url, verify=_trusting(certificate), trust_env=False, timeout=0.3
        ) as client:
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                await client.get("/ccp/chat", params={"eventid": 0}, timeout=10)
            with pytest.raises(httpx.ReadTimeout):
                await client.get("/ccp/chat", params={"eventid": 0})


def test_key_is_shown_nowhere_and_no_two_are_equal() -> None:
    first, second = SelfSigned.make(), SelfSigned.make()
    assert first.key.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert "PRIVATE" not in repr(first)
    assert first.certificate != second.certificate
