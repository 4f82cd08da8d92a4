"""A person plays an agent of Cisco in a real browser, over TLS: what only this vendor has is there."""

from __future__ import annotations

import httpx
import pytest
from playwright.async_api import expect

from contrib.simulators.tests.cisco_bench import OPENING, REF, XML
from contrib.simulators.tests.test_tls import over_tls
from tests.end_to_end.browser import browser, chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        chromium() is None,
        reason="no Chromium here: install Debian's `chromium`, or name one in LIVECHAT_CHROMIUM",
    ),
]


async def test_agent_joins_tells_a_status_and_restarts_the_server() -> None:
    troubles: list[str] = []
    async with over_tls() as (cisco, certificate), browser() as chrome:
        url = cisco.settings.base_url
        page = await (await chrome.new_context(ignore_https_errors=True)).new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        await page.goto(f"{url}/_sim/")
        async with httpx.AsyncClient(
            base_url=url, verify=certificate.client_context(), trust_env=False, timeout=20
        ) as client:
            opened = await client.post("/ccp/chat", content=OPENING.format(more=REF), headers=XML)
            assert opened.status_code == 201
            await page.get_by_role("button", name="h-1.1 (queued)").click()
            await page.get_by_label("Agent", exact=True).fill("Eleni")
            await page.get_by_role("button", name="Join", exact=True).click()
            await expect(page.locator("#chat-state")).to_have_text("active, Eleni")
            status = page.locator("form[data-form=status]").get_by_label("Status")
            await status.fill("chat_issue")
            await page.get_by_role("button", name="Tell a status").click()
            await expect(status).to_have_value("")
            polled = await client.get("/ccp/chat", params={"eventid": 2})
            assert polled.text == (
                "<chatEvents><StatusEvent><id>3</id><status>chat_issue</status></StatusEvent></chatEvents>"
            )
            await page.get_by_role("button", name="Restart the server").click()
            await expect(page.locator("#chat-state")).to_have_text("ended")
            assert (await client.get("/ccp/chat", params={"eventid": 3})).status_code == 404
    assert not troubles
