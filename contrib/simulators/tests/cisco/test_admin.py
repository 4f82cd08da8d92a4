from __future__ import annotations

from typing import Any

import pytest

from contrib.simulators.tests.cisco_bench import CiscoBench, cisco_bench, document, problem

FEED = "/ccp-webapp/ccp/feed"


def _login(ccp: CiscoBench) -> tuple[str, str]:
    return ccp.cisco.settings.admin_user, ccp.cisco.settings.admin_password


async def test_feeds_are_listed_with_blanks_around_values() -> None:
    async with cisco_bench() as ccp:
        answer = await ccp.client.get(FEED, auth=_login(ccp))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
        [feed] = document(answer)
        assert feed.findtext("refURL") == (
            "\n            https://ccp.example.com/ccp-webapp/ccp/feed/100053\n        "
        )
        assert (feed.findtext("name"), feed.findtext("type")) == ("CCX Chat Feed", "8")
        assert [tag.text for tag in feed.iter("tag")] == ["ccx_chat_req"]
        assert (feed.findtext("chatJoinTimeout"), feed.findtext("chatInactivityTimeout")) == ("60", "300")
        one = await ccp.client.get(f"{FEED}/100053", auth=_login(ccp))
        assert document(one).findtext("refURL") == feed.findtext("refURL")
        assert problem(await ccp.client.get(f"{FEED}/7", auth=_login(ccp)))[:2] == (404, "notFound")


@pytest.mark.parametrize(
    ("path", "params"), [(FEED, {"x": "1"}), ("/ccp/bubblechat", {"wid": "1", "x": "1"})]
)
async def test_parameter_that_nobody_knows_is_refused(path: str, params: dict[str, str]) -> None:
    async with cisco_bench() as ccp:
        status, _, told = problem(await ccp.client.get(path, params=params, auth=_login(ccp)))
        assert (status, "x is unknown" in told) == (400, True)


async def test_five_wrong_logins_lock_the_account_for_half_an_hour() -> None:
    async with cisco_bench() as ccp:
        for auth in (None, ("admin", "wrong"), ("wrong", _login(ccp)[1]), None, None):
            answer = await ccp.client.get(FEED, auth=auth)
            assert problem(answer)[:2] == (401, "unauthorized")
            assert answer.headers["www-authenticate"] == 'Basic realm="CCP"'
        assert (await ccp.client.get(FEED, auth=_login(ccp))).status_code == 401
        ccp.clock.advance(1799)
        assert (await ccp.client.get(FEED, auth=_login(ccp))).status_code == 401
        ccp.clock.advance(1)
        assert (await ccp.client.get(FEED, auth=_login(ccp))).status_code == 200
        assert _login(ccp)[1] not in str(ccp.cisco.requests)


async def test_right_login_forgets_the_wrong_ones() -> None:
    async with cisco_bench() as ccp:
        for _ in range(3):
            for _ in range(4):
                assert (await ccp.client.get(FEED)).status_code == 401
            assert (await ccp.client.get(FEED, auth=_login(ccp))).status_code == 200


async def test_contact_shows_what_became_of_the_chat() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.open()
        [chat] = await ccp.human.chats()

        async def contact() -> Any:
            path = f"/ccp-webapp/ccp/socialcontact/{chat.id}"
            answer = await ccp.client.get(path, auth=_login(ccp))
            return document(answer)

        waiting = await contact()
        assert (waiting.findtext("status"), waiting.findtext("sourceType")) == ("unread", "chat")
        fields = {one.findtext("name"): one.findtext("value") for one in waiting.iter("extensionField")}
        assert fields == {
            "h_chatRoom": "socialminer_chat.1@conference.127.0.0.1",
            "ccxqueuetag": "Chat_Csq1",
            "h_ref": "h-1.1",
        }
        await ccp.human.join(chat.id)
        assert (await contact()).findtext("status") == "reserved"
        await customer.send("hello")
        await customer.call("DELETE")
        ended = await contact()
        assert ended.findtext("status") == "handled"
        missing = await ccp.client.get("/ccp-webapp/ccp/socialcontact/0", auth=_login(ccp))
        assert problem(missing)[:2] == (404, "notFound")


async def test_contact_that_no_agent_saw_is_discarded() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.open()
        await customer.call("DELETE")
        [chat] = await ccp.human.chats()
        answer = await ccp.client.get(f"/ccp-webapp/ccp/socialcontact/{chat.id}", auth=_login(ccp))
        assert document(answer).findtext("status") == "discarded"


@pytest.mark.parametrize("base", ["/ccp", "/ccp/rest"])
async def test_widget_names_its_topics_and_needs_no_login(base: str) -> None:
    async with cisco_bench() as ccp:
        answer = await ccp.client.get(f"{base}/bubblechat", params={"wid": "1"})
        form = answer.json()["chatForm"]
        assert [one["csqTag"] for one in form["problemStatements"]["statements"]] == [
            "Chat_Csq1",
            "Chat_Csq2",
        ]
        assert set(answer.json()) == {"messages", "proactiveChat", "contextServiceFieldSets", "chatForm"}
        assert (await ccp.client.get(f"{base}/bubblechat")).status_code == 400
        assert (await ccp.client.get(f"{base}/bubblechat", params={"wid": "2"})).status_code == 404


async def test_ping_answers_without_a_login() -> None:
    async with cisco_bench() as ccp:
        answer = await ccp.client.options("/ccp-webapp/ccp/authentication/ping")
        assert answer.status_code == 200
        namespace = "{http://wadl.dev.java.net/2009/02}"
        [resources] = document(answer).iter(f"{namespace}resources")
        assert resources.get("base") == "https://ccp.example.com/ccp-webapp/ccp/"
