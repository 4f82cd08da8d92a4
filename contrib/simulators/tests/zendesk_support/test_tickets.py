from __future__ import annotations

import json
from typing import Any

import pytest

from contrib.simulators.tests.support_bench import support_bench


async def test_ticket_is_made_with_all_that_it_can_have() -> None:
    async with support_bench() as zendesk:
        who = {"name": "Ann Mavrou", "email": "ann@acme.example"}
        body = {
            "subject": "Order 7",
            "comment": {"html_body": "<p>Where is it?</p><p>A &amp; B</p>", "public": False},
            "requester": who,
            "priority": "high",
            "type": "question",
            "status": "open",
            "external_id": "h-1.ticket",
            "tags": ["Bot", "missed handoff"],
            "custom_fields": [{"id": 360000000002, "value": "topic_billing"}],
        }
        answer = await zendesk.client.post("/tickets.json", json={"ticket": body})
        ticket, audit = answer.json()["ticket"], answer.json()["audit"]
        assert answer.status_code == 201
        assert (
            answer.headers["location"] == f"https://acme.zendesk.example/api/v2/tickets/{ticket['id']}.json"
        )
        assert (ticket["description"], ticket["is_public"]) == ("Where is it?\nA & B", False)
        assert ticket["tags"] == ["bot", "handoff", "missed"]
        assert ticket["custom_fields"] == [{"id": 360000000002, "value": "topic_billing"}]
        [comment] = [one for one in audit["events"] if one["type"] == "Comment"]
        assert comment["html_body"] == (
            '<div class="zd-comment" dir="auto"><p>Where is it?</p><p>A &amp; B</p></div>'
        )
        user = (await zendesk.client.get(f"/users/{ticket['requester_id']}.json")).json()["user"]
        assert (user["name"], user["email"], user["role"]) == ("Ann Mavrou", "ann@acme.example", "end-user")
        again = await zendesk.create(requester="ANN@acme.example")
        assert again["requester_id"] == ticket["requester_id"]
        assert zendesk.zendesk.warnings == []


@pytest.mark.parametrize(
    ("ticket", "field", "code"),
    [
        ({"subject": "nothing said"}, "base", "BlankValue"),
        ({"comment": {"body": "x"}, "priority": "huge"}, "priority", "InvalidValue"),
        ({"comment": {"body": "x"}, "status": "done"}, "status", "InvalidValue"),
        ({"comment": {"body": "x"}, "status": "closed"}, "status", "InvalidValue"),
        ({"comment": {"body": "x"}, "requester_id": 1}, "requester_id", "InvalidValue"),
        ({"comment": {"body": "x"}, "requester": {"name": "A", "email": "no mail"}}, "requester", None),
        ({"comment": {"body": "x"}, "requester": {"email": "b@acme.example"}}, "requester", None),
        ({"comment": {"body": "x"}, "assignee_id": "somebody"}, "assignee_id", "InvalidValue"),
        ({"comment": {"body": "x", "uploads": ["gone"]}}, "uploads", "InvalidValue"),
        (
            {"comment": {"body": "x"}, "custom_fields": [{"id": 360000000002, "value": "no"}]},
            "base",
            "InvalidValue",
        ),
        (
            {"comment": {"body": "x"}, "custom_fields": [{"id": 360000000003, "value": "no"}]},
            "base",
            "InvalidValue",
        ),
        ({"comment": {"body": "x"}, "subject": "x" * 256}, "subject", "ValueTooLong"),
        ({"comment": {"body": "x"}, "via_followup_source_id": 4}, "via_followup_source_id", "InvalidValue"),
    ],
)
async def test_ticket_that_cannot_be_is_refused_and_nothing_is_made(
    ticket: dict[str, Any], field: str, code: str | None
) -> None:
    async with support_bench() as zendesk:
        answer = await zendesk.client.post("/tickets", json={"ticket": ticket})
        assert (answer.status_code, answer.json()["error"]) == (422, "RecordInvalid")
        [entry] = answer.json()["details"][field]
        assert entry.get("error") == code
        assert await zendesk.human.tickets() == []
        assert len(await zendesk.human.contacts()) == 1


async def test_suspended_requester_gets_no_ticket() -> None:
    async with support_bench() as zendesk:
        await zendesk.human.add_contact(name="Bad", email="bad@acme.example", suspended=True)
        ask = {"ticket": {"comment": {"body": "x"}, "requester": "bad@acme.example"}}
        answer = await zendesk.client.post("/tickets", json=ask)
        assert answer.status_code == 422
        assert answer.json()["details"]["requester"][0]["error"] == "UserSuspended"


async def test_unknown_keys_are_dropped_with_a_warning_or_refused_as_set() -> None:
    body = {"ticket": {"comment": {"Body": "lost", "body": "x"}, "colour": "red"}, "extra": 1}
    async with support_bench() as zendesk:
        answer = await zendesk.client.post("/tickets", json=body)
        assert answer.status_code == 201
        warning = answer.headers["x-zendesk-api-warn"]
        assert '"ticket.colour", "extra", "ticket.comment.Body"' in warning
        assert zendesk.zendesk.warnings == [warning]
        unknown = await zendesk.update(answer.json()["ticket"]["id"], custom_fields=[{"id": 5, "value": "x"}])
        assert '"ticket.custom_fields.5"' in unknown.headers["x-zendesk-api-warn"]
    async with support_bench(unknown_keys="refuse") as zendesk:
        answer = await zendesk.client.post("/tickets", json=body)
        assert (answer.status_code, answer.json()["error"]) == (400, "UnpermittedKeys")


async def test_comments_are_public_or_internal_and_the_first_decides_for_the_silent() -> None:
    async with support_bench() as zendesk:
        made = await zendesk.create(comment={"body": "transcript", "public": False})
        silent = await zendesk.update(made["id"], comment={"body": "second"})
        [event] = [one for one in silent.json()["audit"]["events"] if one["type"] == "Comment"]
        assert event["public"] is False
        await zendesk.update(made["id"], comment={"body": "for all", "public": True})
        await zendesk.human.comment(str(made["id"]), "by hand", public=True, agent="Nikos")
        listed = (await zendesk.client.get(f"/tickets/{made['id']}/comments.json")).json()
        assert [(one["body"], one["public"]) for one in listed["comments"]] == [
            ("transcript", False),
            ("second", False),
            ("for all", True),
            ("by hand", True),
        ]
        assert listed["count"] == 4
        names = [(one.author, one.name) for one in await zendesk.human.comments(str(made["id"]))]
        assert names == [("api", "Livechat Bot")] * 3 + [("agent", "Nikos")]
        first = listed["comments"][0]["id"]
        await zendesk.client.put(f"/tickets/{made['id']}/comments/{event['id']}/make_private.json")
        newest = await zendesk.client.get(
            f"/tickets/{made['id']}/comments", params={"sort": "-created_at", "page[size]": 3}
        )
        assert newest.json()["meta"]["has_more"] is True
        rest = (await zendesk.client.get(newest.json()["links"]["next"])).json()
        assert ([one["id"] for one in rest["comments"]], rest["meta"]["has_more"]) == ([first], False)


async def test_comment_is_by_the_requester_where_it_says_so() -> None:
    async with support_bench() as zendesk:
        made = await zendesk.create(requester={"name": "Ann", "email": "ann@acme.example"})
        said = {"body": "mine", "author_id": made["requester_id"]}
        await zendesk.update(made["id"], comment=said)
        [_, second] = await zendesk.human.comments(str(made["id"]))
        assert (second.author, second.name) == ("requester", "Ann")


async def test_idempotency_key_makes_one_ticket_for_two_hours() -> None:
    async with support_bench() as zendesk:
        body = {"ticket": {"subject": "once", "comment": {"body": "x"}}}
        key = {"idempotency-key": "h-1.ticket"}
        first = await zendesk.client.post("/tickets", json=body, headers=key)
        again = await zendesk.client.post("/tickets", json=body, headers=key)
        assert [one.headers["x-idempotency-lookup"] for one in (first, again)] == ["miss", "hit"]
        assert first.json() == again.json()
        other = await zendesk.client.post(
            "/tickets", json={"ticket": {"comment": {"body": "y"}}}, headers=key
        )
        assert (other.status_code, other.json()["error"]) == (400, "IdempotentRequestError")
        long = await zendesk.client.post("/tickets", json=body, headers={"idempotency-key": "k" * 256})
        assert long.status_code == 400
        zendesk.clock.advance(7200)
        assert (await zendesk.client.post("/tickets", json=body, headers=key)).headers[
            "x-idempotency-lookup"
        ] == "miss"
        assert len(await zendesk.human.tickets()) == 2
        assert [one.applied != "" for one in zendesk.zendesk.requests.of("create")] == [
            True,
            False,
            False,
            False,
            True,
        ]


async def test_idempotency_key_is_not_heard_where_the_feature_is_off_and_not_spent_by_errors() -> None:
    key = {"idempotency-key": "h-1.ticket"}
    async with support_bench(idempotency=False) as zendesk:
        answer = await zendesk.client.post(
            "/tickets", json={"ticket": {"comment": {"body": "x"}}}, headers=key
        )
        assert "x-idempotency-lookup" not in answer.headers
        await zendesk.create(key)
        assert len(await zendesk.human.tickets()) == 2
    async with support_bench() as zendesk:
        await zendesk.client.post("/tickets", json={"ticket": {}}, headers=key)
        await zendesk.create(key)
        assert len(await zendesk.human.tickets()) == 1


async def test_ticket_is_found_by_external_id_at_once_and_by_search_after_a_while() -> None:
    async with support_bench() as zendesk:
        made = await zendesk.create(external_id="h-1.ticket")
        await zendesk.create(external_id="h-2.ticket")
        listed = (await zendesk.client.get("/tickets", params={"external_id": "h-1.ticket"})).json()
        assert [one["id"] for one in listed["tickets"]] == [made["id"]]
        assert [one.operation for one in zendesk.zendesk.requests][-1] == "find"
        query = 'type:ticket external_id:"h-1.ticket"'
        assert await zendesk.found(query) == []
        zendesk.clock.advance(60)
        assert await zendesk.found(query) == [made["id"]]
        await zendesk.update(made["id"], external_id="moved")
        assert await zendesk.found(query) == [made["id"]]
        await zendesk.client.delete(f"/tickets/{made['id']}")
        assert (await zendesk.client.get(f"/tickets/{made['id']}")).status_code == 404
        zendesk.clock.advance(60)
        assert await zendesk.found(query) == []


async def test_safe_update_refuses_who_read_an_older_state() -> None:
    async with support_bench() as zendesk:
        made = await zendesk.create()
        zendesk.clock.advance(5)
        await zendesk.update(made["id"], priority="low")
        late = await zendesk.update(
            made["id"], safe_update=True, updated_stamp=made["updated_at"], comment={"body": "late"}
        )
        assert (late.status_code, late.json()["error"]) == (409, "UpdateConflict")
        now = (await zendesk.client.get(f"/tickets/{made['id']}")).json()["ticket"]["updated_at"]
        tags = {"tags": ["vip"], "safe_update": "true", "updated_stamp": now}
        added = await zendesk.client.put(f"/tickets/{made['id']}/tags", json=tags)
        assert (added.status_code, added.json()) == (200, {"tags": ["vip"]})
        gone = await zendesk.client.request("DELETE", f"/tickets/{made['id']}/tags", json={"tags": ["vip"]})
        assert gone.json() == {"tags": []}
        assert len(await zendesk.human.comments(str(made["id"]))) == 1


async def test_closed_ticket_changes_no_more_but_can_be_followed_up() -> None:
    async with support_bench() as zendesk:
        made = await zendesk.create()
        await zendesk.human.set_state(str(made["id"]), "closed")
        late = await zendesk.update(made["id"], comment={"body": "still there?"})
        assert (late.status_code, late.json()["error"]) == (422, "RecordInvalid")
        followed = await zendesk.create(via_followup_source_id=made["id"])
        source = (await zendesk.client.get(f"/tickets/{made['id']}")).json()["ticket"]
        assert source["followup_ids"] == [followed["id"]]


async def test_change_that_is_refused_changes_nothing() -> None:
    async with support_bench() as zendesk:
        made = await zendesk.create()
        wrong = await zendesk.update(made["id"], subject="new", comment={"body": "x"}, requester_id=7)
        assert wrong.status_code == 422
        ticket = (await zendesk.client.get(f"/tickets/{made['id']}")).json()["ticket"]
        assert ticket == made
        assert len(await zendesk.human.comments(str(made["id"]))) == 1


async def test_assigned_ticket_is_open_and_its_past_is_told() -> None:
    async with support_bench() as zendesk:
        made = await zendesk.create()
        await zendesk.human.accept(str(made["id"]), "Eleni")
        [ticket] = await zendesk.human.tickets()
        assert (ticket.state, ticket.assignee, ticket.open) == ("open", "Eleni", True)
        changes = await zendesk.update(made["id"], status="solved", description="ignored", tags=["a"])
        events = {
            one["field_name"]: (one["previous_value"], one["value"])
            for one in changes.json()["audit"]["events"]
        }
        assert events == {"status": ("open", "solved"), "tags": ([], ["a"])}
        audits = (await zendesk.client.get(f"/tickets/{made['id']}/audits")).json()["audits"]
        assert [len(one["events"]) for one in audits] == [2, 2, 2]
        wrong = await zendesk.update(made["id"], assignee_id=made["requester_id"] + 1)
        assert wrong.json()["details"]["assignee"][0]["error"] == "InvalidValue"


async def test_files_are_uploaded_and_spent_by_a_comment() -> None:
    async with support_bench() as zendesk:
        kind = {"content-type": "text/plain"}
        first = await zendesk.client.post("/uploads.json?filename=a.txt", content=b"one", headers=kind)
        assert (first.status_code, first.headers["content-type"]) == (201, "text/plain; charset=utf-8")
        token = json.loads(first.text)["upload"]["token"]
        url = f"/uploads?filename=b.txt&token={token}"
        second = await zendesk.client.post(url, content=b"two", headers=kind)
        assert len(second.json()["upload"]["attachments"]) == 2
        made = await zendesk.create(comment={"body": "see", "uploads": [token]})
        [comment] = (await zendesk.client.get(f"/tickets/{made['id']}/comments")).json()["comments"]
        assert [one["file_name"] for one in comment["attachments"]] == ["a.txt", "b.txt"]
        content = await zendesk.client.get(comment["attachments"][1]["content_url"])
        assert content.content == b"two"
        again = await zendesk.update(made["id"], comment={"body": "again", "uploads": [token]})
        assert again.json()["details"]["uploads"][0]["error"] == "InvalidValue"
        known = await zendesk.client.get(f"/attachments/{comment['attachments'][0]['id']}.json")
        assert known.json()["attachment"]["size"] == 3


async def test_upload_waits_an_hour_and_needs_a_name_and_a_type() -> None:
    async with support_bench() as zendesk:
        kind = {"content-type": "image/png"}
        made = (await zendesk.client.post("/uploads?filename=a.png", content=b"x", headers=kind)).json()[
            "upload"
        ]
        zendesk.clock.advance(3600)
        late = {"ticket": {"comment": {"body": "x", "uploads": made["token"]}}}
        assert (await zendesk.client.post("/tickets", json=late)).status_code == 422
        assert (await zendesk.client.delete(f"/uploads/{made['token']}")).status_code == 204
        assert (await zendesk.client.delete(f"/uploads/{made['token']}")).status_code == 404
        assert (await zendesk.client.post("/uploads", content=b"x", headers=kind)).status_code == 400
        form = {"content-type": "multipart/form-data; boundary=x"}
        answer = await zendesk.client.post("/uploads?filename=a.png", content=b"x", headers=form)
        assert answer.status_code == 415


async def test_ticket_fields_are_listed_with_their_options() -> None:
    async with support_bench() as zendesk:
        zendesk.zendesk.account.add_field("Shop", "text", number=77)
        listed = (await zendesk.client.get("/ticket_fields.json")).json()["ticket_fields"]
        kinds = {one["title"]: one["type"] for one in listed}
        assert (kinds["Subject"], kinds["Topic"], kinds["Shop"]) == ("subject", "tagger", "text")
        topic = (await zendesk.client.get("/ticket_fields/360000000002")).json()["ticket_field"]
        assert [one["value"] for one in topic["custom_field_options"]] == ["topic_billing", "topic_delivery"]
        assert (await zendesk.client.get("/ticket_fields/1")).json()["error"] == "RecordNotFound"


async def test_lists_come_in_pages_by_cursor_or_by_number_but_not_both() -> None:
    async with support_bench() as zendesk:
        made = [(await zendesk.create())["id"] for _ in range(5)]
        found: list[int] = []
        url: str | None = "/tickets?page[size]=2"
        while url:
            body = (await zendesk.client.get(url)).json()
            found += [one["id"] for one in body["tickets"]]
            url = body["links"]["next"] if body["meta"]["has_more"] else None
        assert found == made
        second = (await zendesk.client.get("/tickets?per_page=2&page=2&sort_by=id&sort_order=desc")).json()
        assert [one["id"] for one in second["tickets"]] == [made[2], made[1]]
        assert (second["count"], second["next_page"] is not None, second["previous_page"] is not None) == (
            5,
            True,
            True,
        )
        for wrong in (
            "page[size]=2&page=1",
            "page[size]=101",
            "page[after]=junk",
            "page=0",
            "per_page=100&page=101",
        ):
            assert (await zendesk.client.get(f"/tickets?{wrong}")).status_code == 400
