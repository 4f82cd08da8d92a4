from __future__ import annotations

from typing import Any

import pytest

from contrib.simulators.tests.freshdesk_bench import TICKET, freshdesk_bench, problems


async def test_ticket_is_made_with_all_that_it_can_have() -> None:
    async with freshdesk_bench() as freshdesk:
        made = await freshdesk.create(
            name="Ann Mavrou",
            description=(
                '<p>Where <b>is</b> it?</p><script>steal()</script><a href="javascript:x">A &amp; B</a>'
            ),
            priority=3,
            type="Question",
            source=7,
            tags=["bot", "missed"],
            group_id=43_000_000_101,
            custom_fields={"cf_handoff": "h-1.ticket", "cf_topic": "Billing", "cf_attempts": 2},
            cc_emails=["boss@acme.example"],
        )
        assert (made["status"], made["priority"], made["source"], made["type"]) == (2, 3, 7, "Question")
        assert made["description"] == "<p>Where <b>is</b> it?</p><a>A &amp; B</a>"
        assert made["description_text"] == "Where is it?\nA & B"
        assert made["custom_fields"]["cf_handoff"] == "h-1.ticket"
        assert made["custom_fields"]["cf_consent"] is None
        assert made["cc_emails"] == made["reply_cc_emails"] == ["boss@acme.example"]
        assert made["created_at"] == "2026-11-24T09:00:00Z"
        contact = (await freshdesk.client.get(f"/contacts/{made['requester_id']}")).json()
        assert (contact["name"], contact["email"]) == ("Ann Mavrou", "ann@acme.example")
        again = await freshdesk.create(email="ANN@acme.example")
        assert (again["requester_id"], again["id"]) == (made["requester_id"], made["id"] + 1)
        shown = (await freshdesk.client.get(f"/tickets/{made['id']}", params={"include": "requester"})).json()
        assert shown["requester"]["email"] == "ann@acme.example"


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"subject": None}, "subject", "missing_field"),
        ({"subject": " "}, "subject", "invalid_value"),
        ({"subject": "x" * 256}, "subject", "invalid_value"),
        ({"subject": 7}, "subject", "datatype_mismatch"),
        ({"description": None}, "description", "missing_field"),
        ({"status": None}, "status", "missing_field"),
        ({"status": "2"}, "status", "datatype_mismatch"),
        ({"status": 9}, "status", "invalid_value"),
        ({"priority": 5}, "priority", "invalid_value"),
        ({"priority": True}, "priority", "datatype_mismatch"),
        ({"source": 4}, "source", "invalid_value"),
        ({"type": "Complaint"}, "type", "invalid_value"),
        ({"tags": "bot"}, "tags", "datatype_mismatch"),
        ({"tags": [1]}, "tags", "datatype_mismatch"),
        ({"tags": ["x" * 33]}, "tags", "invalid_value"),
        ({"email": None}, "requester_id", "missing_field"),
        ({"email": "no mail"}, "email", "invalid_value"),
        ({"email": None, "phone": "+30 210"}, "name", "missing_field"),
        ({"requester_id": 7}, "requester_id", "invalid_value"),
        ({"group_id": 7}, "group_id", "invalid_value"),
        ({"responder_id": 7}, "responder_id", "invalid_value"),
        ({"product_id": 7}, "product_id", "invalid_value"),
        ({"company_id": -1}, "company_id", "datatype_mismatch"),
        ({"email_config_id": 7}, "email_config_id", "invalid_value"),
        ({"due_by": "tomorrow"}, "due_by", "invalid_value"),
        ({"cc_emails": ["nobody"]}, "cc_emails", "invalid_value"),
        ({"custom_fields": "x"}, "custom_fields", "datatype_mismatch"),
        ({"custom_fields": {"cf_colour": "red"}}, "cf_colour", "invalid_field"),
        ({"custom_fields": {"cf_topic": "Weather"}}, "cf_topic", "invalid_value"),
        ({"custom_fields": {"cf_attempts": "2"}}, "cf_attempts", "datatype_mismatch"),
        ({"custom_fields": {"cf_attempts": 2.5}}, "cf_attempts", "datatype_mismatch"),
        ({"custom_fields": {"cf_consent": "yes"}}, "cf_consent", "datatype_mismatch"),
        ({"custom_fields": {"cf_due": "2026-02-30"}}, "cf_due", "invalid_value"),
        ({"custom_fields": {"cf_handoff": "x" * 256}}, "cf_handoff", "invalid_value"),
        ({"colour": "red"}, "colour", "invalid_field"),
        ({"parent_id": 1}, "parent_id", "invalid_field"),
    ],
)
async def test_ticket_that_cannot_be_is_refused_and_nothing_is_made(
    changes: dict[str, Any], field: str, code: str
) -> None:
    async with freshdesk_bench() as freshdesk:
        answer = await freshdesk.client.post("/tickets", json={**TICKET, **changes})
        assert answer.status_code == 400
        assert problems(answer)[field] == code
        assert await freshdesk.human.tickets() == []
        assert await freshdesk.human.contacts() == []


async def test_several_problems_are_told_at_once_with_the_values_that_may_be() -> None:
    async with freshdesk_bench() as freshdesk:
        answer = await freshdesk.client.post("/tickets", json={"subject": "x", "status": 1, "priority": 0})
        told = problems(answer)
        assert {"description", "status", "priority", "requester_id"} <= set(told)
        [status] = [one for one in answer.json()["errors"] if one["field"] == "status"]
        assert status["message"] == "It should be one of these values: '2,3,4,5,6,7'"


async def test_account_may_require_fields() -> None:
    async with freshdesk_bench(required_fields=("product_id", "cf_topic")) as freshdesk:
        answer = await freshdesk.client.post("/tickets", json=TICKET)
        assert problems(answer) == {"product_id": "missing_field", "cf_topic": "missing_field"}
        await freshdesk.create(product_id=43_000_000_201, custom_fields={"cf_topic": "Delivery"})
        fields = {one["name"]: one for one in (await freshdesk.client.get("/ticket_fields")).json()}
        assert fields["cf_topic"]["required_for_agents"]
        assert fields["product"]["required_for_agents"]
        assert not fields["cf_handoff"]["required_for_agents"]
    with pytest.raises(ValueError, match="no field 'cf_colour'"):
        async with freshdesk_bench(required_fields=("cf_colour",)):
            pass


async def test_requester_is_found_by_what_names_it_or_made() -> None:
    async with freshdesk_bench() as freshdesk:
        ann = int(
            await freshdesk.human.add_contact(
                name="Ann", email="ann@acme.example", phone="+30210", unique_external_id="C-7"
            )
        )
        for who in (
            {"email": "Ann@Acme.example"},
            {"email": None, "phone": "+30210"},
            {"email": None, "unique_external_id": "C-7"},
            {"email": None, "requester_id": ann},
        ):
            assert (await freshdesk.create(**who))["requester_id"] == ann
        made = await freshdesk.create(email=None, phone="+30211", name="Bob")
        assert made["requester_id"] != ann
        assert [one.name for one in await freshdesk.human.contacts()] == ["Ann", "Bob"]
    async with freshdesk_bench(external_id_as_requester=False) as freshdesk:
        ask = {**TICKET, "email": None, "unique_external_id": "C-7", "name": "Ann"}
        answer = await freshdesk.client.post("/tickets", json=ask)
        assert problems(answer) == {"requester_id": "missing_field"}


async def test_same_ticket_twice_is_two_tickets() -> None:
    async with freshdesk_bench() as freshdesk:
        freshdesk.freshdesk.faults.script("create", "status", status=503, applied=True)
        lost = await freshdesk.client.post("/tickets", json=TICKET)
        assert lost.status_code == 503
        await freshdesk.create()
        assert len(await freshdesk.human.tickets()) == 2


async def test_what_is_not_there_has_no_body() -> None:
    async with freshdesk_bench() as freshdesk:
        for method, path in (
            ("GET", "/tickets/7"),
            ("GET", "/tickets/none"),
            ("PUT", "/tickets/7"),
            ("POST", "/tickets/7/notes"),
            ("GET", "/tickets/7/conversations"),
            ("GET", "/contacts/7"),
            ("GET", "/companies/7"),
            ("GET", "/agents/7"),
            ("GET", "/nowhere"),
        ):
            answer = await freshdesk.client.request(method, path, json={} if method != "GET" else None)
            assert (answer.status_code, answer.content) == (404, b"")
            assert "content-type" not in answer.headers
        wrong = await freshdesk.client.delete("/tickets")
        assert wrong.status_code == 405


async def test_ticket_is_changed_in_part_and_own_fields_as_set() -> None:
    async with freshdesk_bench() as freshdesk:
        made = await freshdesk.create(tags=["a"], custom_fields={"cf_handoff": "h-1", "cf_topic": "Billing"})
        path = f"/tickets/{made['id']}"
        freshdesk.clock.advance(5)
        changes = {"status": 4, "tags": ["b"], "custom_fields": {"cf_topic": "Delivery"}}
        changed = (await freshdesk.client.put(path, json=changes)).json()
        assert (changed["status"], changed["tags"], changed["subject"]) == (4, ["b"], "Order 7")
        assert changed["custom_fields"]["cf_handoff"] is None
        assert changed["updated_at"] == "2026-11-24T09:00:05Z"
        refused = await freshdesk.client.put(path, json={"status": 3, "priority": 9})
        assert problems(refused) == {"priority": "invalid_value"}
        assert problems(await freshdesk.client.put(path, json={"cc_emails": []})) == {
            "cc_emails": "invalid_field"
        }
        shown = (await freshdesk.client.get(path, params={"include": "stats"})).json()
        assert (shown["status"], shown["stats"]["resolved_at"]) == (4, "2026-11-24T09:00:05Z")
        reopened = await freshdesk.client.put(path, json={"status": 2})
        assert reopened.status_code == 200
        stats = (await freshdesk.client.get(path, params={"include": "stats"})).json()["stats"]
        assert (stats["resolved_at"], stats["reopened_at"]) == (None, "2026-11-24T09:00:05Z")
    async with freshdesk_bench(custom_fields_on_update="merge") as freshdesk:
        made = await freshdesk.create(custom_fields={"cf_handoff": "h-1"})
        changes = {"custom_fields": {"cf_topic": "Delivery"}}
        changed = (await freshdesk.client.put(f"/tickets/{made['id']}", json=changes)).json()
        assert changed["custom_fields"]["cf_handoff"] == "h-1"


async def test_subject_description_and_requester_can_be_changed() -> None:
    async with freshdesk_bench() as freshdesk:
        company = int(await freshdesk.human.add_account(name="Acme"))
        bob = int(await freshdesk.human.add_contact(name="Bob", phone="+30210", company_id=company))
        path = f"/tickets/{(await freshdesk.create(email=None, requester_id=bob))['id']}"
        shown = (await freshdesk.client.get(path, params={"include": "company"})).json()
        assert shown["company"] == {"id": company, "name": "Acme"}
        changes = {"subject": "Order 8", "description": "<i onclick='x()'>new</i><form>gone</form>"}
        changed = (await freshdesk.client.put(path, json=changes)).json()
        assert (changed["subject"], changed["description"]) == ("Order 8", "<i>new</i>")
        me = freshdesk.freshdesk.caller.id
        assert (await freshdesk.client.put(path, json={"requester_id": me})).json()["requester_id"] == me
        for wrong in ({"requester_id": 7}, {"subject": ""}, {"description": None}):
            [(field, _)] = problems(await freshdesk.client.put(path, json=wrong)).items()
            assert [field] == list(wrong)
        listed = (await freshdesk.client.get("/tickets", params={"company_id": company})).json()
        assert [one["subject"] for one in listed] == ["Order 8"]


async def test_deleted_ticket_is_shown_but_neither_listed_nor_changed() -> None:
    async with freshdesk_bench() as freshdesk:
        made = await freshdesk.create()
        path = f"/tickets/{made['id']}"
        assert (await freshdesk.client.delete(path)).status_code == 204
        assert (await freshdesk.client.get(path)).json()["deleted"] is True
        assert (await freshdesk.client.get("/tickets")).json() == []
        listed = (await freshdesk.client.get("/tickets", params={"filter": "deleted"})).json()
        assert [one["id"] for one in listed] == [made["id"]]
        assert (await freshdesk.client.put(path, json={"status": 3})).status_code == 404
        assert (await freshdesk.client.post(f"{path}/notes", json={"body": "x"})).status_code == 404
        assert (await freshdesk.client.delete(path)).status_code == 404
        freshdesk.clock.advance(180)
        assert await freshdesk.found("status:2") == []


async def test_list_sees_the_present_of_thirty_days_without_descriptions() -> None:
    async with freshdesk_bench() as freshdesk:
        first = await freshdesk.create()
        freshdesk.clock.advance(3600)
        second = await freshdesk.create(email="bob@acme.example")
        listed = (await freshdesk.client.get("/tickets")).json()
        assert [one["id"] for one in listed] == [second["id"], first["id"]]
        assert "description" not in listed[0]
        described = await freshdesk.client.get(
            "/tickets", params={"include": "description,requester", "order_type": "asc"}
        )
        assert described.json()[0]["description_text"] == "Where is it?"
        of_ann = await freshdesk.client.get("/tickets", params={"email": "ann@acme.example"})
        assert [one["id"] for one in of_ann.json()] == [first["id"]]
        stranger = await freshdesk.client.get("/tickets", params={"email": "zoe@acme.example"})
        assert problems(stranger) == {"email": "invalid_value"}
        freshdesk.clock.advance(30 * 24 * 3600 - 60)
        assert [one["id"] for one in (await freshdesk.client.get("/tickets")).json()] == [second["id"]]
        since = {"updated_since": "2026-11-24T00:00:00Z"}
        assert len((await freshdesk.client.get("/tickets", params=since)).json()) == 2


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("status=2", "status", "invalid_field"),
        ("include=notes", "include", "invalid_value"),
        ("filter=all", "filter", "invalid_value"),
        ("order_by=id", "order_by", "invalid_value"),
        ("order_type=up", "order_type", "invalid_value"),
        ("updated_since=yesterday", "updated_since", "invalid_value"),
        ("per_page=101", "per_page", "invalid_value"),
        ("page=0", "page", "datatype_mismatch"),
        ("page=x", "page", "datatype_mismatch"),
        ("requester_id=7", "requester_id", "invalid_value"),
        ("company_id=7", "company_id", "invalid_value"),
    ],
)
async def test_list_refuses_what_it_does_not_know(query: str, field: str, code: str) -> None:
    async with freshdesk_bench() as freshdesk:
        answer = await freshdesk.client.get(f"/tickets?{query}")
        assert (answer.status_code, problems(answer)) == (400, {field: code})


async def test_lists_come_in_pages_that_name_the_next() -> None:
    async with freshdesk_bench() as freshdesk:
        made = [(await freshdesk.create())["id"] for _ in range(5)]
        seen: list[int] = []
        answer = await freshdesk.client.get("/tickets", params={"per_page": 2, "order_type": "asc"})
        while True:
            seen += [one["id"] for one in answer.json()]
            if "next" not in answer.links:
                break
            answer = await freshdesk.client.get(answer.links["next"]["url"])
        assert seen == made


async def test_form_brings_files_and_its_numbers_are_digits() -> None:
    async with freshdesk_bench() as freshdesk:
        fields = {
            "subject": "See",
            "description": "the file",
            "email": "ann@acme.example",
            "status": "2",
            "priority": "1",
            "tags[]": ["a", "b"],
            "custom_fields[cf_attempts]": "3",
            "custom_fields[cf_consent]": "true",
        }
        files = [
            ("attachments[]", ("a.txt", b"one", "text/plain")),
            ("attachments[]", ("β.txt", b"two", "text/plain")),
        ]
        made = (await freshdesk.client.post("/tickets", data=fields, files=files)).json()
        assert (made["status"], made["tags"], made["custom_fields"]["cf_attempts"]) == (2, ["a", "b"], 3)
        assert made["custom_fields"]["cf_consent"] is True
        assert [(one["name"], one["size"]) for one in made["attachments"]] == [("a.txt", 3), ("β.txt", 3)]
        content = await freshdesk.client.get(made["attachments"][1]["attachment_url"], auth=None)
        assert content.content == b"two"
        guess = made["attachments"][1]["attachment_url"] + "x"
        assert (await freshdesk.client.get(guess)).status_code == 403
        more = [("attachments[]", ("c.txt", b"three", "text/plain"))]
        changed = await freshdesk.client.put(f"/tickets/{made['id']}", data={"status": "3"}, files=more)
        assert [one["name"] for one in changed.json()["attachments"]] == ["a.txt", "β.txt", "c.txt"]
        assert [one.operation for one in freshdesk.freshdesk.requests][-1] == "attach"


async def test_files_have_a_size_and_one_name() -> None:
    async with freshdesk_bench(attachments_limit=5_000_000) as freshdesk:
        form = {**{key: str(value) for key, value in TICKET.items()}}
        large = [("attachments[]", (f"{one}.bin", b"x" * 2_500_001, "image/png")) for one in "ab"]
        answer = await freshdesk.client.post("/tickets", data=form, files=large)
        assert problems(answer) == {"attachments": "invalid_size"}
        named = [("file", ("a.txt", b"one", "text/plain"))]
        answer = await freshdesk.client.post("/tickets", data=form, files=named)
        assert problems(answer) == {"file": "invalid_field"}
        huge = [("attachments[]", ("a.bin", b"x" * 7_500_000, "image/png"))]
        assert (await freshdesk.client.post("/tickets", data=form, files=huge)).status_code == 413
        twice = {**form, "tags": "a", "tags[]": "b"}
        answer = await freshdesk.client.post(
            "/tickets", data=twice, files=[("attachments[]", ("a.txt", b"1", "text/plain"))]
        )
        assert answer.json()["code"] == "invalid_json"
        assert await freshdesk.human.tickets() == []


async def test_notes_are_private_unless_they_say_otherwise_and_replies_are_sent() -> None:
    async with freshdesk_bench() as freshdesk:
        made = await freshdesk.create()
        path = f"/tickets/{made['id']}"
        note = await freshdesk.client.post(f"{path}/notes", json={"body": "<p>psst</p>"})
        assert (note.status_code, note.json()["private"], note.json()["body_text"]) == (201, True, "psst")
        open_note = await freshdesk.client.post(f"{path}/notes", json={"body": "seen", "private": False})
        assert (open_note.json()["private"], open_note.json()["source"]) == (False, 2)
        assert freshdesk.freshdesk.emails == []
        reply = await freshdesk.client.post(f"{path}/reply", json={"body": "It is on its way"})
        assert (reply.status_code, reply.json()["source"], reply.json()["to_emails"]) == (
            201,
            0,
            ["ann@acme.example"],
        )
        assert freshdesk.freshdesk.emails == [("ann@acme.example", "It is on its way")]
        told = {"body": "look", "notify_emails": ["eleni@acme.example"]}
        await freshdesk.client.post(f"{path}/notes", json=told)
        assert freshdesk.freshdesk.emails[-1] == ("eleni@acme.example", "look")
        files = [("attachments[]", ("a.txt", b"one", "text/plain"))]
        filed = await freshdesk.client.post(f"{path}/notes", data={"body": "see"}, files=files)
        assert (filed.status_code, filed.json()["attachments"][0]["name"]) == (201, "a.txt")
        assert filed.json()["private"] is True
        listed = (await freshdesk.client.get(f"{path}/conversations", params={"per_page": 2})).json()
        assert [one["body_text"] for one in listed] == ["psst", "seen"]
        inside = (await freshdesk.client.get(path, params={"include": "conversations"})).json()
        assert len(inside["conversations"]) == 5
        assert [one.operation for one in freshdesk.freshdesk.requests if one.operation == "comment"] == [
            "comment"
        ] * 4


async def test_note_that_cannot_be_is_refused() -> None:
    async with freshdesk_bench() as freshdesk:
        path = f"/tickets/{(await freshdesk.create())['id']}"
        for body, told in (
            ({}, {"body": "missing_field"}),
            ({"body": ""}, {"body": "invalid_value"}),
            ({"body": "x", "private": "no"}, {"private": "datatype_mismatch"}),
            ({"body": "x", "public": True}, {"public": "invalid_field"}),
            ({"body": "x", "user_id": 7}, {"user_id": "invalid_value"}),
            ({"body": "x", "notify_emails": ["me"]}, {"notify_emails": "invalid_value"}),
        ):
            assert problems(await freshdesk.client.post(f"{path}/notes", json=body)) == told
        for body, told in (
            ({"body": "x", "private": True}, {"private": "invalid_field"}),
            ({"body": "x", "from_email": "help@acme.example"}, {"from_email": "invalid_value"}),
        ):
            assert problems(await freshdesk.client.post(f"{path}/reply", json=body)) == told
        assert (await freshdesk.client.get(f"{path}/conversations")).json() == []
        by_ann = {"body": "mine", "user_id": int((await freshdesk.human.contacts())[0].id)}
        await freshdesk.client.post(f"{path}/notes", json={**by_ann, "private": False})
        [said] = await freshdesk.human.comments(path.rpartition("/")[2])
        assert (said.author, said.name, said.public) == ("requester", "ann", True)


async def test_fields_are_listed_with_choices_that_look_different() -> None:
    async with freshdesk_bench() as freshdesk:
        freshdesk.freshdesk.account.fields.add("cf_shop", "Shop", "custom_text")
        fields = {one["name"]: one for one in (await freshdesk.client.get("/ticket_fields")).json()}
        assert fields["status"]["choices"]["4"] == ["Resolved", "Resolved"]
        assert fields["priority"]["choices"] == {"Low": 1, "Medium": 2, "High": 3, "Urgent": 4}
        assert "Question" in fields["ticket_type"]["choices"]
        assert fields["cf_topic"]["choices"] == ["Billing", "Delivery"]
        assert (fields["cf_shop"]["type"], fields["cf_shop"]["default"]) == ("custom_text", False)
        kind = {"type": "custom_date"}
        assert [
            one["name"] for one in (await freshdesk.client.get("/ticket_fields", params=kind)).json()
        ] == ["cf_due"]
        with pytest.raises(ValueError, match="begins with cf_"):
            freshdesk.freshdesk.account.fields.add("shop", "Shop", "custom_text")
