"""Look-ups in an account that reads queries as Zendesk does: each key, one and several, and what is told."""

from __future__ import annotations

from typing import Any

import pytest

from livechat_sdk.domain.people import SEVERAL, ContactAccount, ContactField
from livechat_sdk.errors import AuthError, ProtocolError, ProviderError, RejectedError, RetryableError
from providers.zendesk.tests.crm.bench import FIELDS, an_account

ELENI: dict[str, Any] = {
    "name": "Eleni O'Hara",
    "email": "o'hara+web@example.com",
    "phone": "+302101234567",
    "external_id": "k-77",
}
MAIL = ELENI["email"]


@pytest.mark.feature("CRM-02", "CRM-03")
@pytest.mark.parametrize(
    "user",
    [
        {"email": MAIL},
        {"email": "O'HARA+web@Example.com"},
        {"phone": "+302101234567"},
        {"phone": "+30 210 123 4567"},
        {"phone": "210 1234567"},
        {"id": "k-77"},
        {"id": "k-77", "email": "nobody@example.com"},
        {"id": "k-78", "email": MAIL},
    ],
    ids=str,
)
async def test_each_key_finds_the_user(user: dict[str, Any]) -> None:
    async with an_account(countryPrefix="+30") as account:
        eleni = await account.human.add_contact(**ELENI)
        await account.human.add_contact(
            name="Another One", email="xo'hara+web@example.com", external_id="k-778"
        )
        contact = await account.found(**user)
        base = account.zendesk.settings.base_url
    assert (contact.source, contact.id, contact.name) == ("zd", eleni, "Eleni O'Hara")
    assert (contact.email, contact.phone) == (MAIL, "+302101234567")
    assert contact.link == f"{base}/agent/users/{eleni}"
    assert contact.found_at == account.clock.now()


@pytest.mark.feature("CRM-08")
@pytest.mark.parametrize(
    "user",
    [{"email": "hara+web@example.com"}, {"email": "example.com"}, {"phone": "1234567"}, {"id": "k"}, {}],
    ids=str,
)
async def test_what_a_fuzzy_search_finds_beside_is_nobody(user: dict[str, Any]) -> None:
    async with an_account(countryPrefix="+30") as account:
        await account.human.add_contact(**ELENI)
        assert await account.find(**user) is None


async def test_the_id_is_not_looked_for_where_it_is_no_external_id() -> None:
    async with an_account(byExternalId=False) as account:
        await account.human.add_contact(**ELENI)
        assert await account.find(id="k-77") is None
        assert account.zendesk.requests == []


async def test_several_are_told_as_several_the_likeliest_first() -> None:
    async with an_account() as account:
        for name in ("Ann", "Bob", "Eve"):
            await account.clock.advance(60)
            await account.human.add_contact(name=name, phone="+302101234567")
        contact = await account.found(phone="+302101234567", name="bob")
    assert (contact.id, contact.certain, contact.name, contact.cases) == (SEVERAL, False, None, ())
    assert [one.name for one in contact.matches] == ["Bob", "Eve", "Ann"]
    assert contact.matches[0].by == ("phone number",)


async def test_organization_and_shown_fields_are_told() -> None:
    async with an_account(shownFields=FIELDS) as account:
        acme = await account.human.add_account(
            name="Acme", external_id="ACC-7", details="Old friends", organization_fields={"plan": "gold"}
        )
        await account.human.add_contact(
            **ELENI,
            organization_id=int(acme),
            notes="likes\r\ncats",
            tags=["vip", "web"],
            user_fields={"tier": "gold"},
        )
        contact = await account.found(email=MAIL)
        base = account.zendesk.settings.base_url
    assert contact.account == ContactAccount(
        id=acme, name="Acme", number="ACC-7", link=f"{base}/agent/organizations/{acme}"
    )
    assert contact.fields == (
        ContactField(label="Tier", value="gold", kind="choice"),
        ContactField(label="Tags", value="vip, web"),
        ContactField(label="Notes", value="likes cats"),
        ContactField(label="Plan", value="gold"),
        ContactField(label="About the company", value="Old friends"),
    )


async def test_open_tickets_come_first_and_then_the_latest_others() -> None:
    async with an_account(tickets=3) as account:
        eleni = await account.human.add_contact(**ELENI)
        made = []
        for subject in ("Old and open", "Solved first", "Solved last", "New and open"):
            await account.clock.advance(60)
            made.append(await account.ticket(eleni, subject))
        for number in made[1:3]:
            await account.clock.advance(60)
            await account.human.set_state(number, "solved")
        contact = await account.found(email=MAIL)
        base = account.zendesk.settings.base_url
    told = [(one.title, one.open) for one in contact.cases]
    assert told == [("New and open", True), ("Old and open", True), ("Solved last", False)]
    first = contact.cases[0]
    assert (first.number, first.status, first.link) == (
        f"#{made[3]}",
        "new",
        f"{base}/agent/tickets/{made[3]}",
    )
    assert first.opened_at is not None


@pytest.mark.feature("CRM-04")
async def test_a_user_is_read_by_its_id_as_it_is_now() -> None:
    async with an_account() as account:
        eleni = await account.human.add_contact(**ELENI)
        get = account.source.livechat_get_contact
        contact = await get("zd", eleni)
        assert contact is not None
        assert contact.name == "Eleni O'Hara"
        assert await get("other", eleni) is None
        assert await get("zd", "999999999") is None
        before = len(account.zendesk.requests)
        for wrong in ("", "me", f"{eleni}/identities", "../users/me", f"{eleni}\n", f"{eleni}?x=1", "٣"):
            assert await get("zd", wrong) is None
        assert len(account.zendesk.requests) == before


@pytest.mark.parametrize("api_tokens", [True, False], ids=["token", "oauth"])
async def test_both_kinds_of_credentials_are_good(api_tokens: bool) -> None:
    async with an_account({"api_tokens": api_tokens}) as account:
        await account.human.add_contact(**ELENI)
        assert (await account.found(email=MAIL)).name == "Eleni O'Hara"
        assert account.asked("token") == (0 if api_tokens else 1)
        assert [one.status for one in await account.source.check()] == ["ok", "ok"]


async def test_doctor_says_what_is_wrong() -> None:
    async with an_account({"api_tokens": False}, clientSecret="another-one") as account:
        (finding,) = await account.source.check()
        assert finding.status == "error"
        assert "another-one" not in finding.message
    async with an_account({"api_tokens": False}, scope="tickets:read") as account:
        assert {one.status for one in await account.source.check()} & {"error"}


@pytest.mark.parametrize(
    ("fault", "details", "kind"),
    [
        ("status", {"status": 503}, RetryableError),
        ("status", {"status": 500, "body": "<html>down</html>"}, RetryableError),
        ("status", {"status": 429, "retry_after": 60}, RetryableError),
        ("status", {"status": 403}, AuthError),
        ("status", {"status": 400}, RejectedError),
        ("drop_after", {}, RetryableError),
        ("time_out_after", {}, RetryableError),
        ("malformed", {}, ProtocolError),
        ("truncated", {}, ProviderError),
    ],
    ids=str,
)
async def test_a_look_up_that_fails_says_why(
    fault: str, details: dict[str, Any], kind: type[ProviderError]
) -> None:
    async with an_account() as account:
        await account.human.add_contact(**ELENI)
        account.zendesk.faults.script("contact", fault, times=50, **details)
        with pytest.raises(kind) as raised:
            await account.find(email=MAIL)
        assert MAIL not in str(raised.value)


@pytest.mark.parametrize(("operation", "missing"), [("list", "tickets"), ("account", "organization")])
@pytest.mark.parametrize("fault", ["status", "malformed", "time_out_after"])
async def test_a_user_without_the_rest_is_told_as_one(operation: str, missing: str, fault: str) -> None:
    async with an_account() as account:
        acme = await account.human.add_account(name="Acme")
        await account.human.add_contact(**ELENI, organization_id=int(acme))
        account.zendesk.faults.script(operation, fault, times=50)
        contact = await account.found(email=MAIL)
    assert contact.name == "Eleni O'Hara"
    assert contact.incomplete == (missing,)


async def test_one_bad_answer_is_asked_again() -> None:
    async with an_account() as account:
        await account.human.add_contact(**ELENI)
        account.zendesk.faults.script("contact", "status", status=503)
        assert (await account.found(email=MAIL)).name == "Eleni O'Hara"
