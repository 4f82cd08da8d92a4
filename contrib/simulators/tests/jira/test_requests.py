from __future__ import annotations

from typing import Any

import httpx
import pytest

from contrib.simulators.tests.jira_bench import DESK, NO_CHECK, PLATFORM, document, jira_bench, native, told

INVALID = "Invalid request payload. Refer to the REST API documentation and try again."
FULL = {"serviceDeskId": "10", "requestTypeId": "25", "requestFieldValues": {"summary": "x"}}


async def test_request_is_raised_with_all_that_it_can_have() -> None:
    async with jira_bench() as bench:
        ann = await bench.human.add_contact(name="Ann Mavrou", email="ann@acme.example")
        bob = await bench.human.add_contact(name="Bob", email="bob@acme.example")
        fields = {
            "summary": "Order 7",
            "description": "Where *is* it?",
            "priority": {"id": "2"},
            "labels": ["bot", "handoff-h1", "bot"],
            "customfield_10050": "h-1.ticket",
            "customfield_10051": {"value": "Billing"},
            "customfield_10052": "ann@acme.example",
        }
        body = {
            **bench.body(),
            "requestFieldValues": fields,
            "raiseOnBehalfOf": ann,
            "requestParticipants": [bob],
            "channel": "chat",
        }
        answer = await bench.client.post(f"{DESK}/request", json=body)
        made = answer.json()
        assert answer.status_code == 201
        assert (made["issueKey"], made["requestTypeId"], made["serviceDeskId"]) == ("ITH-1", "25", "10")
        assert made["reporter"]["emailAddress"] == "ann@acme.example"
        assert made["currentStatus"]["status"] == "Waiting for support"
        assert made["createdDate"]["epochMillis"] == round(bench.clock.now().timestamp() * 1000)
        assert made["_links"]["agent"] == "https://acme.atlassian.example/browse/ITH-1"
        assert made["_links"]["web"] == "https://acme.atlassian.example/servicedesk/customer/portal/10/ITH-1"
        values = {one["fieldId"]: one["value"] for one in made["requestFieldValues"]}
        assert values["customfield_10051"] == {"id": "10100", "value": "Billing"}
        assert values["description"] == "Where *is* it?"
        again = (await bench.client.get(f"{DESK}/request/{made['issueId']}")).json()
        assert again == made
        who = (await bench.client.get(f"{DESK}/request/ith-1/participant")).json()
        assert [one["accountId"] for one in who["values"]] == [bob]
        [ticket] = await bench.human.tickets()
        assert (ticket.key, ticket.requester, ticket.state) == (
            "h-1.ticket",
            "ann@acme.example",
            "Waiting for support",
        )
        assert ticket.details["labels"] == ["bot", "handoff-h1"]
        assert ticket.details["priority"] == "High"
        assert bench.human.effects("h-1.ticket") == ["bold"]


async def test_nothing_keeps_a_request_from_being_made_twice() -> None:
    async with jira_bench() as bench:
        bench.jira.faults.script("create", "time_out_after")
        with pytest.raises(httpx.ReadTimeout):
            await bench.create(labels=["h-1"])
        await bench.create(labels=["h-1"])
        bench.clock.advance(10)
        assert await bench.found("labels = h-1") == ["ITH-2", "ITH-1"]


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"colour": "red"}, {"colour": "cannot be set. It is not on the appropriate screen"}),
        ({"summary": "a\nb"}, {"summary": "newline characters"}),
        ({"summary": "x" * 256}, {"summary": "must be less than 255 characters"}),
        ({"summary": ["x"]}, {"summary": "must be a string"}),
        ({"description": document("x")}, {"description": "must be a string"}),
        ({"description": "x" * 32_768}, {"description": "exceeds the allowed limit"}),
        ({"labels": ["a b"]}, {"labels": "contains spaces"}),
        ({"labels": ["x" * 256]}, {"labels": "exceeds the maximum length"}),
        ({"labels": "a"}, {"labels": "not an array"}),
        ({"priority": "High"}, {"priority": "Specify a valid 'id' or 'name'"}),
        ({"priority": {"id": "9"}}, {"priority": "Option id '9' is not valid"}),
        ({"customfield_10051": {"value": "Moon"}}, {"customfield_10051": "Option value 'Moon'"}),
        ({"colour": "red", "labels": [""]}, {"colour": "cannot be set", "labels": "spaces"}),
    ],
)
async def test_values_that_do_not_fit_are_told_by_field_and_nothing_is_made(
    fields: dict[str, Any], errors: dict[str, str]
) -> None:
    async with jira_bench() as bench:
        answer = await bench.client.post(f"{DESK}/request", json=bench.body(**fields))
        status, messages, found = told(answer)
        assert (status, messages, set(found)) == (400, [], set(errors))
        assert all(part in found[name] for name, part in errors.items())
        assert await bench.human.tickets() == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"serviceDeskId": "11"}, "The Service Desk with ID '11' does not exist."),
        ({"requestTypeId": "99"}, "The request type '99' does not exist."),
        ({"raiseOnBehalfOf": "ann@acme.example"}, "The user 'ann@acme.example' does not exist."),
        ({"requestParticipants": ["nobody"]}, "The user 'nobody' does not exist."),
        ({"requestFieldValues": {}}, "Your request could not be created."),
    ],
)
async def test_request_that_cannot_be_is_told_in_the_shape_of_the_desk(
    changed: dict[str, Any], message: str
) -> None:
    async with jira_bench() as bench:
        answer = await bench.client.post(f"{DESK}/request", json={**bench.body(), **changed})
        status, text = native(answer)
        assert status == 400
        assert message in text
    async with jira_bench(error_shapes="platform") as bench:
        answer = await bench.client.post(f"{DESK}/request", json={**bench.body(), **changed})
        assert message in told(answer)[1][0]


async def test_errors_can_all_be_in_the_shape_of_the_desk() -> None:
    async with jira_bench(error_shapes="native") as bench:
        answer = await bench.client.post(f"{DESK}/request", json=bench.body(colour="red"))
        assert "not on the appropriate screen" in native(answer)[1]
        assert native(await bench.client.get(f"{DESK}/request/ITH-9"))[0] == 404
        assert told(await bench.client.get(f"{PLATFORM}/issue/ITH-9"))[0] == 404


@pytest.mark.parametrize(
    "send",
    [
        {"json": [1]},
        {"json": {"serviceDeskId": "10", "requestTypeId": "25", "summary": "x"}},
        {"json": {"serviceDeskId": "10", "requestTypeId": "25", "requestFieldValues": "x"}},
        {"json": {**FULL, "requestParticipants": "x"}},
        {"content": b"{", "headers": {"content-type": "application/json"}},
    ],
)
async def test_payload_that_is_none_is_refused(send: dict[str, Any]) -> None:
    async with jira_bench() as bench:
        answer = await bench.client.post(f"{DESK}/request", **send)
        assert told(answer) == (400, [INVALID], {})
        assert await bench.human.tickets() == []
        plain = await bench.client.post(
            f"{DESK}/request", content=b"{}", headers={"content-type": "text/plain"}
        )
        assert plain.status_code == 415


async def test_form_says_what_is_asked_for() -> None:
    async with jira_bench(form=("description", "labels")) as bench:
        form = (await bench.client.get(f"{DESK}/servicedesk/10/requesttype/25/field")).json()
        fields = {one["fieldId"]: one for one in form["requestTypeFields"]}
        assert list(fields) == ["summary", "description", "labels"]
        assert [one["required"] for one in fields.values()] == [True, False, False]
        assert fields["labels"]["jiraSchema"] == {"type": "array", "items": "string", "system": "labels"}
        assert form["canRaiseOnBehalfOf"] is True
        answer = await bench.client.post(f"{DESK}/request", json=bench.body(priority={"id": "1"}))
        assert set(told(answer)[2]) == {"priority"}
    async with jira_bench() as bench:
        form = (await bench.client.get(f"{DESK}/servicedesk/ITH/requesttype/25/field")).json()
        [topic] = [one for one in form["requestTypeFields"] if one["fieldId"] == "customfield_10051"]
        assert [one["label"] for one in topic["validValues"]] == ["Billing", "Delivery", "Other"]
        assert topic["jiraSchema"]["customId"] == 10051
        kinds = (await bench.client.get(f"{DESK}/servicedesk/10/requesttype")).json()
        assert [one["name"] for one in kinds["values"]] == ["Get IT Help", "Report a fault"]
        for path in ("servicedesk/11", "servicedesk/11/requesttype", "servicedesk/10/requesttype/9/field"):
            assert native(await bench.client.get(f"{DESK}/{path}"))[0] == 404
    with pytest.raises(ValueError, match="no field 'colour'"):
        async with jira_bench(form=("colour",)):
            pass


async def test_documents_are_taken_where_they_are_announced() -> None:
    async with jira_bench() as bench:
        body = {**bench.body(description=document("a", "b")), "isAdfRequest": True}
        answer = await bench.client.post(f"{DESK}/request", json=body)
        values = {one["fieldId"]: one["value"] for one in answer.json()["requestFieldValues"]}
        assert values["description"] == "a\nb"
        issue = (await bench.client.get(f"{PLATFORM}/issue/ITH-1")).json()
        assert issue["fields"]["description"] == document("a", "b")
        wrong = {**bench.body(description="text"), "isAdfRequest": True}
        answer = await bench.client.post(f"{DESK}/request", json=wrong)
        assert "Atlassian Document" in told(answer)[2]["description"]


async def test_comments_are_for_all_or_for_support_alone() -> None:
    async with jira_bench(page_size=2) as bench:
        key = (await bench.create())["issueKey"]
        first = await bench.comment(key, "For us")
        assert (first.status_code, first.json()["public"], first.json()["body"]) == (201, False, "For us")
        silent = await bench.client.post(f"{DESK}/request/{key}/comment", json={"body": "For all"})
        assert silent.json()["public"] is True
        await bench.human.comment(key, "By hand", public=True)
        path = f"{DESK}/request/{key}/comment"
        page = (await bench.client.get(path)).json()
        assert [one["body"] for one in page["values"]] == ["For us", "For all"]
        assert (page["size"], page["isLastPage"], page["limit"]) == (2, False, 2)
        last = (await bench.client.get(page["_links"]["next"])).json()
        assert [one["body"] for one in last["values"]] == ["By hand"]
        assert last["isLastPage"] is True
        internal = (await bench.client.get(path, params={"public": "false"})).json()
        assert [one["body"] for one in internal["values"]] == ["For us"]
        one = await bench.client.get(f"{path}/{first.json()['id']}")
        assert one.json()["body"] == "For us"
        assert native(await bench.client.get(f"{path}/1"))[0] == 404
        assert native(await bench.comment(key, " "))[1] == "Comment body can not be empty!"
        assert "exceeds" in told(await bench.comment(key, "x" * 32_768))[2]["comment"]
        assert told(await bench.comment("ITH-9"))[0] == 404
        wrong = await bench.client.post(path, json={"body": "x", "public": "no"})
        assert told(wrong)[0] == 400
        said = [(one.text, one.public, one.author) for one in await bench.human.comments(key)]
        assert said == [("For us", False, "api"), ("For all", True, "api"), ("By hand", True, "agent")]


async def test_customer_writes_for_all_and_sees_nothing_internal() -> None:
    async with jira_bench(role="customer") as bench:
        ann = await bench.human.add_contact(name="Ann", email="ann@acme.example")
        key = (await bench.create())["issueKey"]
        assert (await bench.comment(key, "secret", public=False)).json()["public"] is True
        await bench.human.comment(key, "internal")
        seen = (await bench.client.get(f"{DESK}/request/{key}/comment")).json()["values"]
        assert [one["body"] for one in seen] == ["secret"]
        answer = await bench.client.post(f"{DESK}/request", json={**bench.body(), "raiseOnBehalfOf": ann})
        assert native(answer)[0] == 403


async def test_states_change_by_transitions_that_there_are() -> None:
    async with jira_bench() as bench:
        key = (await bench.create())["issueKey"]
        path = f"{DESK}/request/{key}/transition"
        offered = (await bench.client.get(path)).json()["values"]
        assert offered == [{"id": "901", "name": "Cancel request"}]
        assert native(await bench.client.post(path, json={"id": "761"}))[0] == 400
        every = (await bench.client.get(f"{PLATFORM}/issue/{key}/transitions")).json()["transitions"]
        [resolve] = [
            one for one in every if one["to"]["statusCategory"]["key"] == "done" and one["id"] == "761"
        ]
        done = await bench.client.post(
            f"{PLATFORM}/issue/{key}/transitions",
            json={
                "transition": {"id": resolve["id"]},
                "fields": {"resolution": {"name": "Fixed"}},
                "update": {"comment": [{"add": {"body": document("Sent again")}}]},
            },
        )
        assert done.status_code == 204
        assert [one.text for one in await bench.human.comments(key)] == ["Sent again"]
        issue = (
            await bench.client.get(f"{PLATFORM}/issue/{key}", params={"fields": "status,resolution"})
        ).json()
        assert set(issue["fields"]) == {"status", "resolution"}
        assert (issue["fields"]["status"]["name"], issue["fields"]["resolution"]["name"]) == (
            "Resolved",
            "Fixed",
        )
        bench.clock.advance(60)
        again = {"id": "931", "additionalComment": {"body": "Still broken"}}
        assert (await bench.client.post(path, json=again)).status_code == 204
        states = (await bench.client.get(f"{DESK}/request/{key}/status")).json()["values"]
        assert [one["status"] for one in states] == ["Waiting for support", "Resolved", "Waiting for support"]
        wrong = await bench.client.post(
            f"{PLATFORM}/issue/{key}/transitions", json={"transition": {"id": "1"}}
        )
        assert told(wrong)[1] == ["Transition id '1' is not valid for this issue."]
        missing = await bench.client.post(f"{PLATFORM}/issue/{key}/transitions", json={})
        assert told(missing)[0] == 400


async def test_file_is_uploaded_attached_and_read() -> None:
    async with jira_bench(largest_file=10) as bench:
        key = (await bench.create())["issueKey"]
        waiting, path = f"{DESK}/servicedesk/10/attachTemporaryFile", f"{DESK}/request/{key}/attachment"
        files = {"file": ("a.log", b"log", "text/plain")}
        sent = await bench.client.post(waiting, files=files, headers=NO_CHECK)
        assert sent.status_code == 201
        [upload] = sent.json()["temporaryAttachments"]
        body = {
            "temporaryAttachmentIds": [upload["temporaryAttachmentId"]],
            "public": False,
            "additionalComment": {"body": "See"},
        }
        attached = await bench.client.post(path, json=body)
        assert attached.status_code == 201
        assert attached.json()["comment"]["body"] == "See\n\n[^a.log]"
        assert attached.json()["comment"]["public"] is False
        [shown] = attached.json()["attachments"]["values"]
        assert (shown["filename"], shown["size"], shown["mimeType"]) == ("a.log", 3, "text/plain")
        assert (await bench.client.get(shown["_links"]["content"])).content == b"log"
        assert (
            native(await bench.client.post(path, json=body))[1] == "The temporary attachment does not exist."
        )
        forgotten = await bench.client.post(waiting, files=files)
        assert (forgotten.status_code, forgotten.text) == (403, "XSRF check failed")
        large = {"file": ("b.bin", b"x" * 11, "application/octet-stream")}
        assert (await bench.client.post(waiting, files=large, headers=NO_CHECK)).status_code == 413
        here = await bench.client.post(
            f"{PLATFORM}/issue/{key}/attachments",
            files={"file": ("c.png", b"png", "image/png")},
            headers=NO_CHECK,
        )
        assert [one["filename"] for one in here.json()] == ["c.png"]
        listed = (await bench.client.get(path)).json()["values"]
        assert [one["filename"] for one in listed] == ["a.log", "c.png"]
        about = await bench.client.get(here.json()[0]["self"])
        assert about.json()["size"] == 3
        assert [list(one.files) for one in await bench.human.comments(key)] == [["a.log"], ["c.png"]]
        assert bench.human.files(key) == {"a.log": b"log", "c.png": b"png"}
        nothing = await bench.client.post(waiting, files={"other": ("a", b"x")}, headers=NO_CHECK)
        assert native(nothing)[0] == 400
        assert (await bench.client.post(waiting, content=b"x", headers=NO_CHECK)).status_code == 415


async def test_requests_are_listed_newest_first() -> None:
    async with jira_bench() as bench:
        ann = await bench.human.add_contact(name="Ann", email="ann@acme.example")
        await bench.create()
        await bench.client.post(f"{DESK}/request", json={**bench.body(), "raiseOnBehalfOf": ann})
        await bench.create()
        mine = (await bench.client.get(f"{DESK}/request")).json()["values"]
        assert [one["issueKey"] for one in mine] == ["ITH-3", "ITH-1"]
        every = await bench.client.get(
            f"{DESK}/request", params={"requestOwnership": "ALL_REQUESTS", "limit": "2"}
        )
        assert [one["issueKey"] for one in every.json()["values"]] == ["ITH-3", "ITH-2"]
        wrong = await bench.client.get(f"{DESK}/request", params={"limit": "many"})
        assert wrong.status_code == 400


async def test_request_that_the_account_does_not_see_is_not_there() -> None:
    async with jira_bench() as bench:
        key = (await bench.create(labels=["h-1"]))["issueKey"]
        bench.clock.advance(10)
        bench.human.hide("h-1")
        assert told(await bench.client.get(f"{DESK}/request/{key}"))[0] == 404
        assert told(await bench.client.get(f"{PLATFORM}/issue/{key}"))[0] == 404
        assert await bench.found("labels = h-1") == []


async def test_participants_are_added_once() -> None:
    async with jira_bench() as bench:
        ann = await bench.human.add_contact(name="Ann", email="ann@acme.example")
        key = (await bench.create())["issueKey"]
        path, who = f"{DESK}/request/{key}/participant", {"accountIds": [ann]}
        await bench.client.post(path, json=who)
        answer = await bench.client.post(path, json=who)
        assert [one["displayName"] for one in answer.json()["values"]] == ["Ann"]
