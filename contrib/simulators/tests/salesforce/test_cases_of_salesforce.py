from __future__ import annotations

import base64
from typing import Any

import pytest

from contrib.simulators.tests.salesforce_bench import MAIN, problem, salesforce_bench
from livechat_sdk_simulators.salesforce.schema import Field


async def test_case_is_made_and_read_with_what_the_org_adds() -> None:
    async with salesforce_bench() as salesforce:
        account = await salesforce.make("Account", Name="Acme")
        contact = await salesforce.make(
            "Contact", FirstName="Ann", LastName="Mavrou", Email="ann@acme.example", AccountId=account
        )
        answer = await salesforce.client.post(
            "/sobjects/Case",
            json={
                "attributes": {"type": "Case"},
                "Subject": " Order 7 ",
                "Description": "Where\r\nis it?",
                "Origin": "Chat",
                "Priority": "High",
                "ContactId": contact[:15],
                "Consent__c": True,
                "Due__c": "2026-12-01",
                "Attempts__c": 2,
                "Comments": "transcript",
            },
        )
        made = answer.json()
        assert (answer.status_code, made["success"], made["errors"]) == (201, True, [])
        assert answer.headers["location"] == f"{MAIN}/sobjects/Case/{made['id']}"
        case = await salesforce.read("Case", made["id"])
        assert len(case["Id"]) == 18
        assert case["Id"].startswith("500")
        assert (case["Subject"], case["Description"]) == ("Order 7", "Where\nis it?")
        assert (case["Status"], case["IsClosed"], case["CaseNumber"]) == ("New", False, "00001026")
        assert (case["ContactId"], case["AccountId"], case["ContactEmail"]) == (
            contact,
            account,
            "ann@acme.example",
        )
        assert case["CreatedDate"] == "2026-11-24T09:00:00.000+0000"
        assert case["attributes"] == {"type": "Case", "url": f"{MAIN}/sobjects/Case/{made['id']}"}
        some = await salesforce.client.get(f"/sobjects/Case/{made['id'][:15]}?fields=CaseNumber,status")
        assert {"CaseNumber": "00001026", "Status": "New"}.items() <= some.json().items()
        [comment] = await salesforce.human.comments(made["id"])
        assert (comment.text, comment.public) == ("transcript", False)


@pytest.mark.parametrize(
    ("case", "code", "fields"),
    [
        ({"Colour": "red"}, "INVALID_FIELD", None),
        ({"Contact": {"LastName": "A"}}, "INVALID_FIELD", []),
        ({"Id": "500gK0000000001"}, "INVALID_FIELD", None),
        ({"CaseNumber": "7"}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["CaseNumber"]),
        ({"Subject": "x" * 256}, "STRING_TOO_LONG", ["Subject"]),
        ({"Description": "x" * 32_001}, "STRING_TOO_LONG", ["Description"]),
        ({"Subject": 7}, "JSON_PARSER_ERROR", None),
        ({"Consent__c": "yes"}, "JSON_PARSER_ERROR", None),
        ({"Attempts__c": "2"}, "JSON_PARSER_ERROR", None),
        ({"Due__c": "tomorrow"}, "JSON_PARSER_ERROR", None),
        ({"Status": "Done"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["Status"]),
        ({"SuppliedEmail": "no mail"}, "INVALID_EMAIL_ADDRESS", ["SuppliedEmail"]),
        ({"ContactId": "somebody"}, "MALFORMED_ID", ["ContactId"]),
        ({"ContactId": "500gK0000000001"}, "MALFORMED_ID", ["ContactId"]),
        ({"ContactId": "003gK0000000001"}, "INVALID_CROSS_REFERENCE_KEY", []),
    ],
)
async def test_case_that_cannot_be_is_refused_and_nothing_is_made(
    case: dict[str, Any], code: str, fields: list[str] | None
) -> None:
    async with salesforce_bench() as salesforce:
        answer = await salesforce.client.post("/sobjects/Case", json=case)
        assert problem(answer) == (400, code)
        assert answer.json()[0].get("fields") == fields
        assert await salesforce.human.tickets() == []


async def test_org_may_require_fields_validate_and_leave_lists_open() -> None:
    async with salesforce_bench(required_fields=("Origin",), restricted_picklists=False) as salesforce:
        bare = await salesforce.client.post("/sobjects/Case", json={"Subject": "x"})
        assert problem(bare) == (400, "REQUIRED_FIELD_MISSING")
        assert bare.json()[0]["fields"] == ["Origin"]
        await salesforce.make("Case", Origin="Pigeon")
        rules = salesforce.salesforce.rules.validation
        rules.append(lambda values: None if values.get("Subject") else "A case needs a subject.")
        refused = await salesforce.client.post("/sobjects/Case", json={"Origin": "Web"})
        assert refused.json()[0] == {
            "message": "A case needs a subject.",
            "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            "fields": [],
        }
    with pytest.raises(ValueError, match="no field 'Colour__c'"):
        async with salesforce_bench(required_fields=("Colour__c",)):
            pass


async def test_assignment_rule_gives_the_case_to_a_queue_unless_told_not_to() -> None:
    async with salesforce_bench() as salesforce:
        rules = salesforce.salesforce.rules

        async def owner(**headers: str) -> str:
            mine = {"OwnerId": rules.user_id}
            answer = await salesforce.client.post("/sobjects/Case", json=mine, headers=headers)
            return str((await salesforce.read("Case", answer.json()["id"]))["OwnerId"])

        assert await owner() == rules.queue_id
        assert await owner(**{"Sforce-Auto-Assign": "FALSE"}) == rules.user_id
        assert await owner(**{"Sforce-Auto-Assign": "01QgK0000000001AAA"}) == rules.queue_id
        wrong = await salesforce.client.post(
            "/sobjects/Case", json={}, headers={"Sforce-Auto-Assign": "maybe"}
        )
        assert wrong.status_code == 400
    async with salesforce_bench(auto_assign=False) as salesforce:
        case = await salesforce.read("Case", await salesforce.make("Case", Subject="x"))
        assert case["OwnerId"] == salesforce.salesforce.rules.user_id


async def test_upsert_makes_one_case_for_each_external_id() -> None:
    async with salesforce_bench() as salesforce:
        first = await salesforce.upsert("7f3c", Subject="Order 7")
        assert (first.status_code, first.json()["created"]) == (201, True)
        again = await salesforce.upsert("7F3C", Subject="Order 8")
        assert (again.status_code, again.json()) == (
            200,
            {"id": first.json()["id"], "success": True, "errors": [], "created": False},
        )
        older = await salesforce.upsert("7f3c", version=45, Status="Working")
        assert (older.status_code, older.content) == (204, b"")
        case = (await salesforce.client.get("/sobjects/Case/Handoff_Id__c/7f3c")).json()
        assert (case["Id"], case["Subject"], case["Status"]) == (first.json()["id"], "Order 8", "Working")
        assert [one.key for one in await salesforce.human.tickets()] == ["7f3c"]
        names = [one.operation for one in salesforce.salesforce.requests]
        assert names == ["token", "create", "create", "create", "find"]


async def test_upsert_is_refused_where_its_address_or_body_is_wrong() -> None:
    async with salesforce_bench() as salesforce:
        for name in ("Handoff_Id__c", "handoff_id__c", "Id"):
            body = {name: "7f3c"}
            answer = await salesforce.client.patch("/sobjects/Case/Handoff_Id__c/7f3c", json=body)
            assert problem(answer) == (400, "INVALID_FIELD")
        assert problem(await salesforce.upsert("h-1.ticket", Subject="x")) == (404, "NOT_FOUND")
        assert problem(await salesforce.upsert("a%2Fb", Subject="x")) == (404, "NOT_FOUND")
        assert problem(await salesforce.upsert("x" * 65, Subject="x")) == (400, "STRING_TOO_LONG")
        only = await salesforce.client.patch(
            "/sobjects/Case/Handoff_Id__c/7f3c?updateOnly=true", json={"Subject": "x"}
        )
        assert problem(only) == (404, "NOT_FOUND")
        for field in ("Subject", "Colour__c"):
            answer = await salesforce.client.patch(f"/sobjects/Case/{field}/7f3c", json={"Subject": "x"})
            assert problem(answer) == (404, "NOT_FOUND")
        assert problem(await salesforce.client.get("/sobjects/Case/Handoff_Id__c/7f3c")) == (404, "NOT_FOUND")
        assert await salesforce.human.tickets() == []
    async with salesforce_bench(dots_in_external_ids=True) as salesforce:
        assert (await salesforce.upsert("h-1.ticket", Subject="x")).status_code == 201


async def test_field_of_external_ids_has_the_name_that_the_org_gave_it() -> None:
    async with salesforce_bench(external_id_field="Bot_Key__c") as salesforce:
        path = "/sobjects/Case/Bot_Key__c/7f3c"
        assert (await salesforce.client.patch(path, json={"Subject": "x"})).status_code == 201
        assert problem(await salesforce.upsert("7f3c", Subject="x")) == (404, "NOT_FOUND")
        found = await salesforce.query("SELECT Subject FROM Case WHERE Bot_Key__c = '7F3C'")
        assert found == [{"Subject": "x"}]
        assert [one.key for one in await salesforce.human.tickets()] == ["7f3c"]
        assert [one.operation for one in salesforce.salesforce.requests][-1] == "find"


async def test_unique_field_is_unique_for_other_writers_too() -> None:
    async with salesforce_bench() as salesforce:
        await salesforce.upsert("7f3c", Subject="Order 7")
        other = await salesforce.client.post("/sobjects/Case", json={"Handoff_Id__c": "7F3c"})
        assert problem(other) == (400, "DUPLICATE_VALUE")
        late = await salesforce.make("Case", Subject="other")
        moved = await salesforce.client.patch(f"/sobjects/Case/{late}", json={"Handoff_Id__c": "7f3c"})
        assert problem(moved) == (400, "DUPLICATE_VALUE")


async def test_field_that_is_not_unique_has_several_matches() -> None:
    async with salesforce_bench(external_id="plain") as salesforce:
        made = [await salesforce.make("Case", Handoff_Id__c="7f3c") for _ in range(2)]
        addresses = [f"{MAIN}/sobjects/Case/{one}" for one in made]
        for answer in (
            await salesforce.upsert("7f3c", Subject="x"),
            await salesforce.client.get("/sobjects/Case/Handoff_Id__c/7f3c"),
        ):
            assert (answer.status_code, answer.json()) == (300, addresses)
        assert [one.subject for one in await salesforce.human.tickets()] == ["", ""]
    async with salesforce_bench(external_id="none") as salesforce:
        assert problem(await salesforce.upsert("7f3c", Subject="x")) == (404, "NOT_FOUND")


async def test_case_is_closed_by_its_status_changed_and_deleted() -> None:
    async with salesforce_bench() as salesforce:
        made = await salesforce.make("Case", Subject="Order 7")
        path = f"/sobjects/Case/{made}"
        salesforce.clock.advance(60)
        answer = await salesforce.client.patch(path, json={"Status": "Closed"})
        assert (answer.status_code, answer.content) == (204, b"")
        case = await salesforce.read("Case", made)
        assert (case["IsClosed"], case["ClosedDate"]) == (True, "2026-11-24T09:01:00.000+0000")
        await salesforce.client.patch(path, json={"Status": "Working"})
        assert (await salesforce.read("Case", made))["ClosedDate"] is None
        assert problem(await salesforce.client.patch(path, json={"Status": ""})) == (
            400,
            "REQUIRED_FIELD_MISSING",
        )
        assert problem(await salesforce.client.patch(path, json={"Comments": "x"})) == (
            400,
            "INVALID_FIELD_FOR_INSERT_UPDATE",
        )
        await salesforce.make("CaseComment", ParentId=made, CommentBody="x")
        assert (await salesforce.client.delete(path)).status_code == 204
        assert problem(await salesforce.client.get(path)) == (404, "ENTITY_IS_DELETED")
        gone = await salesforce.client.post(
            "/sobjects/CaseComment", json={"ParentId": made, "CommentBody": "y"}
        )
        assert problem(gone) == (400, "ENTITY_IS_DELETED")
        assert await salesforce.query("SELECT Id FROM CaseComment") == []


async def test_case_may_be_moved_to_another_contact_and_comment_published_later() -> None:
    async with salesforce_bench(comment_notifications=True) as salesforce:
        account = await salesforce.make("Account", Name="Acme")
        ann = await salesforce.make("Contact", LastName="Ann", Email="ann@acme.example", AccountId=account)
        made = await salesforce.make("Case", Subject="x")
        path = f"/sobjects/Case/{made}"
        await salesforce.client.patch(path, json={"ContactId": ann})
        case = await salesforce.read("Case", made)
        assert (case["AccountId"], case["ContactEmail"]) == (account, "ann@acme.example")
        comment = await salesforce.make("CaseComment", ParentId=made, CommentBody="psst")
        await salesforce.client.patch(f"/sobjects/CaseComment/{comment}", json={"IsPublished": True})
        assert salesforce.salesforce.rules.emails == [("ann@acme.example", "psst")]
        await salesforce.client.patch(path, json={"ContactId": None})
        assert (await salesforce.read("Case", made))["ContactEmail"] is None
        assert problem(await salesforce.client.get(f"{path}?fields=Colour")) == (400, "INVALID_FIELD")
        by_id = await salesforce.client.patch(f"/sobjects/Case/Id/{made}", json={"Subject": "y"})
        assert by_id.json()["created"] is False
        nobody = await salesforce.client.patch("/sobjects/Case/Id/500gK0000000009", json={"Subject": "y"})
        assert problem(nobody) == (404, "NOT_FOUND")


async def test_org_may_have_more_fields() -> None:
    async with salesforce_bench() as salesforce:
        salesforce.salesforce.kinds["Case"].add(Field("Asked__c", "Asked", "datetime"))
        made = await salesforce.make("Case", Asked__c="2026-11-24T11:00:00+02:00")
        assert (await salesforce.read("Case", made))["Asked__c"] == "2026-11-24T09:00:00.000+0000"
        wrong = await salesforce.client.post("/sobjects/Case", json={"Asked__c": "noon"})
        assert problem(wrong) == (400, "JSON_PARSER_ERROR")
        assert len(await salesforce.query("SELECT Id FROM Case WHERE Asked__c = 2026-11-24T09:00:00Z")) == 1


async def test_writer_who_came_second_is_told_that_the_value_is_taken() -> None:
    async with salesforce_bench() as salesforce:
        taken = [{"message": "duplicate value found", "errorCode": "DUPLICATE_VALUE", "fields": []}]
        salesforce.salesforce.faults.script("create", "status", status=400, body=taken, applied=True)
        assert problem(await salesforce.upsert("7f3c", Subject="x")) == (400, "DUPLICATE_VALUE")
        assert (await salesforce.upsert("7f3c", Subject="x")).json()["created"] is False


async def test_comments_are_internal_unless_published_and_posts_the_other_way() -> None:
    async with salesforce_bench(comment_notifications=True) as salesforce:
        made = await salesforce.make("Case", SuppliedEmail="ann@acme.example")
        await salesforce.make("CaseComment", ParentId=made, CommentBody="psst")
        assert salesforce.salesforce.rules.emails == []
        shown = await salesforce.make("CaseComment", ParentId=made, CommentBody="hello", IsPublished=True)
        assert salesforce.salesforce.rules.emails == [("ann@acme.example", "hello")]
        await salesforce.make("FeedItem", ParentId=made, Body="for all")
        await salesforce.make("FeedItem", ParentId=made, Body="for us", Visibility="InternalUsers")
        said = [(one.text, one.public, one.author) for one in await salesforce.human.comments(made)]
        assert said == [
            ("psst", False, "api"),
            ("hello", True, "api"),
            ("for all", True, "api"),
            ("for us", False, "api"),
        ]
        assert (await salesforce.read("CaseComment", shown))["ParentId"] == made
        for body, code in (
            ({"CommentBody": "x"}, "REQUIRED_FIELD_MISSING"),
            ({"ParentId": made}, "REQUIRED_FIELD_MISSING"),
            ({"ParentId": made, "CommentBody": "α" * 2001}, "STRING_TOO_LONG"),
        ):
            answer = await salesforce.client.post("/sobjects/CaseComment", json=body)
            assert problem(answer) == (400, code)
    async with salesforce_bench(comments_in_bytes=False) as salesforce:
        made = await salesforce.make("Case", Subject="x")
        await salesforce.make("CaseComment", ParentId=made, CommentBody="α" * 4000)


async def test_files_are_versions_of_documents_that_are_linked_to_cases() -> None:
    async with salesforce_bench() as salesforce:
        case = await salesforce.make("Case", Subject="see")
        version = await salesforce.make(
            "ContentVersion",
            Title="Log",
            PathOnClient="a.log",
            VersionData=base64.b64encode(b"one").decode(),
            FirstPublishLocationId=case,
        )
        shown = await salesforce.read("ContentVersion", version)
        assert (shown["FileExtension"], shown["ContentSize"], shown["IsLatest"]) == ("log", 3.0, True)
        content = await salesforce.client.get(
            f"{salesforce.salesforce.settings.base_url}{shown['VersionData']}"
        )
        assert content.content == b"one"
        document = f"'{shown['ContentDocumentId']}'"
        link = "SELECT LinkedEntityId FROM ContentDocumentLink WHERE ContentDocumentId ="
        assert {one["LinkedEntityId"] for one in await salesforce.query(f"{link} {document}")} == {
            case,
            salesforce.salesforce.rules.user_id,
        }
        other = await salesforce.make("Case", Subject="also")
        both = {"LinkedEntityId": other, "ContentDocumentId": shown["ContentDocumentId"]}
        await salesforce.make("ContentDocumentLink", **both)
        twice = await salesforce.client.post("/sobjects/ContentDocumentLink", json=both)
        assert problem(twice) == (400, "DUPLICATE_VALUE")
        newer = await salesforce.make(
            "ContentVersion",
            PathOnClient="b.log",
            VersionData="eA==",
            ContentDocumentId=shown["ContentDocumentId"],
        )
        assert (await salesforce.read("ContentVersion", version))["IsLatest"] is False
        assert (await salesforce.read("ContentVersion", newer))["VersionNumber"] == "2"
        assert [one.details["files"] for one in await salesforce.human.tickets()] == [["b.log"], ["b.log"]]
        assert salesforce.human.file("b.log") == b"x"


async def test_file_may_come_as_a_part_of_its_own() -> None:
    async with salesforce_bench() as salesforce:
        case = await salesforce.make("Case", Subject="see")
        about = f'{{"PathOnClient": "β.bin", "FirstPublishLocationId": "{case}"}}'
        parts: list[tuple[str, Any]] = [
            ("entity_content", (None, about, "application/json")),
            ("VersionData", ("β.bin", b"\x00\xff", "application/octet-stream")),
        ]
        answer = await salesforce.client.post("/sobjects/ContentVersion", files=parts)
        assert answer.status_code == 201
        assert salesforce.human.file("β.bin") == b"\x00\xff"
        wrong = await salesforce.client.post("/sobjects/ContentVersion", files=parts[1:])
        assert problem(wrong) == (400, "INVALID_MULTIPART_REQUEST")
        elsewhere = await salesforce.client.post("/sobjects/Case", files=parts)
        assert problem(elsewhere) == (400, "INVALID_MULTIPART_REQUEST")
        assert [one.operation for one in salesforce.salesforce.requests][2:4] == ["attach", "attach"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"PathOnClient": "a.log"}, "REQUIRED_FIELD_MISSING"),
        ({"PathOnClient": "a.log", "VersionData": "no base64"}, "INVALID_BASE64_DATA"),
        ({"PathOnClient": "a.log", "VersionData": "eHh4eHh4eHg="}, "FILE_SIZE_LIMIT_EXCEEDED"),
        ({"VersionData": "eA=="}, "REQUIRED_FIELD_MISSING"),
    ],
)
async def test_file_that_cannot_be_is_refused(fields: dict[str, Any], code: str) -> None:
    async with salesforce_bench(largest_file=4) as salesforce:
        answer = await salesforce.client.post("/sobjects/ContentVersion", json=fields)
        assert problem(answer) == (400, code)


async def test_kinds_are_described_with_their_fields_and_choices() -> None:
    async with salesforce_bench(hidden_fields=("Case.Topic__c",)) as salesforce:
        listed = (await salesforce.client.get("/sobjects")).json()["sobjects"]
        assert {"Case", "Contact", "ContentVersion"} <= {one["name"] for one in listed}
        described = (await salesforce.client.get("/sobjects/Case/describe")).json()
        fields = {one["name"]: one for one in described["fields"]}
        handoff = fields["Handoff_Id__c"]
        assert (handoff["externalId"], handoff["unique"], handoff["custom"]) == (True, True, True)
        assert [one["value"] for one in fields["Priority"]["picklistValues"]] == ["High", "Medium", "Low"]
        assert (fields["Priority"]["restrictedPicklist"], fields["Subject"]["restrictedPicklist"]) == (
            True,
            False,
        )
        assert (fields["CaseNumber"]["createable"], fields["Subject"]["length"]) == (False, 255)
        assert "Topic__c" not in fields
        assert problem(await salesforce.client.post("/sobjects/Case", json={"Topic__c": "Billing"})) == (
            400,
            "INVALID_FIELD",
        )
        about = (await salesforce.client.get("/sobjects/Case")).json()
        assert about["objectDescribe"]["keyPrefix"] == "500"
        assert problem(await salesforce.client.get("/sobjects/Colour/describe")) == (404, "NOT_FOUND")
    with pytest.raises(ValueError, match=r"Case\.Colour__c"):
        async with salesforce_bench(hidden_fields=("Case.Colour__c",)):
            pass


async def test_contacts_are_made_changed_and_found_by_their_number() -> None:
    async with salesforce_bench() as salesforce:
        lacking = await salesforce.client.post("/sobjects/Contact", json={"FirstName": "Ann"})
        assert problem(lacking) == (400, "REQUIRED_FIELD_MISSING")
        made = await salesforce.make("Contact", FirstName="Ann", LastName="M", Customer_Number__c="C-7")
        assert (await salesforce.client.get("/sobjects/Contact/Customer_Number__c/c-7")).json()["Id"] == made
        await salesforce.client.patch(f"/sobjects/Contact/{made}", json={"LastName": "Mavrou"})
        assert (await salesforce.read("Contact", made))["Name"] == "Ann Mavrou"
        assert problem(
            await salesforce.client.patch(f"/sobjects/Contact/{made}", json={"LastName": None})
        ) == (
            400,
            "REQUIRED_FIELD_MISSING",
        )
