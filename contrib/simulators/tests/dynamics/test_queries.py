from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrib.simulators.tests.dynamics_bench import FORMATTED, DynamicsBench, code, dynamics_bench
from livechat_sdk_simulators.calls import VendorError
from livechat_sdk_simulators.dynamics.filters import Compare, Either, Literal, Path, read_filter

ANN: dict[str, Any] = {
    "firstname": "Ann",
    "lastname": "O'Hara",
    "emailaddress1": "o'hara+web@acme.example",
    "mobilephone": "+30 210 1234567",
    "telephone1": "2101234567",
    "preferredcontactmethodcode": 2,
    "creditlimit": 1500.5,
    "birthdate": "1990-02-03",
}


async def _people(dynamics: DynamicsBench) -> tuple[str, str, str]:
    account = await dynamics.human.add_account(name="Acme", accountnumber="A-1")
    ann = await dynamics.human.add_contact(**ANN, account=account)
    ben = await dynamics.human.add_contact(firstname="Ben", lastname="Adam", emailaddress1="ben@acme.example")
    return account, ann, ben


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("emailaddress1 eq 'O''HARA+web@acme.example'", "Ann"),
        ("emailaddress1 eq 'ben@acme.example  '", "Ben"),
        (
            "(emailaddress2 eq 'y' or emailaddress1 eq 'ben@acme.example') and statecode eq 0",
            "Ben",
        ),
        ("mobilephone eq '+30 210 1234567'", "Ann"),
        ("not (firstname eq 'Ben')", "Ann"),
        ("emailaddress2 ne null", ""),
        ("emailaddress2 eq null", "Ann Ben"),
        ("contains(lastname,'hara')", "Ann"),
        ("startswith(lastname,'ad')", "Ben"),
        ("endswith(emailaddress1,'acme.example')", "Ann Ben"),
        ("contains(lastname,'%')", "Ann Ben"),
        ("startswith(firstname,'[AB]e')", "Ben"),
        ("startswith(firstname,'[z-a]')", ""),
        ("parentcustomerid_account/name eq 'acme'", "Ann"),
        ("creditlimit gt 1500", "Ann"),
        ("creditlimit le 1500.5 and birthdate ge 1990-02-03", "Ann"),
        ("createdon lt 2030-01-01T00:00:00Z", "Ann Ben"),
        ("createdon ge 2026-11-24", "Ann Ben"),
        ("donotemail eq false", "Ann Ben"),
        ("Microsoft.Dynamics.CRM.In(PropertyName='firstname',PropertyValues=['ben','x'])", "Ben"),
        ("""Microsoft.Dynamics.CRM.In(PropertyName='lastname',PropertyValues=["O'Hara"])""", "Ann"),
        ("firstname eq 'x' or firstname eq 'ann' and lastname eq 'adam'", ""),
    ],
)
async def test_filter_finds(condition: str, found: str) -> None:
    async with dynamics_bench() as dynamics:
        await _people(dynamics)
        assert " ".join(one["firstname"] for one in await dynamics.found(condition)) == found


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"$filter": "emailaddress1 eq 'o'hara'"}, "at position 24"),
        ({"$filter": "emailaddress1 eq 'open"}, "unterminated string"),
        ({"$filter": "emailadress1 eq 'x'"}, "Could not find a property named 'emailadress1'"),
        ({"$filter": "EmailAddress1 eq 'x'"}, "Could not find a property"),
        ({"$filter": "parentcustomerid eq null"}, "Could not find a property"),
        ({"$filter": "_parentcustomerid_value eq 'x'"}, "incompatible types"),
        ({"$filter": "statecode eq '0'"}, "incompatible types"),
        ({"$filter": "emailaddress1 eq 5"}, "incompatible types"),
        ({"$filter": "contains(statecode,'0')"}, "No function signature"),
        ({"$filter": "emailaddress1 = 'x'"}, "Syntax error"),
        ({"$filter": "emailaddress1 eq 'x' and"}, "Syntax error"),
        ({"$filter": "(emailaddress1 eq 'x'"}, "Syntax error"),
        ({"$filter": ""}, "Syntax error"),
        ({"$filter": "length(firstname) eq 3"}, "Syntax error"),
        ({"$filter": "(" * 60 + "statecode eq 0" + ")" * 60}, "recursion limit"),
        (
            {"$filter": "Microsoft.Dynamics.CRM.In(PropertyName='firstname',PropertyValues=['o''x'])"},
            "malformed",
        ),
        ({"$select": "emailaddress9"}, "Could not find a property"),
        ({"$select": "parentcustomerid"}, "Could not find a property"),
        ({"$orderby": "modified desc"}, "Could not find a property"),
        ({"$orderby": "modifiedon down"}, "Syntax error"),
        ({"$expand": "parentcustomerid"}, "Could not find a property"),
        ({"$expand": "parentcustomerid_account($select=name"}, "Syntax error"),
        ({"$expand": "parentcustomerid_account($skip=1)"}, "not supported inside $expand"),
        ({"$expand": "incident_customer_contacts/$ref"}, "Expand with $ref"),
        ({"$expand": ",".join(["parentcustomerid_account"] * 16)}, "maximum number"),
        ({"$skip": "1"}, "Skip Clause is not supported"),
        ({"$top": "-1"}, "Invalid value"),
        ({"$count": "yes"}, "Invalid value"),
        ({"$search": "x"}, "not supported"),
        ({"fetchXml": "<fetch/>"}, "not supported"),
    ],
)
async def test_query_that_cannot_be_read_is_refused(query: dict[str, str], message: str) -> None:
    async with dynamics_bench() as dynamics:
        await _people(dynamics)
        answer = await dynamics.client.get("contacts", params=query)
        assert code(answer) == (400, "0x80060888")
        assert message in answer.json()["error"]["message"]


async def test_quote_that_is_not_doubled_changes_what_is_found() -> None:
    async with dynamics_bench() as dynamics:
        await _people(dynamics)
        hostile = "nobody' or emailaddress1 ne '"
        injected = await dynamics.found(f"emailaddress1 eq '{hostile}'")
        assert len(injected) == 2, "everybody is found"
        assert await dynamics.found("emailaddress1 eq '{}'".format(hostile.replace("'", "''"))) == []


async def test_what_is_not_encoded_becomes_another_option() -> None:
    async with dynamics_bench() as dynamics:
        await _people(dynamics)
        raw = "contacts?$filter=firstname%20eq%20'a&$top=1'"
        assert code(await dynamics.client.get(raw)) == (400, "0x80060888")
        twice = "contacts?$filter=statecode%20eq%200&$filter=statecode%20eq%201"
        assert "more than once" in (await dynamics.client.get(twice)).json()["error"]["message"]
        plus = "contacts?$filter=emailaddress1%20eq%20'" + "o''hara+web@acme.example'"
        assert (await dynamics.client.get(plus)).json()["value"] == [], "a plus is a blank"
        encoded = "contacts?%24filter=" + quote("emailaddress1 eq 'o''hara+web@acme.example'")
        assert len((await dynamics.client.get(encoded)).json()["value"]) == 1


async def test_row_shows_what_is_selected_and_expanded() -> None:
    async with dynamics_bench() as dynamics:
        account, ann, ben = await _people(dynamics)
        expand = "parentcustomerid_account($select=accountid,name;$expand=primarycontactid($select=fullname))"
        query = {
            "$select": "fullname,_parentcustomerid_value",
            "$expand": expand,
            "$orderby": "fullname desc",
        }
        body = (await dynamics.client.get("contacts", params=query)).json()
        assert body["@odata.context"].endswith(
            "$metadata#contacts(fullname,_parentcustomerid_value,parentcustomerid_account(accountid,name))"
        )
        second, first = body["value"]
        assert (first["contactid"], first["fullname"]) == (ann, "Ann O'Hara")
        assert first["_parentcustomerid_value"] == account
        assert first["parentcustomerid_account"]["name"] == "Acme"
        assert first["parentcustomerid_account"]["primarycontactid"] is None
        assert (second["contactid"], second["parentcustomerid_account"]) == (ben, None)
        assert set(first) == {
            "@odata.etag",
            "fullname",
            "contactid",
            "_parentcustomerid_value",
            "parentcustomerid_account",
        }
        whole = (await dynamics.client.get(f"contacts({ann.upper()})")).json()
        assert (whole["emailaddress1"], whole["emailaddress2"], whole["statecode"]) == (
            ANN["emailaddress1"],
            None,
            0,
        )
        none = await dynamics.client.get(f"contacts({account})")
        assert code(none) == (404, "0x80040217")


async def test_labels_come_in_the_language_of_the_user_for_whom_they_are_asked() -> None:
    async with dynamics_bench(language=1032) as dynamics:
        _, ann, _ = await _people(dynamics)
        wanted = f'odata.include-annotations="{FORMATTED}"'
        answer = await dynamics.client.get(f"contacts({ann})", headers={"prefer": wanted})
        row = answer.json()
        assert answer.headers["preference-applied"] == wanted
        assert row[f"statecode@{FORMATTED}"] == "Ενεργό"
        assert row[f"_parentcustomerid_value@{FORMATTED}"] == "Acme"
        assert row[f"creditlimit@{FORMATTED}"] == "€1,500.50"
        assert row[f"birthdate@{FORMATTED}"] == "03/02/1990"
        assert row[f"donotemail@{FORMATTED}"] == "No"
        assert not any(one.endswith("lookuplogicalname") for one in row)
        every = (
            await dynamics.client.get(f"contacts({ann})", headers={"prefer": 'odata.include-annotations="*"'})
        ).json()
        assert every["_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"] == "account"
        navigation = "_parentcustomerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty"
        assert every[navigation] == "parentcustomerid_account"
        plain = (await dynamics.client.get(f"contacts({ann})")).json()
        assert not any("@" in one for one in plain if not one.startswith("@odata."))


async def test_pages_are_followed_by_links_as_they_stand() -> None:
    async with dynamics_bench() as dynamics:
        for number in range(5):
            await dynamics.human.add_contact(lastname=f"N{number}")
        headers = {"prefer": "odata.maxpagesize=2"}
        query = {"$select": "lastname", "$orderby": "lastname", "$count": "true", "$top": "3"}
        first = (await dynamics.client.get("contacts", params=query, headers=headers)).json()
        names, link, links = [one["lastname"] for one in first["value"]], first["@odata.nextLink"], 0
        assert first["@odata.count"] == 5
        assert "%253ccookie" in link.lower()
        while link:
            page = (await dynamics.client.get(link, headers=headers)).json()
            names += [one["lastname"] for one in page["value"]]
            link, links = page.get("@odata.nextLink"), links + 1
        assert names == ["N0", "N1", "N2", "N3", "N4"], "$top is ignored where a page has a size"
        assert links == 2
        decoded = first["@odata.nextLink"].replace("%25", "%")
        assert (await dynamics.client.get(decoded, headers=headers)).status_code == 400
        assert (await dynamics.client.get(first["@odata.nextLink"])).status_code == 400
        top = (await dynamics.client.get("contacts", params={"$top": "3"})).json()
        assert (len(top["value"]), "@odata.nextLink" in top) == (3, False)


async def test_collections_and_lookups_behind_a_row_are_read() -> None:
    async with dynamics_bench() as dynamics:
        account, ann, _ = await _people(dynamics)
        row = await dynamics.case(**{"customerid_contact@odata.bind": f"/contacts({ann})"})
        client = dynamics.client
        query = {"$select": "title", "$filter": "statecode eq 0"}
        cases = (await client.get(f"contacts({ann})/incident_customer_contacts", params=query)).json()
        assert [one["incidentid"] for one in cases["value"]] == [row["incidentid"]]
        company = (await client.get(f"contacts({ann})/parentcustomerid_account")).json()
        assert company["accountid"] == account
        assert (await client.get(f"contacts({ann})/parentcustomerid_contact")).status_code == 204
        expand = "incident_customer_contacts($select=title;$filter=contains(title,'7');$orderby=title;$top=1)"
        shown = (
            await client.get(f"contacts({ann})", params={"$select": "fullname", "$expand": expand})
        ).json()
        assert [one["title"] for one in shown["incident_customer_contacts"]] == ["Order 7"]
        assert shown["incident_customer_contacts@odata.nextLink"].endswith(
            "/incident_customer_contacts?$select=title"
        )
        assert code(await client.get(f"contacts({ann})/nothing")) == (404, "0x8006088a")
        single = await client.get(f"contacts({ann})", params={"$filter": "statecode eq 0"})
        assert single.status_code == 400


async def test_row_that_has_not_changed_is_not_sent_again() -> None:
    async with dynamics_bench() as dynamics:
        _, ann, _ = await _people(dynamics)
        etag = (await dynamics.client.get(f"contacts({ann})")).json()["@odata.etag"]
        assert (
            await dynamics.client.get(f"contacts({ann})", headers={"if-none-match": etag})
        ).status_code == 304
        fresh = await dynamics.client.get(f"contacts({ann})", headers={"if-none-match": "null"})
        assert fresh.status_code == 200


async def test_metadata_tells_columns_choices_and_keys() -> None:
    async with dynamics_bench(language=1032) as dynamics:
        client = dynamics.client
        query = {"$select": "LogicalName,EntitySetName", "$filter": "LogicalName eq 'incident'"}
        [table] = (await client.get("EntityDefinitions", params=query)).json()["value"]
        assert (table["EntitySetName"], "SchemaName" in table) == ("incidents", False)
        by_id = (await client.get(f"EntityDefinitions({table['MetadataId']})")).json()
        assert (by_id["LogicalName"], "Attributes" in by_id) == ("incident", False)
        path = "EntityDefinitions(LogicalName='incident')"
        keys = (
            await client.get(path, params={"$expand": "Keys($select=KeyAttributes,EntityKeyIndexStatus)"})
        ).json()
        assert [one["KeyAttributes"] for one in keys["Keys"]] == [["new_handoffid"]]
        assert keys["Keys"][0]["EntityKeyIndexStatus"] == "Active"
        picklists = f"{path}/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata"
        query = {"$select": "LogicalName", "$expand": "OptionSet($select=Options)"}
        columns = (await client.get(picklists, params=query)).json()["value"]
        [priority] = [one for one in columns if one["LogicalName"] == "prioritycode"]
        high = priority["OptionSet"]["Options"][0]
        assert (high["Value"], high["Label"]["UserLocalizedLabel"]["Label"]) == (1, "Υψηλή")
        title = (await client.get(f"{path}/Attributes(LogicalName='title')")).json()
        assert (title["MaxLength"], title["AttributeType"]) == (200, "String")
        customer = (await client.get(f"{path}/Attributes(LogicalName='customerid')")).json()
        assert customer["Targets"] == ["account", "contact"]
        query = {"$select": "LogicalName", "$filter": "AttributeType eq 'Memo'"}
        memos = (await client.get(f"{path}/Attributes", params=query)).json()["value"]
        assert [one["LogicalName"] for one in memos] == ["description"]
        none = await client.get("EntityDefinitions(LogicalName='nothing')")
        assert none.status_code == 404
        assert (await client.get("EntityDefinitions", params={"$select": "Colour"})).status_code == 400


@given(st.text(max_size=80))
def test_filter_is_read_or_refused(text: str) -> None:
    refused: VendorError | None = None
    try:
        read_filter(text)
    except VendorError as error:
        refused = error
    assert refused is None or (refused.status, refused.code) == (400, "0x80060888")


@given(st.text(max_size=80))
def test_doubled_quotes_keep_any_text_one_literal(text: str) -> None:
    tree = read_filter("emailaddress1 eq '{}'".format(text.replace("'", "''")))
    assert tree == Compare(Path(("emailaddress1",)), "eq", Literal("text", text))


def test_and_binds_closer_than_or() -> None:
    tree = read_filter("a eq 1 or b eq 2 and c eq 3")
    assert isinstance(tree, Either)
    assert tree.left == Compare(Path(("a",)), "eq", Literal("number", 1))
