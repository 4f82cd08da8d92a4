from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrib.simulators.tests.salesforce_bench import MAIN, problem, salesforce_bench
from livechat_sdk_simulators.salesforce.errors import ApiError
from livechat_sdk_simulators.salesforce.ids import Ids, canonical
from livechat_sdk_simulators.salesforce.soql import Compare, read_soql

SUBJECTS = "SELECT Subject FROM Case"


async def test_conditions_find_what_fits() -> None:
    async with salesforce_bench() as salesforce:
        acme = await salesforce.make("Account", Name="Acme")
        ann = await salesforce.make("Contact", LastName="Mavrou", Email="ann@acme.example", AccountId=acme)
        await salesforce.make("Case", Subject="A", ContactId=ann, Priority="High", Attempts__c=2)
        salesforce.clock.advance(3600)
        await salesforce.make("Case", Subject="B's \\ 100%", Status="Closed", Due__c="2026-12-01")
        await salesforce.make("Case", Origin="Web", SuppliedEmail="bob@home.example")

        async def found(where: str) -> list[str | None]:
            text = f"{SUBJECTS} WHERE {where} ORDER BY CaseNumber"
            return [one["Subject"] for one in await salesforce.query(text)]

        a, b, c = "A", "B's \\ 100%", None
        for where, subjects in (
            ("Subject = 'a'", [a]),
            ("Subject = 'B\\'s \\\\ 100%'", [b]),
            ("Subject != 'A'", [b, c]),
            ("Subject = null", [c]),
            ("Subject <> null", [a, b]),
            ("Subject LIKE 'b%'", [b]),
            ("Subject LIKE '%100\\%'", [b]),
            ("Subject LIKE '_'", [a]),
            ("Subject LIKE '\\_'", []),
            ("Subject IN ('A', 'C')", [a]),
            ("Subject NOT IN ('A')", [b, c]),
            ("IsClosed = true", [b]),
            ("NOT IsClosed = true AND Priority = 'High'", [a]),
            ("(Priority = 'High' OR IsClosed = TRUE) AND Subject != null", [a, b]),
            ("Attempts__c >= 2", [a]),
            ("Attempts__c < 2.5", [a]),
            ("Due__c > 2026-11-30", [b]),
            ("Due__c = TODAY", []),
            ("CreatedDate > 2026-11-24T09:30:00Z", [b, c]),
            ("CreatedDate <= 2026-11-24T11:00:00+02:00", [a]),
            ("CreatedDate >= TODAY", [a, b, c]),
            (f"ContactId = '{ann}'", [a]),
            (f"ContactId = '{ann[:15]}'", [a]),
            ("Contact.Email = 'ANN@acme.example'", [a]),
            ("Contact.Account.Name LIKE 'ac%'", [a]),
            ("Owner.Name = 'Support'", [a, b, c]),
            ("SuppliedEmail = 'bob@home.example'", [c]),
        ):
            assert await found(where) == subjects, where


async def test_answers_have_attributes_relations_and_subqueries() -> None:
    async with salesforce_bench() as salesforce:
        ann = await salesforce.make("Contact", LastName="Mavrou")
        case = await salesforce.make("Case", Subject="A", ContactId=ann)
        await salesforce.make("Case", Subject="B")
        await salesforce.make("CaseComment", ParentId=case, CommentBody="x")
        text = (
            "select id, subject, Contact.Name, Contact.Account.Name, (SELECT CommentBody FROM CaseComments) "
            "from Case order by Subject desc limit 2"
        )
        answer = (await salesforce.client.get("/query/", params={"q": text})).json()
        assert (answer["totalSize"], answer["done"]) == (2, True)
        second, first = answer["records"]
        assert first["attributes"] == {"type": "Case", "url": f"{MAIN}/sobjects/Case/{case}"}
        assert first["Contact"]["Name"] == "Mavrou"
        assert first["Contact"]["Account"] is None
        assert first["CaseComments"]["records"][0]["CommentBody"] == "x"
        assert (second["Contact"], second["CaseComments"], second["Subject"]) == (None, None, "B")
        counted = (await salesforce.client.get("/query", params={"q": "SELECT COUNT() FROM Case"})).json()
        assert counted == {"totalSize": 2, "done": True, "records": []}
        statuses = await salesforce.query("SELECT MasterLabel FROM CaseStatus WHERE IsClosed = true")
        assert statuses == [{"MasterLabel": "Closed"}]


async def test_queries_are_operations_by_what_they_ask_for() -> None:
    async with salesforce_bench() as salesforce:
        case = await salesforce.make("Case", Subject="x")
        names = {
            "SELECT Id FROM Case WHERE Handoff_Id__c = '7f3c'": "find",
            "SELECT Id, Handoff_Id__c FROM Case": "list",
            f"{SUBJECTS} WHERE Id = '{case}'": "read",
            "SELECT Id FROM CaseComment": "read",
            "SELECT Id FROM Contact": "contact",
            "SELECT Id FROM Account": "account",
            "SELECT Id FROM CaseStatus": "fields",
            "SELECT Id FROM User": "other",
        }
        for query in names:
            await salesforce.query(query)
        assert [one.operation for one in salesforce.salesforce.requests][2:] == list(names.values())


async def test_order_limit_and_offset() -> None:
    async with salesforce_bench() as salesforce:
        for subject in ("b", None, "A"):
            await salesforce.make("Case", Subject=subject)

        async def found(rest: str) -> list[str | None]:
            return [one["Subject"] for one in await salesforce.query(f"{SUBJECTS} {rest}")]

        assert await found("ORDER BY Subject") == [None, "A", "b"]
        assert await found("ORDER BY Subject DESC") == ["b", "A", None]
        assert await found("ORDER BY Subject ASC NULLS LAST, Id") == ["A", "b", None]
        assert await found("ORDER BY Subject LIMIT 1 OFFSET 1") == ["A"]
        assert await found("LIMIT 0") == []


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("", "MALFORMED_QUERY", "A query string has to be specified"),
        ("SELECT Id", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FRM Case", "MALFORMED_QUERY", "unexpected token: 'FRM'"),
        ("SELECT FROM Case", "MALFORMED_QUERY", "unexpected token: 'FROM'"),
        ("SELECT Id FROM Case WHERE Subject = 'a' b", "MALFORMED_QUERY", "unexpected token: 'b'"),
        ("SELECT Id FROM Case WHERE Subject = 'a'b'", "MALFORMED_QUERY", "string literals"),
        ("SELECT Id FROM Case WHERE Subject = 'a\nb'", "MALFORMED_QUERY", "string literals"),
        ("SELECT Id FROM Case WHERE Subject = 'a", "MALFORMED_QUERY", "string literals"),
        ("SELECT Id FROM Case WHERE Subject = 'a\\x'", "MALFORMED_QUERY", "Illegal character sequence"),
        ("SELECT Id FROM Case WHERE Subject = a", "MALFORMED_QUERY", "unexpected token: 'a'"),
        (
            "SELECT Id FROM Case WHERE Subject = 'a' AND Status = 'b' OR Status = 'c'",
            "MALFORMED_QUERY",
            "unexpected token: 'OR'",
        ),
        ("SELECT Id FROM Case.Owner", "MALFORMED_QUERY", "unexpected token: 'Case.Owner'"),
        ("SELECT COUNT(Id) FROM Case", "MALFORMED_QUERY", "unexpected token: 'Id'"),
        (f"{SUBJECTS} WHERE {'(' * 60}", "QUERY_TOO_COMPLICATED", "nested"),
        ("SELECT Id FROM Case LIMIT x", "MALFORMED_QUERY", "unexpected token: 'x'"),
        ("SELECT Id FROM Case; DELETE", "MALFORMED_QUERY", "unexpected token: ';'"),
        ("SELECT Id, COUNT() FROM Case", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT Id FROM Case ORDER BY Description", "MALFORMED_QUERY", "can not be sorted"),
        ("SELECT Id FROM Case OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "offset"),
        ("SELECT Colour FROM Case", "INVALID_FIELD", "No such column 'Colour' on entity 'Case'"),
        ("SELECT Boss.Name FROM Case", "INVALID_FIELD", "Didn't understand relationship 'Boss'"),
        ("SELECT Id FROM Case WHERE Subject = 7", "INVALID_FIELD", "enclosed in quotes"),
        ("SELECT Id FROM Case WHERE Attempts__c = '7'", "INVALID_FIELD", "should not be enclosed"),
        ("SELECT Id FROM Case WHERE IsClosed = 'true'", "INVALID_FIELD", "should not be enclosed"),
        ("SELECT Id FROM Case WHERE CreatedDate > 2026-11-24", "INVALID_FIELD", "dateTime"),
        ("SELECT Id FROM Case WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered"),
        ("SELECT Id FROM Case WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field"),
        ("SELECT Id FROM Case WHERE Attempts__c LIKE 1", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator"),
        ("SELECT Id FROM Colour", "INVALID_TYPE", "sObject type 'Colour' is not supported"),
        ("SELECT Id, (SELECT Id FROM Notes) FROM Case", "INVALID_TYPE", "relationship 'Notes'"),
        ("SELECT Id FROM ContentDocumentLink", "MALFORMED_QUERY", "Implementation restriction"),
    ],
)
async def test_query_that_cannot_be_is_refused_in_the_vendors_form(
    query: str, code: str, message: str
) -> None:
    async with salesforce_bench() as salesforce:
        answer = await salesforce.client.get("/query", params={"q": query})
        assert problem(answer) == (400, code)
        assert message in answer.json()[0]["message"]


async def test_error_says_where_it_is() -> None:
    async with salesforce_bench() as salesforce:
        answer = await salesforce.client.get(
            "/query", params={"q": "SELECT Id\nFROM Case WHERE Colour = 'x'"}
        )
        text = answer.json()[0]["message"]
        line, caret, place, what = text.split("\n")[1:]
        assert (line, caret) == ("FROM Case WHERE Colour = 'x'", " " * 16 + "^")
        assert place == "ERROR at Row:2:Column:17"
        assert what.startswith("No such column 'Colour'")


async def test_quote_that_is_not_escaped_makes_a_condition_of_the_rest() -> None:
    async with salesforce_bench() as salesforce:
        made = await salesforce.make("Case", Subject="mine")
        text = "SELECT Id FROM Case WHERE Subject = '{}'"
        smuggled = "x' OR Status = 'New"
        assert await salesforce.query(text.format(smuggled)) == [{"Id": made}]
        assert await salesforce.query(text.format(smuggled.replace("'", "\\'"))) == []


async def test_long_answers_come_in_parts() -> None:
    async with salesforce_bench() as salesforce:
        for number in range(250):
            salesforce.salesforce.rules.make("Contact", {"LastName": f"{number:03}"}, "")
        options = {"Sforce-Query-Options": "batchSize=200"}
        text = {"q": "SELECT LastName FROM Contact ORDER BY LastName"}
        first = (await salesforce.client.get("/query", params=text, headers=options)).json()
        assert (first["totalSize"], first["done"], len(first["records"])) == (250, False, 200)
        url = f"{salesforce.salesforce.settings.base_url}{first['nextRecordsUrl']}"
        rest = (await salesforce.client.get(url)).json()
        assert (rest["done"], rest["records"][-1]["LastName"]) == (True, "249")
        lost = await salesforce.client.get("/query/01g000000000009-200")
        assert problem(lost) == (400, "INVALID_QUERY_LOCATOR")


@given(text=st.text(max_size=60))
def test_text_that_is_escaped_finds_itself_alone(text: str) -> None:
    escapes = (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\r", "\\r"))
    escaped = text
    for letters, instead in escapes:
        escaped = escaped.replace(letters, instead)
    query = read_soql(f"{SUBJECTS} WHERE Subject = '{escaped}'")
    assert isinstance(query.where, Compare)
    assert query.where.values[0].value == text


@given(text=st.text(max_size=60))
def test_any_text_is_a_query_or_refused(text: str) -> None:
    for whole in (text, f"{SUBJECTS} WHERE {text}"):
        try:
            read_soql(whole)
        except ApiError as error:
            assert error.status == 400  # noqa: PT017 - both ends are right


def test_ids_of_fifteen_and_eighteen_characters_are_the_same() -> None:
    ids = Ids()
    made = [ids.new("500") for _ in range(100)]
    assert len(set(made)) == 100
    for one in made:
        assert canonical(one[:15]) == canonical(one) == canonical(one.lower()) == one
    assert canonical("001D000000IqhSL") == "001D000000IqhSLIAZ"
    for wrong in ("", "500", "500gK00000000016", "500gK0000000-01"):
        assert canonical(wrong) is None
