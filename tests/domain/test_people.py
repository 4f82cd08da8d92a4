"""What a CRM knows, as one person or as several, and as lines for systems that have no place for more."""

from __future__ import annotations

from livechat_sdk.domain.people import (
    SEVERAL,
    Contact,
    ContactAccount,
    ContactCase,
    ContactField,
    ContactMatch,
)

ANN = Contact(
    source="crm",
    id="1",
    name="Ann",
    email="ann@example.com",
    link="https://crm.example.com/1",
    account=ContactAccount(id="7", name="Acme", number="ACC-7"),
    fields=(
        ContactField(label="Tier", value="Gold", kind="choice", raw="1"),
        ContactField(label="x", value=""),
    ),
    cases=(
        ContactCase(id="c1", number="CAS-1", title="Parcel", status="In Progress", open=True),
        ContactCase(id="c2", open=False, link="https://crm.example.com/c2"),
    ),
    incomplete=("orders",),
)


def test_everything_that_is_known_comes_as_lines() -> None:
    assert list(ANN.facts()) == [
        ("name", "Ann"),
        ("email", "ann@example.com"),
        ("link", "https://crm.example.com/1"),
        ("account", "Acme (ACC-7)"),
        ("Tier", "Gold"),
        ("open case 1", "CAS-1, Parcel, In Progress"),
        ("case 2", "closed, https://crm.example.com/c2"),
        ("not read", "orders"),
    ]


def test_one_person_is_certain_and_several_are_not() -> None:
    assert ANN.certain
    several = Contact(
        source="crm",
        id=SEVERAL,
        matches=(
            ContactMatch(id="1", name="Ann", email="office@example.com", account="Acme"),
            ContactMatch(id="2"),
        ),
        more_matches=True,
    )
    assert not several.certain
    assert list(several.facts()) == [
        ("possible contact 1", "Ann, office@example.com, Acme"),
        ("possible contact 2", "2"),
        ("more possible contacts", "yes"),
    ]


def test_what_earlier_releases_have_stored_is_read() -> None:
    stored = '{"source":"crm","id":"1","name":"Ann","fields":[{"label":"Tier","value":"Gold"}]}'
    contact = Contact.model_validate_json(stored)
    assert contact.fields == (ContactField(label="Tier", value="Gold"),)
    assert Contact.model_validate_json(ANN.model_dump_json()) == ANN
