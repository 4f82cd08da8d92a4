"""Look-ups in an environment that reads queries by a parser: each key, one and several, and what is told."""

from __future__ import annotations

from typing import Any

import pytest

from livechat_sdk.domain.people import SEVERAL, Contact, ContactAccount, ContactField
from providers.dynamics.tests.bench import PROPERTIES, Environment, an_environment

ELENI: dict[str, Any] = {
    "firstname": "Eleni",
    "lastname": "O'Hara",
    "emailaddress1": "o'hara+web@example.com",
    "mobilephone": "+302101234567",
    "externaluseridentifier": "k-77",
}


async def found(environment: Environment, **user: Any) -> Contact:
    contact = await environment.find(**user)
    assert contact is not None
    return contact


@pytest.mark.feature("CRM-02", "CRM-03")
@pytest.mark.parametrize(
    "user",
    [
        {"email": "o'hara+web@example.com"},
        {"email": "O'HARA+web@Example.com"},
        {"phone": "+302101234567"},
        {"phone": "+30 210 123 4567"},
        {"phone": "0030 210 1234567"},
        {"phone": "2101234567"},
        {"id": "k-77"},
        {"attributes": {"loyalty": "k-77"}},
        {"id": "k-77", "email": "nobody@example.com", "phone": "+30 69 1"},
    ],
    ids=str,
)
async def test_each_key_finds_the_contact(user: dict[str, Any]) -> None:
    async with an_environment(
        externalIdColumn="externaluseridentifier",
        countryPrefix="+30",
        filterProperty={
            "dataPropertyName": "externaluseridentifier",
            "subscriberPropertyName": "loyalty",
        },
    ) as environment:
        eleni = await environment.human.add_contact(**ELENI)
        await environment.human.add_contact(
            firstname="Another", lastname="One", emailaddress1="a@example.com"
        )
        contact = await found(environment, **user)
    assert (contact.source, contact.id, contact.name) == ("crm", eleni, "Eleni O'Hara")
    assert (contact.email, contact.phone) == ("o'hara+web@example.com", "+302101234567")
    assert contact.certain
    assert contact.found_at == environment.clock.now()


@pytest.mark.feature("CRM-08")
@pytest.mark.parametrize(
    "user",
    [
        {"email": "else@example.com"},
        {"phone": "+30 210 765 4321"},
        {"phone": "101234567"},
        {"name": "Eleni"},
        {},
    ],
    ids=str,
)
async def test_who_is_not_there_is_not_found(user: dict[str, Any]) -> None:
    async with an_environment(countryPrefix="+30") as environment:
        await environment.human.add_contact(**ELENI)
        assert await environment.find(**user) is None


async def test_the_end_users_id_is_no_key_unless_a_column_holds_it() -> None:
    async with an_environment() as environment:
        await environment.human.add_contact(**ELENI)
        assert await environment.find(id="k-77") is None
        assert environment.dynamics.requests == []


async def test_the_strongest_key_decides_whatever_others_say() -> None:
    async with an_environment() as environment:
        eleni = await environment.human.add_contact(**ELENI)
        for number in range(3):
            await environment.human.add_contact(lastname=f"Shares {number}", mobilephone="+302101234567")
        contact = await found(environment, email=ELENI["emailaddress1"], phone="+302101234567")
    assert contact.id == eleni


async def test_several_are_told_as_several_the_likeliest_first() -> None:
    async with an_environment() as environment:
        office = await environment.human.add_account(name="Acme")
        for name, phone in (("Ann", None), ("Eleni", "+302101111111"), ("Maria", None)):
            await environment.clock.advance(60)
            await environment.human.add_contact(
                firstname=name,
                lastname="Markou",
                emailaddress1="office@example.com",
                mobilephone=phone,
                **{"parentcustomerid_account@odata.bind": f"/accounts({office})"},
            )
        user = {"email": "office@example.com", "phone": "+30 210 1111111", "name": "ann markou"}
        contact = await found(environment, **user)
        told = [(one.name, one.by, one.account) for one in contact.matches]
    assert (contact.id, contact.certain, contact.more_matches) == (SEVERAL, False, False)
    assert (contact.name, contact.email, contact.fields, contact.cases) == (None, None, (), ())
    assert told == [
        ("Eleni Markou", ("e-mail address", "phone number"), "Acme"),
        ("Ann Markou", ("e-mail address",), "Acme"),
        ("Maria Markou", ("e-mail address",), "Acme"),
    ]


async def test_of_very_many_five_are_shown_and_the_rest_is_said() -> None:
    async with an_environment() as environment:
        for number in range(8):
            await environment.human.add_contact(lastname=f"N{number}", emailaddress2="office@example.com")
        contact = await found(environment, email="office@example.com")
    assert len(contact.matches) == 5
    assert contact.more_matches


@pytest.mark.feature("CRM-05")
async def test_inactive_contacts_are_not_found_unless_the_expression_lets_them() -> None:
    async with an_environment() as environment:
        await environment.deactivate(await environment.human.add_contact(**ELENI))
        assert await environment.find(email=ELENI["emailaddress1"]) is None
    async with an_environment(filterExpression="statecode eq 1 or lastname eq 'x'") as environment:
        await environment.deactivate(await environment.human.add_contact(**ELENI))
        await environment.human.add_contact(lastname="Active", emailaddress1="a@example.com")
        assert (await found(environment, email=ELENI["emailaddress1"])).name == "Eleni O'Hara"
        assert await environment.find(email="a@example.com") is None


@pytest.mark.feature("CRM-05", "CRM-06")
async def test_the_company_and_the_properties_are_told_with_their_kinds() -> None:
    async with an_environment(entityProperties=PROPERTIES) as environment:
        acme = await environment.human.add_account(name="Acme", accountnumber="ACC-7", telephone1="+30 210 9")
        eleni = await environment.human.add_contact(
            **ELENI,
            jobtitle="Buyer",
            new_tier=100000000,
            creditlimit=1500.5,
            **{"parentcustomerid_account@odata.bind": f"/accounts({acme})"},
        )
        contact = await found(environment, email=ELENI["emailaddress1"], language="el-GR")
        base = environment.dynamics.settings.base_url
    assert contact.account == ContactAccount(
        id=acme,
        name="Acme",
        number="ACC-7",
        phone="+30 210 9",
        link=f"{base}/main.aspx?etn=account&id={acme}&pagetype=entityrecord",
    )
    assert contact.link == f"{base}/main.aspx?etn=contact&id={eleni}&pagetype=entityrecord"
    fields = {one.label: one for one in contact.fields}
    assert fields["Job title"] == ContactField(label="Job title", value="Buyer")
    assert fields["Tier"] == ContactField(label="Tier", value="Χρυσό", kind="choice", raw="100000000")
    assert fields["Customer number"].value == "ACC-7"
    assert fields["Limit"].kind == "number"
    assert fields["Owner"].kind == "lookup"
    assert fields["Owner"].value != fields["Owner"].raw
    assert fields["Customer since"].kind == "datetime"


async def test_choices_come_as_the_environment_shows_them_where_it_lacks_the_language() -> None:
    async with an_environment(entityProperties=PROPERTIES) as environment:
        await environment.human.add_contact(**ELENI, new_tier=100000000)
        for language in ("ja", "xx", None):
            contact = await found(environment, email=ELENI["emailaddress1"], language=language)
            assert {one.label: one.value for one in contact.fields}["Tier"] == "Gold"


async def test_the_words_of_choices_are_asked_for_once_an_hour() -> None:
    async with an_environment(entityProperties=PROPERTIES) as environment:
        await environment.human.add_contact(**ELENI, new_tier=100000000)
        for seconds, asked in ((0, 1), (3000, 1), (700, 2)):
            await environment.clock.advance(seconds)
            await found(environment, email=ELENI["emailaddress1"], language="el")
            assert environment.asked("fields") == asked


async def case(environment: Environment, title: str, state: str = "open", **whose: str) -> str:
    await environment.clock.advance(60)
    bound = {f"{name}@odata.bind": value for name, value in whose.items()}
    made: str = await environment.human.add_row("incident", title=title, **bound)
    if state != "open":
        await environment.human.set_state(made, state)
    return made


async def test_open_cases_come_first_and_then_the_latest_others() -> None:
    async with an_environment(cases=4) as environment:
        eleni = await environment.human.add_contact(**ELENI)
        acme = await environment.human.add_account(name="Acme")
        mine = f"/contacts({eleni})"
        await case(environment, "Old and open", customerid_contact=mine)
        await case(environment, "Solved first", "solved", customerid_contact=mine)
        await case(environment, "Solved last", "solved", customerid_contact=mine)
        await case(environment, "Of somebody else", customerid_account=f"/accounts({acme})")
        last = await case(environment, "New and open", customerid_contact=mine)
        contact = await found(environment, email=ELENI["emailaddress1"])
    assert [(one.title, one.open, one.status) for one in contact.cases] == [
        ("New and open", True, "In Progress"),
        ("Old and open", True, "In Progress"),
        ("Solved last", False, "Problem Solved"),
        ("Solved first", False, "Problem Solved"),
    ]
    first = contact.cases[0]
    assert first.id == last
    assert first.number
    assert first.link is not None
    assert first.link.endswith(f"etn=incident&id={last}&pagetype=entityrecord")
    assert first.changed_at == environment.clock.now()
    assert first.priority == "Normal"


@pytest.mark.parametrize(("count", "told"), [(True, ["For Eleni"]), (False, [])])
async def test_cases_of_the_company_count_where_they_name_the_person(count: bool, told: list[str]) -> None:
    async with an_environment({"contact_of_account": False}, casesOfPrimaryContact=count) as environment:
        eleni = await environment.human.add_contact(**ELENI)
        acme = await environment.human.add_account(name="Acme")
        await case(
            environment,
            "For Eleni",
            customerid_account=f"/accounts({acme})",
            primarycontactid=f"/contacts({eleni})",
        )
        contact = await found(environment, email=ELENI["emailaddress1"])
    assert [one.title for one in contact.cases] == told


@pytest.mark.feature("CRM-04")
async def test_a_contact_is_read_by_its_id_as_it_is_now() -> None:
    async with an_environment() as environment:
        eleni = await environment.human.add_contact(**ELENI)
        get = environment.source.livechat_get_contact
        contact = await get("crm", eleni.upper())
        assert contact is not None
        assert contact.id == eleni
        assert await get("other", eleni) is None
        assert await get("crm", "00000000-0000-0000-0000-000000000001") is None
        before = len(environment.dynamics.requests)
        for wrong in ("", "x", f"{eleni})/ownerid", "1)?$select=x", f"{eleni}\n"):
            assert await get("crm", wrong) is None
        assert len(environment.dynamics.requests) == before


async def test_doctor_finds_everything_in_order_and_what_is_not() -> None:
    async with an_environment(entityProperties=PROPERTIES) as environment:
        assert [one.status for one in await environment.source.check()] == ["ok", "ok", "ok"]
    async with an_environment({"access": "stranger"}) as environment:
        (finding,) = await environment.source.check()
        assert finding.status == "error"
        assert "application user" in finding.next_step
    async with an_environment(entityProperties=[{"label": "x", "path": "nosuchcolumn"}]) as environment:
        findings = {one.check: one for one in await environment.source.check()}
        assert findings["contacts"].status == "error"
        assert "entityProperties" in findings["contacts"].next_step
    async with an_environment({"missing_privileges": ["prvReadIncident"]}) as environment:
        findings = {one.check: one for one in await environment.source.check()}
        assert findings["cases"].status == "warning"
        assert "privilege" in findings["cases"].next_step
    async with an_environment(clientSecret="another-one") as environment:
        (finding,) = await environment.source.check()
        assert finding.status == "error"
        assert "another-one" not in finding.message
