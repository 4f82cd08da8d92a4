from __future__ import annotations

import base64
from typing import Any
from uuid import uuid4

import pytest

from contrib.simulators.tests.dynamics_bench import FORMATTED, MADE, code, dynamics_bench


async def test_case_is_made_with_a_number_and_shown_where_that_is_asked_for() -> None:
    async with dynamics_bench() as dynamics:
        contact = await dynamics.human.add_contact(firstname="Ann", lastname="Mavrou")
        body = {
            "title": "Order 7",
            "description": "Where is it?",
            "caseorigincode": 3,
            "prioritycode": 1,
            "customerid_contact@odata.bind": f"/contacts({contact})",
        }
        plain = await dynamics.client.post("incidents", json=body)
        assert (plain.status_code, plain.content) == (204, b"")
        address = plain.headers["odata-entityid"]
        assert address.startswith("https://acme.crm4.dynamics.example/api/data/v9.2/incidents(")
        headers = {"prefer": f'return=representation,odata.include-annotations="{FORMATTED}"'}
        query = {"$select": "incidentid,ticketnumber,prioritycode"}
        made = await dynamics.client.post("incidents", params=query, json=body, headers=headers)
        assert (made.status_code, "odata-entityid" in made.headers) == (201, False)
        assert made.json()["ticketnumber"].startswith("CAS-01002-")
        assert made.json()[f"prioritycode@{FORMATTED}"] == "High"
        assert "title" not in made.json()
        row = (await dynamics.client.get(address)).json()
        assert (row["statecode"], row["statuscode"], row["casetypecode"], row["severitycode"]) == (
            0,
            1,
            None,
            1,
        )
        assert row["_ownerid_value"] == row["_createdby_value"] == dynamics.dynamics.user_id
        assert row["_customerid_value"] == contact


@pytest.mark.parametrize(
    ("change", "status", "wanted"),
    [
        ({"title": "x" * 201}, 400, "0x80044331"),
        ({"description": "x" * 2001}, 400, "0x80044331"),
        ({"prioritycode": 9}, 400, "0x8004431a"),
        ({"prioritycode": "High"}, 400, "0x80048d19"),
        ({"prioritycode": True}, 400, "0x80048d19"),
        ({"title": 5}, 400, "0x80048d19"),
        ({"colour": "red"}, 400, "0x80048d19"),
        ({"Title": "x"}, 400, "0x80048d19"),
        ({"_customerid_value": str(uuid4())}, 400, "0x80048d19"),
        ({"customerid": str(uuid4())}, 400, "0x80048d19"),
        ({"customerid@odata.bind": "/contacts({contact})"}, 400, "0x80048d19"),
        ({"incident_customer_contacts@odata.bind": "/contacts({contact})"}, 400, "0x80048d19"),
        ({"customerid_account@odata.bind": "/contacts({contact})"}, 400, "0x80048d19"),
        ({"primarycontactid@odata.bind": "/contacts({other})"}, 404, "0x80040217"),
        ({"primarycontactid@odata.bind": "contacts"}, 400, "0x80048d19"),
        ({"customerid_contact@odata.bind": None}, 400, "0x80040203"),
        ({"statecode": 1}, 400, "0x80048408"),
        ({"statuscode": 5}, 400, "0x80048408"),
        ({"incidentid": "no id"}, 400, "0x80048d19"),
    ],
)
async def test_case_that_cannot_be_is_refused_and_nothing_is_made(
    change: dict[str, Any], status: int, wanted: str
) -> None:
    async with dynamics_bench() as dynamics:
        contact = await dynamics.human.add_contact(lastname="Mavrou")
        body = {"title": "Order 7", "customerid_contact@odata.bind": f"/contacts({contact})", **change}
        body = {
            name: value.replace("{contact}", contact).replace("{other}", str(uuid4()))
            if isinstance(value, str)
            else value
            for name, value in body.items()
        }
        answer = await dynamics.client.post("incidents", json=body)
        assert code(answer) == (status, wanted), answer.text
        assert await dynamics.human.tickets() == []


async def test_case_has_one_customer_and_a_contact_of_that_account() -> None:
    async with dynamics_bench() as dynamics:
        account = await dynamics.human.add_account(name="Acme")
        mine = await dynamics.human.add_contact(lastname="Mine", account=account)
        other = await dynamics.human.add_contact(lastname="Other")
        of_account = {"customerid_account@odata.bind": f"accounts({account})"}
        none = await dynamics.client.post("incidents", json={"title": "x"})
        assert code(none) == (400, "0x80040203")
        both = {**of_account, "customerid_contact@odata.bind": f"/contacts({mine})"}
        assert code(await dynamics.client.post("incidents", json=both)) == (400, "0x80048d19")
        stranger = {**of_account, "primarycontactid@odata.bind": f"/contacts({other})"}
        assert code(await dynamics.client.post("incidents", json=stranger)) == (400, "0x80040265")
        row = await dynamics.case(**of_account, **{"primarycontactid@odata.bind": f"/contacts({mine})"})
        cleared = await dynamics.client.delete(f"incidents({row['incidentid']})/primarycontactid/$ref")
        assert cleared.status_code == 204
        shown = (await dynamics.client.get(f"incidents({row['incidentid']})")).json()
        assert (shown["_primarycontactid_value"], shown["_customerid_value"]) == (None, account)
    async with dynamics_bench(contact_of_account=False) as dynamics:
        account = await dynamics.human.add_account(name="Acme")
        other = await dynamics.human.add_contact(lastname="Other")
        bound = {
            "customerid_account@odata.bind": f"/accounts({account})",
            "primarycontactid@odata.bind": f"/contacts({other})",
        }
        await dynamics.case(**bound)


async def test_case_with_a_chosen_id_is_made_once() -> None:
    async with dynamics_bench() as dynamics:
        contact = await dynamics.human.add_contact(lastname="Mavrou")
        body = {"title": "once", "customerid_contact@odata.bind": f"/contacts({contact})"}
        chosen = str(uuid4())
        headers = {"if-none-match": "*", **MADE}
        first = await dynamics.client.patch(f"incidents({chosen})", json=body, headers=headers)
        assert (first.status_code, first.json()["incidentid"]) == (201, chosen)
        again = await dynamics.client.patch(
            f"incidents({chosen})", json={**body, "title": "twice"}, headers=headers
        )
        assert again.status_code == 412
        assert again.json()["error"] == {
            "code": "",
            "message": "A record with matching key values already exists.",
        }
        posted = await dynamics.client.post("incidents", json={**body, "incidentid": chosen})
        assert code(posted) == (412, "0x80040237")
        assert [one.subject for one in await dynamics.human.tickets()] == ["once"]
    async with dynamics_bench(empty_codes=False, duplicate_key_status=400) as dynamics:
        row = await dynamics.case()
        path = f"incidents({row['incidentid']})"
        assert code(await dynamics.client.patch(path, json={}, headers={"if-none-match": "*"})) == (
            412,
            "0x80060892",
        )
        stale = await dynamics.client.patch(path, json={}, headers={"if-match": 'W/"1"'})
        assert code(stale) == (412, "0x80060882")
        gone = await dynamics.client.patch(f"incidents({uuid4()})", json={}, headers={"if-match": "*"})
        assert code(gone) == (404, "0x80040217")
        twice = {
            "incidentid": row["incidentid"],
            "customerid_contact@odata.bind": f"/contacts({row['_customerid_value']})",
        }
        assert code(await dynamics.client.post("incidents", json=twice)) == (400, "0x80040237")


async def test_change_is_of_what_was_read_or_of_whatever_is_there() -> None:
    async with dynamics_bench() as dynamics:
        row = await dynamics.case()
        path, client = f"incidents({row['incidentid']})", dynamics.client
        dynamics.clock.advance(5)
        plain = await client.patch(path, json={"title": "B"}, headers={"if-match": row["@odata.etag"]})
        assert (plain.status_code, plain.content) == (204, b"")
        stale = await client.patch(path, json={"title": "C"}, headers={"if-match": row["@odata.etag"]})
        assert code(stale) == (412, "")
        shown = await client.patch(path, json={"prioritycode": 3}, headers={"if-match": "*", **MADE})
        assert (shown.status_code, shown.json()["title"], shown.json()["prioritycode"]) == (200, "B", 3)
        assert shown.json()["modifiedon"] == "2026-11-24T09:00:05Z"
        gone = await client.patch(f"incidents({uuid4()})", json={"title": "B"}, headers={"if-match": "*"})
        assert gone.status_code == 404
        both = await client.patch(path, json={}, headers={"if-match": "*", "if-none-match": "*"})
        assert both.status_code == 400
        number = await client.patch(path, json={"ticketnumber": "X"}, headers={"if-match": "*"})
        assert number.status_code == 400
        same = await client.patch(path, json={"incidentid": str(uuid4())}, headers={"if-match": "*"})
        assert same.status_code == 400


async def test_patch_without_condition_makes_what_is_gone() -> None:
    async with dynamics_bench() as dynamics:
        chosen = str(uuid4())
        made = await dynamics.client.patch(f"contacts({chosen})", json={"lastname": "Mavrou"})
        assert made.status_code == 204
        assert (await dynamics.client.get(f"contacts({chosen})")).json()["fullname"] == "Mavrou"


async def test_alternate_key_finds_makes_and_changes() -> None:
    async with dynamics_bench() as dynamics:
        contact = await dynamics.human.add_contact(lastname="Mavrou")
        body = {"title": "A", "customerid_contact@odata.bind": f"/contacts({contact})"}
        path, client = "incidents(new_handoffid='h-1')", dynamics.client
        assert code(await client.get(path)) == (404, "0x80060891")
        answers = [
            await client.patch(path, json=body, headers=MADE),
            await client.patch(path, json={"title": "B"}, headers=MADE),
            await client.patch(path, json={"title": "C"}, headers={"if-none-match": "*"}),
        ]
        assert [one.status_code for one in answers] == [201, 200, 412]
        assert answers[1].json()["incidentid"] == answers[0].json()["incidentid"]
        shown = (await client.get(path, params={"$select": "title,new_handoffid"})).json()
        assert (shown["title"], shown["new_handoffid"]) == ("B", "h-1")
        other = await client.post("incidents", json={**body, "new_handoffid": "H-1"})
        assert code(other) == (412, "0x80060892")
        repeated = await client.patch(path, json={"new_handoffid": "h-2"})
        assert repeated.status_code == 400
        broken = await client.get("incidents(new_handoffid='a*b')")
        assert broken.status_code == 400
        assert code(await client.get("incidents(title='B')")) == (400, "0x80060890")
        account = await dynamics.human.add_account(name="Acme", accountnumber="A'1")
        by_key = {"customerid_account@odata.bind": "/accounts(accountnumber='A''1')"}
        assert (await dynamics.case(**by_key))["_customerid_value"] == account
    async with dynamics_bench(alternate_keys=False) as dynamics:
        assert code(await dynamics.client.get("incidents(new_handoffid='h-1')")) == (400, "0x80060890")


async def test_notes_and_files_hang_on_a_case() -> None:
    async with dynamics_bench() as dynamics:
        row = await dynamics.case()
        bind = {"objectid_incident@odata.bind": f"/incidents({row['incidentid']})"}
        chosen = str(uuid4())
        note = {"subject": "Transcript", "notetext": "Ann: hello", **bind}
        once = {"if-none-match": "*"}
        assert (
            await dynamics.client.patch(f"annotations({chosen})", json=note, headers=once)
        ).status_code == 204
        assert (
            await dynamics.client.patch(f"annotations({chosen})", json=note, headers=once)
        ).status_code == 412
        content = base64.b64encode(b"log").decode()
        file = {
            "isdocument": True,
            "filename": "a.log",
            "mimetype": "text/plain",
            "documentbody": content,
            **bind,
        }
        made = await dynamics.client.post("annotations", json=file, headers=MADE)
        assert (made.json()["filesize"], made.json()["objecttypecode"]) == (3, "incident")
        by_hand = await dynamics.human.comment(row["incidentid"], "On it.", agent="Nikos")
        path = f"incidents({row['incidentid']})/Incident_Annotation"
        listed = (await dynamics.client.get(path, params={"$select": "notetext,filename,isdocument"})).json()[
            "value"
        ]
        assert [(one["notetext"], one["filename"]) for one in listed] == [
            ("Ann: hello", None),
            (None, "a.log"),
            ("On it.", None),
        ]
        comments = await dynamics.human.comments(row["ticketnumber"])
        assert [(one.author, one.name, one.text, one.files) for one in comments] == [
            ("api", "# Livechat Bot", "Transcript\nAnn: hello", []),
            ("api", "# Livechat Bot", "", ["a.log"]),
            ("agent", "Nikos", "On it.", []),
        ]
        assert comments[2].id == by_hand
        assert dynamics.human.file(comments[1].id) == b"log"


async def test_file_must_be_base64_and_not_too_large() -> None:
    async with dynamics_bench(largest_file=10) as dynamics:
        row = await dynamics.case()
        bind = {"objectid_incident@odata.bind": f"/incidents({row['incidentid']})"}
        wrong = await dynamics.client.post("annotations", json={"documentbody": "%%%", **bind})
        assert code(wrong) == (400, "0x80048d19")
        large = base64.b64encode(b"x" * 11).decode()
        assert code(await dynamics.client.post("annotations", json={"documentbody": large, **bind})) == (
            400,
            "0x80044a02",
        )
        assert await dynamics.human.comments(row["incidentid"]) == []
    async with dynamics_bench() as dynamics:
        row = await dynamics.case()
        bind = {"objectid_incident@odata.bind": f"/incidents({row['incidentid']})"}
        content = base64.b64encode(b"x" * 3_000_000).decode()
        taken = await dynamics.client.post(
            "annotations", json={"documentbody": content, "filename": "a", **bind}
        )
        assert taken.status_code == 204
        long = await dynamics.client.post("incidents", json={"title": "x" * 1_100_000})
        assert long.status_code == 413


async def test_case_is_resolved_by_its_action_and_opened_again() -> None:
    async with dynamics_bench() as dynamics:
        row = await dynamics.case()
        path, client, match = f"incidents({row['incidentid']})", dynamics.client, {"if-match": "*"}
        plain = await client.patch(path, json={"statecode": 1, "statuscode": 5}, headers=match)
        assert code(plain) == (400, "0x80048408")
        resolution = {
            "@odata.type": "Microsoft.Dynamics.CRM.incidentresolution",
            "subject": "Solved in chat",
            "timespent": 3,
            "incidentid@odata.bind": f"/{path}",
        }
        for wrong in (
            {"Status": 5},
            {"IncidentResolution": resolution},
            {"IncidentResolution": {**resolution, "colour": "red"}, "Status": 5},
            {"IncidentResolution": resolution, "Status": 1},
            {"IncidentResolution": resolution, "Status": 5, "More": 1},
            {"IncidentResolution": {"subject": "x"}, "Status": 5},
        ):
            assert (await client.post("CloseIncident", json=wrong)).status_code == 400, wrong
        closed = await client.post("CloseIncident", json={"IncidentResolution": resolution, "Status": 5})
        assert (closed.status_code, closed.content) == (204, b"")
        late = await client.post("CloseIncident", json={"IncidentResolution": resolution, "Status": 5})
        assert code(late) == (400, "0x80040265")
        [ticket] = await dynamics.human.tickets()
        assert (ticket.state, ticket.open) == ("Problem Solved", False)
        [told] = (await client.get(f"{path}/Incident_IncidentResolutions")).json()["value"]
        assert (told["subject"], told["timespent"]) == ("Solved in chat", 3)
        assert code(await client.patch(path, json={"title": "x"}, headers=match)) == (400, "0x80040265")
        assert (
            await client.patch(path, json={"statecode": 0, "statuscode": 1}, headers=match)
        ).status_code == 204
        wrong_pair = await client.patch(path, json={"statecode": 0, "statuscode": 6}, headers=match)
        assert code(wrong_pair) == (400, "0x80048408")
        assert (await client.patch(path, json={"statecode": 2}, headers=match)).status_code == 204
        assert (await dynamics.human.tickets())[0].state == "Cancelled"
    async with dynamics_bench(plain_resolve=True) as dynamics:
        row = await dynamics.case()
        plain = await dynamics.client.patch(
            f"incidents({row['incidentid']})",
            json={"statecode": 1, "statuscode": 1000},
            headers={"if-match": "*"},
        )
        assert plain.status_code == 204


async def test_duplicate_is_looked_for_where_that_is_asked_and_is_a_500() -> None:
    async with dynamics_bench() as dynamics:
        await dynamics.human.add_contact(firstname="Ann", lastname="Mavrou", emailaddress1="ann@acme.example")
        again = {"lastname": "Other", "emailaddress1": "ANN@acme.example"}
        loud = {"mscrm.suppressduplicatedetection": "false"}
        refused = await dynamics.client.post("contacts", json=again, headers=loud)
        assert code(refused) == (500, "0x80040333")
        assert len(await dynamics.human.contacts()) == 1
        assert (await dynamics.client.post("contacts", json=again)).status_code == 204
        silent = {"mscrm.suppressduplicatedetection": "true"}
        assert (await dynamics.client.post("contacts", json=again, headers=silent)).status_code == 204
        third = await dynamics.client.post("contacts", json={"lastname": "Third"}, headers=loud)
        changed = await dynamics.client.patch(third.headers["odata-entityid"], json=again, headers=loud)
        assert code(changed) == (500, "0x80040333")


async def test_deleted_row_is_gone_and_nothing_leads_to_it() -> None:
    async with dynamics_bench() as dynamics:
        account = await dynamics.human.add_account(name="Acme")
        contact = await dynamics.human.add_contact(lastname="Mavrou", account=account)
        client = dynamics.client
        assert (await client.delete(f"accounts({account})", headers={"if-match": 'W/"1"'})).status_code == 412
        assert (await client.delete(f"accounts({account})")).status_code == 204
        assert code(await client.delete(f"accounts({account})")) == (404, "0x80040217")
        assert (await client.get(f"contacts({contact})")).json()["_parentcustomerid_value"] is None


async def test_bodies_must_be_json_objects() -> None:
    async with dynamics_bench() as dynamics:
        kind = {"content-type": "application/json"}
        client = dynamics.client
        assert (
            await client.post("contacts", content=b"{}", headers={"content-type": "text/plain"})
        ).status_code == 415
        assert code(await client.post("contacts", content=b"{", headers=kind)) == (400, "0x80048d19")
        assert code(await client.post("contacts", content=b"[]", headers=kind)) == (400, "0x80048d19")
        wanted = {"prefer": 'odata.include-annotations="*"'}
        told = await client.post("contacts", json={"colour": 1}, headers=wanted)
        assert "@Microsoft.PowerApps.CDS.TraceText" in told.json()["error"]
        assert (await client.patch("contacts", json={})).status_code == 405
        assert (await client.delete("contacts")).status_code == 405
