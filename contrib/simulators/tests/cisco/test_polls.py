"""Polls: the ids and the spelling that servers differ in, and faults of events and of calls."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import httpx
import pytest

from contrib.simulators.tests.cisco_bench import CiscoBench, cisco_bench, problem


def _ids(events: list[Element]) -> list[tuple[str, int]]:
    return [(one.tag.removesuffix("Event"), int(one.findtext("id", ""))) for one in events]


async def _busy(ccp: CiscoBench) -> None:
    for text in ("one", "two", "three"):
        await ccp.human.typing("h-1.1", on=True)
        await ccp.human.say("h-1.1", text)


async def test_ids_that_go_backwards_do_so_within_one_answer() -> None:
    async with cisco_bench(ids="backwards") as ccp:
        customer = await ccp.talking()
        assert customer.cursor == 2
        await _busy(ccp)
        events = await customer.raw()
        assert [number for _, number in _ids(events)] == [4, 3, 6, 5, 8, 7]
        assert _ids(await customer.raw(7)) == [("Typing", 8)]  # the last is not the greatest: it comes again
        assert _ids(await customer.raw(8)) == []
        await ccp.human.say("h-1.1", "four")
        assert _ids(await customer.raw(8)) == [("Message", 9)]
        assert _ids(await customer.raw(2)) == [*_ids(events), ("Message", 9)]


async def test_cursor_may_mean_the_place_so_that_events_come_again() -> None:
    async with cisco_bench(ids="backwards", after="place") as ccp:
        customer = await ccp.talking()
        await ccp.human.typing("h-1.1", on=True)
        await ccp.human.say("h-1.1", "one")
        assert _ids(await customer.raw(2)) == [("Presence", 1), ("Typing", 4), ("Message", 3)]
        assert _ids(await customer.raw(4)) == [("Message", 3)]
        assert _ids(await customer.raw(4)) == [("Message", 3)]
        assert _ids(await customer.raw(99)) == []


async def test_typing_may_have_the_id_of_the_event_before_it() -> None:
    async with cisco_bench(ids="equal") as ccp:
        customer = await ccp.talking()
        await ccp.human.say("h-1.1", "one")
        await ccp.human.typing("h-1.1", on=True)
        await ccp.human.typing("h-1.1", on=False)
        events = await customer.raw()
        assert _ids(events) == [("Message", 3), ("Typing", 3), ("Typing", 3)]
        await ccp.human.typing("h-1.1", on=True)
        assert _ids(await customer.raw(3)) == [("Typing", 4)]


async def test_root_blanks_and_names_are_spelt_as_set() -> None:
    async with cisco_bench(root="ChatEvents", blanks=True, encoded_names=True) as ccp:
        customer = await ccp.open()
        await ccp.human.join("h-1.1", "Eleni Π.+")
        await ccp.human.say("h-1.1", " a ")
        assert (await customer.poll(1)).text == (
            "<ChatEvents><PresenceEvent><id>\n    2\n  </id><from>Eleni+%CE%A0.%2B</from>"
            "<status>\n    joined\n  </status></PresenceEvent>"
            "<MessageEvent><id>\n    3\n  </id><from>Eleni+%CE%A0.%2B</from><body>+a+</body></MessageEvent>"
            "</ChatEvents>"
        )
        assert (await customer.poll(3)).text == "<ChatEvents/>"


async def test_names_are_plain_text_without_what_xml_forbids() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.open()
        await ccp.human.join("h-1.1", "A & <B>\x00 100%")
        await ccp.human.say("h-1.1", "\ud800\x0b")
        assert await customer.events() == [
            ("StatusEvent", "chat_ok", ""),
            ("PresenceEvent", "A & <B> 100%", "joined"),
            ("MessageEvent", "A & <B> 100%", "?\x0b"),
        ]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("withhold", [("two", 3)]),  # an event that is never told has no id
        ("repeat", [("one", 3), ("one", 3), ("two", 4)]),
        ("reorder", [("two", 3), ("one", 4)]),
    ],
)
async def test_events_are_withheld_repeated_and_change_places(
    fault: str, expected: list[tuple[str, int]]
) -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking()
        ccp.cisco.faults.script("webhook", fault, event="MessageEvent")
        await ccp.human.say("h-1.1", "one")
        await ccp.human.say("h-1.1", "two")
        events = await customer.raw()
        assert [(one.findtext("body"), int(one.findtext("id", ""))) for one in events] == expected


async def test_late_event_stands_behind_those_that_were_quicker() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking()
        ccp.cisco.faults.script("webhook", "delay", event="PresenceEvent:left", seconds=30)
        await ccp.human.join("h-1.1", "Nikos")
        await ccp.human.leave("h-1.1", "Eleni")
        await ccp.human.say("h-1.1", "I am here")
        assert [event[0] for event in await customer.events()] == ["PresenceEvent", "MessageEvent"]
        ccp.clock.advance(30)
        assert await customer.events() == [("PresenceEvent", "Eleni", "left")]


async def test_faults_of_events_do_not_happen_to_what_the_customer_wrote() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking()
        ccp.cisco.faults.script("webhook", "withhold")
        await customer.send("mine")
        assert [one.findtext("body") for one in await customer.raw(all="true")] == ["mine"]
        await ccp.human.say("h-1.1", "lost")
        assert await customer.events() == []


async def test_answer_that_was_lost_is_asked_for_again() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking()
        await ccp.human.say("h-1.1", "one")
        for fault, error in (
            ("drop_before", httpx.ConnectError),
            ("drop_after", httpx.ReadError),
            ("time_out_before", httpx.ReadTimeout),
            ("time_out_after", httpx.ReadTimeout),
            ("truncated", httpx.RemoteProtocolError),
        ):
            ccp.cisco.faults.script("poll", fault)
            with pytest.raises(error):
                await customer.events()
        assert await customer.events() == [("MessageEvent", "Eleni", "one")]


async def test_body_that_is_spoiled_keeps_its_type() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking()
        ccp.cisco.faults.script("poll", "malformed")
        answer = await customer.poll(0)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
        assert answer.text.startswith("<chatEvents><StatusEvent>")
        assert '}{"' in answer.text


async def test_errors_of_the_server_are_pages_or_xml_as_set() -> None:
    for kind, media_type in (("html", "text/html; charset=utf-8"), ("xml", "application/xml")):
        async with cisco_bench(server_errors=kind) as ccp:
            customer = await ccp.talking()
            ccp.cisco.faults.script("poll", "status", status=503, retry_after=7)
            answer = await customer.poll()
            assert (answer.status_code, answer.headers["content-type"]) == (503, media_type)
            assert answer.headers["retry-after"] == "7"
            ccp.cisco.faults.script("poll", "status", status=500)
            assert (await customer.poll()).headers["content-type"] == media_type
            ccp.cisco.faults.script("poll", "status", status=404)
            assert problem(await customer.poll())[:2] == (404, "notFound")
            ccp.cisco.faults.script("poll", "status", status=408)
            assert (await customer.poll()).headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        ("<html><body>Bad gateway</body></html>", "text/html; charset=utf-8"),
        ("<apiErrors/>", "application/xml"),
        ("no upstream", "text/plain; charset=utf-8"),
    ],
)
async def test_scripted_body_has_the_type_that_it_looks_like(body: str, media_type: str) -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking()
        ccp.cisco.faults.script("poll", "status", status=502, body=body)
        answer = await customer.poll()
        assert (answer.text, answer.headers["content-type"]) == (body, media_type)


async def test_message_whose_answer_is_lost_was_taken_and_a_repeated_one_stands_twice() -> None:
    async with cisco_bench() as ccp:
        customer = await ccp.talking()
        ccp.cisco.faults.script("send", "drop_after")
        with pytest.raises(httpx.ReadError):
            await customer.send("hello")
        await customer.send("hello")
        assert await ccp.human.texts("h-1.1") == ["hello", "hello"]
        first, second = ccp.cisco.requests.of("send")
        assert (first.status, first.fault, second.status) == (None, "drop_after", 200)
        assert "was taken" in first.applied
        assert customer.cookie not in str(ccp.cisco.requests)
