from __future__ import annotations

from typing import Any

import pytest

from contrib.simulators.tests.cisco_bench import OPENING, XML, cisco_bench, document, problem
from livechat_sdk_simulators.human import NotPossible

FORM = {"content-type": "application/x-www-form-urlencoded"}


async def test_posted_contact_is_answered_as_on_the_page_of_the_vendor() -> None:
    async with cisco_bench() as ccp:
        answer = await ccp.post(OPENING.format(more=""))
        [chat] = await ccp.human.chats()
        url = f"https://ccp.example.com/ccp-webapp/ccp/socialcontact/{chat.id}"
        assert (answer.status_code, answer.headers["content-type"]) == (201, "application/xml")
        assert answer.headers["location"] == url
        assert answer.text == (
            "<SocialContact><author>Maria</author><createdDate>1795510800000</createdDate><description/>"
            "<extensionFields><extensionField><name>chatRoom</name>"
            "<value>socialminer_chat.1@conference.127.0.0.1</value></extensionField></extensionFields>"
            f"<id>{chat.id}</id><link>{url}</link><publishedDate>1795510800000</publishedDate>"
            f"<refURL>{url}</refURL><replyToId/><status>unread</status>"
            "<statusTimestamp>1795510800000</statusTimestamp><statusUserId/><tags/><title>Help</title>"
            "</SocialContact>"
        )
        assert len(chat.id) == 32
        assert int(chat.id, 16)
        assert chat.id == chat.id.upper()


async def test_agents_see_who_asks_what_and_for_which_queue() -> None:
    async with cisco_bench() as ccp:
        await ccp.open(
            "<extensionField><name>Email</name><value>m@example.com</value></extensionField>"
            "<extensionField><name>h_ref</name><value>h-7.1</value></extensionField>"
        )
        [chat] = await ccp.human.chats()
        assert (chat.ref, chat.state, chat.agent) == ("h-7.1", "queued", None)
        assert chat.details["visitor"] == {"name": "Maria"}
        assert chat.details["queue"] == "Chat_Csq1"
        assert chat.details["fields"] == {"ccxqueuetag": "Chat_Csq1", "Email": "m@example.com"}
        assert chat.details["hidden_fields"] == {"h_ref": "h-7.1"}


@pytest.mark.parametrize(
    ("settings", "cookie"),
    [
        ({}, "Path=/ccp; Secure"),
        ({"base_url": "http://ccp.example.com"}, "Path=/ccp"),
        ({"cookie_path": "/", "cookie_secure": False}, "Path=/"),
        ({"cookie_path": "/ccp", "cookie_secure": True}, "Path=/ccp; Secure"),
    ],
)
async def test_cookie_has_the_attributes_that_are_set(settings: dict[str, Any], cookie: str) -> None:
    for http_only in (True, False):
        async with cisco_bench(cookie_http_only=http_only, **settings) as ccp:
            given = (await ccp.post(OPENING.format(more=""))).headers["set-cookie"]
            name, _, attributes = given.partition("; ")
            assert name.startswith("JSESSIONID=")
            assert attributes == ("HttpOnly; " if http_only else "") + cookie


@pytest.mark.parametrize("prefix", ["/ccp/chat", "/ccp/rest/chat"])
async def test_both_prefixes_lead_to_the_same_chats(prefix: str) -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.open(prefix=prefix)
        customer.prefix = "/ccp/chat"
        assert await customer.events() == [("StatusEvent", "chat_ok", "")]
        assert (await ccp.client.post(f"{prefix}/", content=OPENING.format(more=""), headers=XML)).is_success


@pytest.mark.parametrize("wrong", ["missing", "login"])
async def test_prefix_that_the_server_does_not_have_leads_out_of_the_api(wrong: str) -> None:
    async with cisco_bench(prefixes=("/ccp/rest/chat",), wrong_address=wrong) as ccp:
        answer = await ccp.post(OPENING.format(more=""))
        if wrong == "login":
            assert (answer.status_code, answer.headers["location"][-17:]) == (302, "/ccp-webapp/login")
        else:
            assert answer.status_code == 404
            assert "HTTP Status 404 - Not Found" in answer.text
            assert answer.headers["content-type"].startswith("text/html")
        assert ccp.cisco.integration()["endpoint"] == "https://ccp.example.com/ccp/rest/chat"


async def test_cookie_jar_behind_a_proxy_with_a_path_of_its_own_loses_the_chat() -> None:
    async with cisco_bench(proxy_path="/customersupport") as ccp:
        assert ccp.cisco.integration()["endpoint"] == "https://ccp.example.com/customersupport/ccp/chat"
        opened = await ccp.client.post("/ccp/chat", content=OPENING.format(more=""), headers=XML)
        assert opened.status_code == 201
        polled = await ccp.client.get("/ccp/chat", params={"eventid": 0})
        assert problem(polled)[:2] == (404, "notFound")
        by_hand = {"cookie": opened.headers["set-cookie"].partition(";")[0]}
        assert (await ccp.client.get("/ccp/chat", params={"eventid": 0}, headers=by_hand)).is_success


async def test_link_of_a_browser_is_redirected_to_a_page_with_the_cookie() -> None:
    async with cisco_bench() as ccp:
        answer = await ccp.client.get(
            "/ccp/chat/100053/redirect",
            params={
                "title": "Help",
                "author": "Zoë & Co",
                "extensionField_ccxqueuetag": "Chat_Csq2",
                "extensionField_Email": "",
            },
        )
        assert answer.status_code == 302
        assert answer.headers["set-cookie"].startswith("JSESSIONID=")
        [chat] = await ccp.human.chats()
        assert chat.details["visitor"]["name"] == "Zoë & Co"
        assert chat.details["fields"] == {"ccxqueuetag": "Chat_Csq2", "Email": ""}
        shown = await ccp.client.get(answer.headers["location"])
        assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert (await ccp.client.get("/ccp/chat", params={"eventid": 0})).is_success


async def test_form_of_a_browser_is_redirected_too() -> None:
    async with cisco_bench() as ccp:
        form = {"author": "Maria", "title": "ccx chat", "extensionField_ccxqueuetag": "Chat_Csq1"}
        answer = await ccp.client.post("/ccp/rest/chat/form/100053", data=form)
        assert (answer.status_code, "JSESSIONID" in answer.cookies) == (302, True)
        refused = await ccp.client.post("/ccp/rest/chat/form/100053", json=form)
        assert refused.status_code == 415


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "no element found"),
        ("<SocialContact>", "no element found"),
        ("<Contact/>", "the body must be a SocialContact"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><SocialContact/>", "a document type is not allowed"),
        ("<?xml version='1.0' encoding='klingon'?><SocialContact/>", "unknown encoding"),
        ("<SocialContact><title>a & b</title></SocialContact>", "not well-formed"),
        (OPENING.format(more="").replace("<title>", "<name>x</name><title>"), "/name is unknown"),
        (OPENING.format(more="").replace("<title>", "<title>x</title><title>"), "/title stands twice"),
        (OPENING.format(more="<field/>"), "/field is unknown"),
        (OPENING.format(more="<extensionField><name>a</name></extensionField>"), "/value is missing"),
        (
            OPENING.format(more="<extensionField><name> </name><value>b</value></extensionField>"),
            "/name is empty",
        ),
        (
            OPENING.format(more="<extensionField><name>ccxqueuetag</name><value>b</value></extensionField>"),
            "an extension field stands twice",
        ),
        ("<SocialContact>" + "<a>" * 20 + "</a>" * 20 + "</SocialContact>", "too many elements"),
        (OPENING.format(more="").replace("<title>Help</title>", ""), "title is required"),
        (OPENING.format(more="").replace("Maria", " "), "author is required"),
        (OPENING.format(more="").replace("feed/100053", "feed/7"), "There is no such feed"),
        (OPENING.format(more="").replace("http://ccp", ""), "There is no such feed"),
        (
            OPENING.format(
                more="".join(
                    f"<extensionField><name>f{n}</name><value/></extensionField>" for n in range(100)
                )
            ),
            "more than 100 extension fields",
        ),
        (
            OPENING.format(
                more=f"<extensionField><name>f</name><value>{'é' * 500_000}</value></extensionField>"
            ),
            "larger than 1 MB",
        ),
        (
            OPENING.format(more="").replace("<title>", f"<tags>{'<tag>t</tag>' * 21}</tags><title>"),
            "more than 20 tags",
        ),
    ],
)
async def test_contact_that_does_not_fit_is_refused(body: str, message: str) -> None:
    async with cisco_bench() as ccp:
        answer = await ccp.post(body)
        status, _, told = problem(answer)
        assert status == 400
        assert message in told
        assert await ccp.human.chats() == []


async def test_every_field_that_is_missing_is_an_error_of_its_own() -> None:
    async with cisco_bench() as ccp:
        feed = "<feedRefURL>http://ccp/ccp-webapp/ccp/feed/100053</feedRefURL>"
        answer = await ccp.post(f"<SocialContact>{feed}</SocialContact>")
        assert [one.findtext("errorData") for one in document(answer)] == ["author", "title"]
        unnamed = await ccp.post("<SocialContact><author>a</author><title>b</title></SocialContact>")
        assert problem(unnamed)[2] == "feedRefURL is required."


async def test_body_that_says_to_be_no_xml_is_refused_by_the_container() -> None:
    async with cisco_bench() as ccp:
        answer = await ccp.post(OPENING.format(more=""), **{"content-type": "text/plain"})
        assert (answer.status_code, answer.headers["content-type"]) == (415, "text/html; charset=utf-8")
        large = await ccp.post("x" * 2_000_001)
        assert large.status_code == 413


async def test_server_may_want_the_address_of_the_feed_by_the_letter() -> None:
    async with cisco_bench(exact_feed=True, created_status=200, empty_names=True) as ccp:
        assert problem(await ccp.post(OPENING.format(more="")))[1] == "notFound"
        exact = OPENING.format(more="").replace("http://ccp/", "https://ccp.example.com/")
        answer = await ccp.post(exact.replace("Maria", ""))
        assert answer.status_code == 200


async def test_chat_without_a_queue_that_is_known_is_offered_to_nobody() -> None:
    async with cisco_bench() as ccp:
        await ccp.post(OPENING.format(more="").replace("Chat_Csq1", "Chat_Csq9"))
        [chat] = await ccp.human.chats()
        with pytest.raises(NotPossible, match="no queue 'Chat_Csq9'"):
            await ccp.human.join(chat.id)
    async with cisco_bench(queues=()) as ccp:
        await ccp.post(OPENING.format(more="").replace("Chat_Csq1", "Chat_Csq9"))
        await ccp.human.join((await ccp.human.chats())[0].id)


async def test_who_asks_with_the_cookie_of_a_chat_gives_that_chat_up() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking()
        again = await customer.call("POST", body=OPENING.format(more=""))
        assert again.status_code == 201
        assert "set-cookie" not in again.headers
        first, second = await ccp.human.chats()
        assert (first.state, second.state) == ("ended", "queued")
        await ccp.human.join(second.id, "Nikos")
        assert await customer.events() == []  # the new chat's ids are below the old cursor
        customer.cursor = 0
        assert (await customer.events())[1] == ("PresenceEvent", "Nikos", "joined")
