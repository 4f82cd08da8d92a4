from __future__ import annotations

from typing import Any

import pytest

from contrib.simulators.tests.cisco_bench import cisco_bench, document, problem
from livechat_sdk_simulators.human import NotPossible


async def test_what_agents_do_is_told_by_polls() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.open()
        human = ccp.human
        assert (await customer.poll()).text == (
            "<chatEvents><StatusEvent><id>1</id><status>chat_ok</status><detail></detail></StatusEvent>"
            "</chatEvents>"
        )
        await human.join("h-1.1", "Eleni")
        await human.typing("h-1.1", on=True)
        await human.say("h-1.1", "It is 100% done & ready: ναι + 😀?")
        await human.typing("h-1.1", on=False)
        answer = await customer.poll(1)
        assert answer.headers["content-type"] == "application/xml"
        assert answer.text == (
            "<chatEvents>"
            "<PresenceEvent><id>2</id><from>Eleni</from><status>joined</status></PresenceEvent>"
            "<TypingEvent><id>3</id><from>Eleni</from><status>composing</status></TypingEvent>"
            "<MessageEvent><id>4</id><from>Eleni</from>"
            "<body>It+is+100%25+done+%26+ready%3A+%CE%BD%CE%B1%CE%B9+%2B+%F0%9F%98%80%3F</body></MessageEvent>"
            "<TypingEvent><id>5</id><from>Eleni</from><status>paused</status></TypingEvent>"
            "</chatEvents>"
        )
        assert (await customer.poll(5)).text == "<chatEvents/>"


async def test_customer_is_heard_as_plain_text() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking()
        for text in ("a &lt;b&gt; &amp; c", "<![CDATA[<x>]]>", "1+1=2 %41", "😀"):
            answer = await customer.send(text)
            assert (answer.status_code, answer.content) == (200, b"")
        assert await ccp.human.texts("h-1.1") == ["a <b> & c", "<x>", "1+1=2 %41", "😀"]


async def test_own_messages_come_back_only_to_who_asks_for_all_and_leave_gaps_of_ids() -> None:
    async with cisco_bench(own_name="customer") as ccp:
        customer = await ccp.talking()
        await customer.send("a b")
        await ccp.human.say("h-1.1", "hello")
        [event] = await customer.raw()
        assert (event.findtext("id"), event.findtext("from")) == ("4", "Eleni")
        both = await customer.raw(all="true")
        assert [(one.findtext("id"), one.findtext("from"), one.findtext("body")) for one in both] == [
            ("3", "customer", "a+b"),
            ("4", "Eleni", "hello"),
        ]
        assert len(await customer.raw(all="false")) == 1


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "eventid must be"),
        ({"eventid": "-1"}, "eventid must be"),
        ({"eventid": "x"}, "eventid must be"),
        ({"eventid": "1", "all": "yes"}, "all must be"),
        ({"eventid": "1", "since": "2"}, "since is unknown"),
    ],
)
async def test_poll_that_does_not_fit_is_refused(params: dict[str, str], message: str) -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.open()
        status, kind, told = problem(await customer.call("GET", params=params))
        assert (status, kind) == (400, "invalidInput")
        assert message in told


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<Message/>", "body is missing"),
        ("<Message><body/></Message>", "body is empty"),
        ("<Message><body>a<b>c</b></body></Message>", "Message/body/b is unknown"),
        ("<Message><body>a</body><from>me</from></Message>", "from is unknown"),
        ("<message><body>a</body></message>", "must be a Message"),
        ("<Message><body>a & b</body></Message>", "not well-formed"),
        ("<Message><body>&#0;</body></Message>", "no XML"),
        ("hello", "no XML"),
    ],
)
async def test_message_that_does_not_fit_is_refused(body: str, message: str) -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking()
        status, _, told = problem(await customer.call("PUT", body=body))
        assert status == 400
        assert message in told
        assert await ccp.human.texts("h-1.1") == []


async def test_body_of_another_type_is_refused() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking()
        cookie = {"cookie": f"JSESSIONID={customer.cookie}", "content-type": "text/xml"}
        for path in ("", "/event"):
            answer = await ccp.client.put(f"/ccp/chat{path}", content=b"<Message/>", headers=cookie)
            assert answer.status_code == 415


async def test_typing_is_shown_while_an_agent_is_there() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.open()

        async def shown() -> bool:
            return bool((await ccp.human.chats())[0].details["visitor_types"])

        assert (await customer.types("composing")).status_code == 200
        assert not await shown()
        await ccp.human.join("h-1.1")
        await customer.types("composing")
        assert await shown()
        await customer.types("paused")
        assert not await shown()
        await customer.types("composing")
        await customer.send("there")
        assert not await shown()
        assert problem(await customer.types("Composing"))[0] == 400
        unnamed = await customer.call("PUT", "/event", "<TypingEvent><status>paused</status></TypingEvent>")
        assert problem(unnamed)[2] == "TypingEvent/from is missing"


@pytest.mark.parametrize("kept", [False, True])
async def test_messages_before_an_agent_came_are_lost_or_kept(kept: bool) -> None:
    async with cisco_bench(early_messages="kept" if kept else "lost") as ccp:
        customer = await ccp.open()
        assert (await customer.send("early")).status_code == 200
        [early] = await ccp.human.messages("h-1.1")
        assert early.status == ("" if kept else "failed: no agent was in the room")
        await ccp.human.join("h-1.1")
        await customer.send("later")
        assert await ccp.human.texts("h-1.1") == (["early", "later"] if kept else ["later"])


@pytest.mark.parametrize("late", ["taken", "refused"])
async def test_messages_after_the_last_agent_are_seen_by_nobody(late: str) -> None:
    async with cisco_bench(late_messages=late, early_messages="kept") as ccp:
        customer = await ccp.talking()
        await ccp.human.leave("h-1.1")
        assert (await customer.send("bye")).status_code == (200 if late == "taken" else 400)
        assert await ccp.human.texts("h-1.1") == []


async def test_server_may_refuse_emoji_and_long_messages() -> None:
    async with cisco_bench(refuses_emoji=True, longest_message=3) as ccp:
        customer = await ccp.talking()
        assert (await customer.send("\ufffd ☺")).status_code == 200
        assert problem(await customer.send("😀"))[2] == "Message/body has an invalid character"
        assert problem(await customer.send("four"))[2] == "Message/body has more than 3 characters"
        assert await ccp.human.texts("h-1.1") == ["\ufffd ☺"]


async def test_message_may_be_answered_with_events() -> None:
    async with cisco_bench(put_answer="events") as ccp:
        customer = await ccp.talking()
        answer = await customer.send("hello")
        assert [one.tag for one in document(answer)] == ["StatusEvent", "PresenceEvent"]


async def test_customer_who_leaves_can_read_the_transcript_until_the_end() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking()
        ccp.clock.advance(1.5)
        await customer.send("a &amp; b")
        await ccp.human.say("h-1.1", "c < d")
        assert (await customer.call("PUT", "/leaveChat")).status_code == 200
        [chat] = await ccp.human.chats()
        assert (chat.state, chat.details["ended"], chat.details["session"]) == ("ended", "user left", True)
        assert await customer.events() == [("MessageEvent", "Eleni", "c < d")]
        assert problem(await customer.send("x"))[2] == "The customer has left the chat."
        assert (await customer.call("GET", "/transcript.xml")).text == (
            "<ChatTranscript><startDate>1795510800000</startDate><transcript>"
            "<chat><time>1795510801500</time><name>Maria</name><msg>a &amp; b</msg></chat>"
            "<chat><time>1795510801500</time><name>Eleni</name><msg>c &lt; d</msg></chat>"
            "</transcript></ChatTranscript>"
        )
        kept = await customer.call("GET", "/transcript", params={"locale": "en_US"})
        assert "<td>09:00:01</td><td>Eleni</td><td>c &lt; d</td>" in kept.text
        assert (await customer.call("DELETE")).status_code == 200
        for path in ("/transcript.xml", "/transcript"):
            assert (await customer.call("GET", path)).status_code == 404


async def test_transcript_lacks_what_never_reached_the_room() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.open()
        await customer.send("early")
        await ccp.human.join("h-1.1")
        assert "early" not in (await customer.call("GET", "/transcript.xml")).text


@pytest.mark.parametrize("status", [404, 200, 400, 500])
async def test_session_that_is_gone_is_not_found_whatever_the_status(status: int) -> None:
    async with cisco_bench(gone_status=status) as ccp:
        customer = await ccp.talking()
        await customer.call("DELETE")
        calls: list[Any] = [customer.poll(), customer.send("x"), customer.types("paused")]
        calls += [customer.call("PUT", "/leaveChat"), customer.call("DELETE")]
        for call in calls:
            assert problem(await call) == (status, "notFound", "The chat session was not found.")
        with pytest.raises(NotPossible, match="has ended: deleted"):
            await ccp.human.say("h-1.1", "there?")


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        (
            "apiErrors",
            (
                "<apiErrors><apiError><errorType>notFound</errorType><errorData></errorData>"
                "<errorMessage>The chat session was not found.</errorMessage></apiError></apiErrors>"
            ),
        ),
        (
            "ApiErrors",
            (
                "<ApiErrors><ApiError><ErrorType>notFound</ErrorType><ErrorData></ErrorData>"
                "<ErrorMessage>The chat session was not found.</ErrorMessage></ApiError></ApiErrors>"
            ),
        ),
        (
            "html",
            (
                '<!doctype html><html lang="en"><head><title>HTTP Status 404 - Not Found</title></head>'
                "<body><h1>HTTP Status 404 - Not Found</h1>"
                "<p>The chat session was not found.</p></body></html>"
            ),
        ),
    ],
)
async def test_errors_are_spelt_as_set(errors: str, expected: str) -> None:
    async with cisco_bench(errors=errors) as ccp:
        assert (await ccp.client.get("/ccp/chat", params={"eventid": 0})).text == expected


async def test_method_that_there_is_not_is_answered_by_the_container() -> None:
    async with cisco_bench() as ccp:
        answer = await ccp.client.patch("/ccp/chat")
        assert (answer.status_code, answer.headers["content-type"]) == (405, "text/html; charset=utf-8")


async def test_parameters_that_nobody_knows_are_refused_and_change_nothing() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking()
        typing = "<TypingEvent><from>Maria</from><status>paused</status></TypingEvent>"
        calls: list[tuple[str, str, str | None]] = [
            ("PUT", "", "<Message><body>a</body></Message>"),
            ("PUT", "/event", typing),
            ("PUT", "/leaveChat", None),
            ("DELETE", "", None),
            ("GET", "/transcript.xml", None),
            ("GET", "/transcript", None),
        ]
        for method, path, body in calls:
            status, _, told = problem(await customer.call(method, path, body, params={"x": "1"}))
            assert (status, "x is unknown" in told) == (400, True)
        [chat] = await ccp.human.chats()
        assert (chat.state, await ccp.human.texts(chat.id)) == ("active", [])


async def test_log_says_which_messages_nobody_saw() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.open()
        await customer.send("early")
        await ccp.human.join("h-1.1")
        await customer.send("later")
        early, later = [one.applied for one in ccp.cisco.requests.of("send")]
        assert early.endswith("was taken (failed: no agent was in the room)")
        assert later.endswith("was taken")
