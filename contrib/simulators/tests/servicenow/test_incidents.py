from __future__ import annotations

from typing import Any

import httpx
import pytest

from contrib.simulators.tests.servicenow_bench import servicenow_bench, told


async def test_incident_is_made_with_all_that_it_can_have() -> None:
    async with servicenow_bench() as bench:
        ann = await bench.human.add_contact(first_name="Ann", last_name="Mavrou", email="ann@acme.example")
        body = {
            "short_description": "Order 7",
            "description": "Where is it?",
            "caller_id": ann,
            "contact_type": "chat",
            "urgency": 1,
            "impact": "2",
            "correlation_id": "h-1.ticket",
            "correlation_display": "livechat",
            "work_notes": "The transcript",
            "comments": "We are on it.",
            "knowledge": True,
            "due_date": None,
        }
        answer = await bench.client.post("/table/incident", json=body)
        row = answer.json()["result"]
        assert answer.status_code == 201
        assert (
            answer.headers["location"]
            == f"https://acme.service-now.example/api/now/table/incident/{row['sys_id']}"
        )
        assert row["number"] == "INC0010001"
        assert (row["priority"], row["state"], row["incident_state"], row["active"]) == (
            "2",
            "1",
            "1",
            "true",
        )
        assert (row["comments"], row["work_notes"], row["due_date"]) == ("", "", "")
        assert (row["knowledge"], row["sys_created_on"]) == ("true", "2026-11-24 09:00:00")
        link = f"https://acme.service-now.example/api/now/table/sys_user/{ann}"
        assert row["caller_id"] == {"link": link, "value": ann}
        [ticket] = await bench.human.tickets()
        assert (ticket.key, ticket.requester, ticket.state) == ("h-1.ticket", "ann@acme.example", "New")
        assert [(one.text, one.public, one.author) for one in await bench.human.comments("h-1.ticket")] == [
            ("We are on it.", True, "api"),
            ("The transcript", False, "api"),
        ]
        assert bench.servicenow.ignored == []


async def test_columns_that_there_are_not_are_ignored_and_long_texts_are_cut() -> None:
    async with servicenow_bench() as bench:
        row = await bench.create(
            short_description="x" * 200,
            Description="lost",
            colour="red",
            priority="1",
            number="INC7",
            sys_id="mine",
            urgency="high",
            opened_at="tomorrow",
        )
        assert bench.servicenow.ignored == ["incident.Description", "incident.colour"]
        assert (len(row["short_description"]), row["description"]) == (160, "")
        assert (row["priority"], row["number"], row["urgency"]) == ("5", "INC7", "")
        assert row["sys_id"] != "mine"
        assert row["opened_at"] == "2026-11-24 09:00:00"
    async with servicenow_bench(unknown_columns="refuse") as bench:
        answer = await bench.client.post("/table/incident", json={"short_description": "x", "colour": "red"})
        assert told(answer) == (400, "Unknown columns", "incident.colour")


async def test_correlation_is_not_unique_unless_somebody_made_it_so() -> None:
    async with servicenow_bench() as bench:
        for _ in range(2):
            await bench.create(correlation_id="h-1")
        assert len(await bench.found("correlation_id=h-1")) == 2
    async with servicenow_bench(unique_correlation=True) as bench:
        first = await bench.create(correlation_id="h-1")
        body = {"short_description": "again", "correlation_id": "h-1"}
        status, message, detail = told(await bench.client.post("/table/incident", json=body))
        assert (status, message) == (403, "Operation Failed")
        assert "Duplicate entry 'h-1'" in (detail or "")
        assert (await bench.change(first["sys_id"], correlation_id="h-1", urgency="1")).status_code == 200
        assert len(await bench.found("correlation_id=h-1")) == 1


@pytest.mark.parametrize(
    ("send", "expected"),
    [
        ({"content": b'{"short_description": "x"}'}, (400, "Invalid content-type")),
        ({"content": b"short", "headers": {"content-type": "text/plain"}}, (415, "Unsupported media type")),
        (
            {"content": b"{", "headers": {"content-type": "application/json"}},
            (400, "Exception while reading request"),
        ),
        ({"json": [{"short_description": "x"}]}, (400, "Exception while reading request")),
        ({"json": {"short_description": {"value": "x"}}}, (400, "Exception while reading request")),
        ({"json": {"description": "no subject"}}, (403, "Operation Failed")),
        ({"json": {"short_description": "x", "state": "6"}}, (403, "Operation Failed")),
        ({"json": {"short_description": "x"}, "headers": {"accept": "text/html"}}, (406, "Not acceptable")),
    ],
)
async def test_incident_that_cannot_be_is_refused_and_nothing_is_made(
    send: dict[str, Any], expected: tuple[int, str]
) -> None:
    async with servicenow_bench() as bench:
        answer = await bench.client.post("/table/incident", **send)
        assert told(answer)[:2] == expected
        assert await bench.human.tickets() == []


async def test_journals_are_kept_entry_by_entry_and_come_back_empty() -> None:
    async with servicenow_bench() as bench:
        row = (await bench.create())["sys_id"]
        assert (await bench.change(row, comments="For Ann")).json()["result"]["comments"] == ""
        bench.clock.advance(60)
        await bench.change(row, work_notes="For us")
        bench.clock.advance(60)
        await bench.human.comment("INC0010001", "Done?", public=True, agent="Nikos Pappas")
        query = f"element_id={row}^element=comments^ORDERBYsys_created_on"
        entries = await bench.client.get("/table/sys_journal_field", params={"sysparm_query": query})
        assert [(one["value"], one["sys_created_by"]) for one in entries.json()["result"]] == [
            ("For Ann", "livechat.bot"),
            ("Done?", "nikos.pappas"),
        ]
        shown = await bench.read(row, sysparm_display_value="true")
        assert shown["comments"] == (
            "2026-11-24 01:02:00 - Nikos Pappas (Additional comments)\nDone?\n\n"
            "2026-11-24 01:00:00 - Livechat Bot (Additional comments)\nFor Ann\n\n"
        )
        assert shown["work_notes"].endswith("(Work notes)\nFor us\n\n")
        assert shown["comments_and_work_notes"].count(" - ") == 3


async def test_state_model_demands_what_belongs_to_a_state() -> None:
    async with servicenow_bench() as bench:
        row = (await bench.create())["sys_id"]
        detail = "Data Policy Exception: The following fields are mandatory: "
        assert told(await bench.change(row, state="6"))[2] == f"{detail}Resolution code, Resolution notes"
        assert told(await bench.change(row, state="3"))[2] == f"{detail}On hold reason"
        waiting = {"state": "3", "hold_reason": "1"}
        assert told(await bench.change(row, **waiting))[2] == f"{detail}Additional comments"
        assert (await bench.read(row))["state"] == "1"
        assert (await bench.change(row, **waiting, comments="Which order?")).status_code == 200
        assert (await bench.change(row, urgency="1")).status_code == 200
        done = {"state": "6", "close_code": "Solution provided", "close_notes": "Sent again"}
        shown = (await bench.change(row, **done)).json()["result"]
        assert (shown["active"], shown["resolved_at"]) == ("true", "2026-11-24 09:00:00")
        opened = (await bench.change(row, state="2")).json()["result"]
        assert (opened["resolved_at"], opened["reopen_count"], opened["active"]) == ("", "1", "true")
        await bench.human.set_state("INC0010001", "closed")
        status, message, detail_of_rule = told(await bench.change(row, comments="late"))
        assert (status, message) == (403, "Operation Failed")
        assert "aborted by Business Rule" in (detail_of_rule or "")
        assert (await bench.read(row))["active"] == "false"


async def test_values_are_shown_as_they_are_wanted() -> None:
    async with servicenow_bench() as bench:
        ann = await bench.human.add_contact(name="Ann Mavrou", email="ann@acme.example")
        row = (await bench.create(caller_id=ann))["sys_id"]
        names = "sys_id,state,caller_id,caller_id.email,assigned_to,sys_created_on,nothing"
        plain = await bench.read(row, sysparm_fields=names, sysparm_exclude_reference_link="true")
        assert plain == {
            "sys_id": row,
            "state": "1",
            "caller_id": ann,
            "caller_id.email": "ann@acme.example",
            "assigned_to": "",
            "sys_created_on": "2026-11-24 09:00:00",
        }
        link = f"https://acme.service-now.example/api/now/table/sys_user/{ann}"
        labels = await bench.read(row, sysparm_fields=names, sysparm_display_value="true")
        assert labels["caller_id"] == {"display_value": "Ann Mavrou", "link": link}
        assert (labels["state"], labels["sys_created_on"]) == ("New", "2026-11-24 01:00:00")
        both = await bench.read(row, sysparm_fields=names, sysparm_display_value="all")
        assert both["state"] == {"display_value": "New", "value": "1"}
        assert both["assigned_to"] == {"display_value": "", "value": ""}
        assert both["caller_id"] == {"display_value": "Ann Mavrou", "value": ann, "link": link}
        answer = await bench.client.get(f"/table/incident/{row}", params={"sysparm_display_value": "maybe"})
        assert answer.status_code == 400


async def test_display_values_are_taken_where_they_are_announced() -> None:
    async with servicenow_bench() as bench:
        ann = await bench.human.add_contact(name="Ann Mavrou")
        body = {"short_description": "x", "caller_id": "Ann Mavrou", "urgency": "1 - High"}
        there = {"sysparm_input_display_value": "true", "sysparm_exclude_reference_link": "true"}
        answer = await bench.client.post("/table/incident", json=body, params=there)
        assert (answer.json()["result"]["caller_id"], answer.json()["result"]["urgency"]) == (ann, "1")
        plain = await bench.create(caller_id="Ann Mavrou")
        assert plain["caller_id"]["value"] == "Ann Mavrou"  # kept, and leads nowhere
        assert (await bench.read(plain["sys_id"], sysparm_display_value="true"))["caller_id"][
            "display_value"
        ] == ""


async def test_answers_without_a_body_are_there_for_who_wants_none() -> None:
    async with servicenow_bench() as bench:
        quiet = {"x-no-response-body": "true"}
        made = await bench.client.post("/table/incident", json={"short_description": "x"}, headers=quiet)
        assert (made.status_code, made.content) == (201, b"")
        changed = await bench.client.patch(made.headers["location"], json={"urgency": "1"}, headers=quiet)
        assert changed.status_code == 204
        put = await bench.client.put(made.headers["location"], json={"impact": "1"})
        assert put.json()["result"]["priority"] == "1"
        assert (await bench.client.delete(made.headers["location"])).status_code == 204
        gone = await bench.client.get(made.headers["location"])
        assert told(gone)[:2] == (404, "No Record found")


async def test_cases_have_states_and_people_of_their_own() -> None:
    async with servicenow_bench() as bench:
        ann = await bench.human.add_contact(name="Ann Mavrou", email="ann@acme.example")
        row = await bench.create(
            "sn_customerservice_case", short_description="x", contact=ann, priority="2", correlation_id="h-1"
        )
        assert (row["number"], row["priority"]) == ("CS0010001", "2")
        table = "sn_customerservice_case"
        assert told(await bench.change(row["sys_id"], table, state="6"))[0] == 403
        await bench.human.set_state("h-1", "Awaiting Info")
        await bench.human.set_state("h-1", "Resolved")
        [ticket] = await bench.human.tickets()
        assert (ticket.state, ticket.open, ticket.requester) == ("Resolved", False, "ann@acme.example")
    async with servicenow_bench(cases=False) as bench:
        answer = await bench.client.get("/table/sn_customerservice_case")
        assert told(answer) == (400, "Invalid table sn_customerservice_case", None)


async def test_file_is_attached_listed_and_read() -> None:
    async with servicenow_bench(largest_file=10) as bench:
        row = (await bench.create())["sys_id"]
        place = {"table_name": "incident", "table_sys_id": row, "file_name": "a.log"}
        sent = await bench.client.post(
            "/attachment/file", params=place, content=b"log", headers={"content-type": "text/plain"}
        )
        file = sent.json()["result"]
        assert sent.status_code == 201
        assert (file["file_name"], file["size_bytes"], file["content_type"]) == ("a.log", "3", "text/plain")
        form = {"table_name": "incident", "table_sys_id": row}
        other = await bench.client.post(
            "/attachment/upload", data=form, files={"uploadFile": ("b.png", b"png", "image/png")}
        )
        assert other.status_code == 201
        listed = await bench.client.get("/attachment", params={"sysparm_query": f"table_sys_id={row}"})
        assert [one["file_name"] for one in listed.json()["result"]] == ["a.log", "b.png"]
        content = await bench.client.get(file["download_link"])
        assert (content.content, content.headers["content-type"]) == (b"log", "text/plain; charset=utf-8")
        shown = [list(one.files) for one in await bench.human.comments(row)]
        assert shown == [["a.log"], ["b.png"]]
        assert bench.human.file((await bench.human.comments(row))[0].id) == b"log"
        assert bench.human.files(row) == {"a.log": b"log", "b.png": b"png"}
        large = await bench.client.post(
            "/attachment/file", params=place, content=b"x" * 11, headers={"content-type": "text/plain"}
        )
        assert told(large)[0] == 413
        assert (await bench.client.delete(f"/attachment/{file['sys_id']}")).status_code == 204
        assert told(await bench.client.get(f"/attachment/{file['sys_id']}"))[0] == 404


@pytest.mark.parametrize(
    ("query", "media_type", "status"),
    [
        ({"table_name": "incident"}, "text/plain", 400),
        ({"table_name": "incident", "table_sys_id": "0" * 32, "file_name": "a"}, "text/plain", 404),
        ({"table_name": "incident", "table_sys_id": "0" * 32, "file_name": "a"}, "", 400),
        ({"table_name": "incident", "table_sys_id": "0" * 32, "file_name": "a"}, "multipart/form-data", 415),
    ],
)
async def test_file_that_belongs_nowhere_is_refused(
    query: dict[str, str], media_type: str, status: int
) -> None:
    async with servicenow_bench() as bench:
        headers = {"content-type": media_type} if media_type else {}
        answer = await bench.client.post("/attachment/file", params=query, content=b"x", headers=headers)
        assert told(answer)[0] == status


async def test_what_a_vendor_died_over_is_there_all_the_same() -> None:
    async with servicenow_bench() as bench:
        bench.servicenow.faults.script("create", "time_out_after")
        body = {"short_description": "x", "correlation_id": "h-1"}
        with pytest.raises(httpx.ReadTimeout):
            await bench.client.post("/table/incident", json=body)
        assert await bench.found("correlation_id=h-1") == ["INC0010001"]
        bench.servicenow.faults.script("comment", "status", status=429, retry_after=60)
        row = (await bench.human.tickets())[0].id
        answer = await bench.change(row, work_notes="x")
        assert (told(answer)[:2], answer.headers["retry-after"]) == ((429, "Rate limit exceeded"), "60")
        asleep = "<html><body>Your instance is hibernating</body></html>"
        bench.servicenow.faults.script("find", "status", status=200, body=asleep)
        page = await bench.client.get("/table/incident", params={"sysparm_query": "number=INC0010001"})
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert [one.operation for one in bench.servicenow.requests] == ["create", "find", "comment", "find"]
