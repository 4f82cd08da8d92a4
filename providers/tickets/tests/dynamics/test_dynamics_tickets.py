"""Every call of the adapter, as Microsoft's pages describe it."""

from __future__ import annotations

import sys
import unicodedata
import uuid
from typing import Any

import pytest

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.people import Contact
from livechat_sdk.errors import (
    AuthError,
    ConfigurationError,
    ProtocolError,
    ProviderError,
    RejectedError,
    RetryableError,
    UnsupportedFeature,
)
from livechat_sdk.relay.failures import FailureKind, failure_of
from livechat_sdk_testing.recordings import Recordings
from livechat_sdk_tickets.dynamics.customers import NAMESPACE
from livechat_sdk_tickets.dynamics.odata import any_of, literal, phone_forms
from livechat_sdk_tickets.preparing import LoadedFile
from providers.tickets.tests.bench import HANDOFF, INVOICE, a_draft, a_note, a_ticket, tried
from providers.tickets.tests.dynamics.bench import EVERYTHING, RECORDINGS, a_system, build

CASE_ID = str(uuid.uuid5(NAMESPACE, "h-1.ticket"))
CONTACT = "465b158c-541c-e511-80d3-3863bb347ba8"
KNOWN: Handoff = HANDOFF.model_copy(update={"contacts": (Contact(source="acme-crm", id=CONTACT),)})
OPENED = ("token/given", "contact/one")


def a_case() -> Any:
    return a_ticket("crm", CASE_ID)


def test_recordings_agree_with_the_api_document() -> None:
    assert RECORDINGS.validate() == []


# ---------------------------------------------------------------------------------------------- create
async def test_a_case_is_made_under_an_id_of_ours_for_the_contact_that_is_found(
    recordings: Recordings,
) -> None:
    with recordings.replay(*OPENED, "create/made"):
        async with a_system() as system:
            ticket = await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert (ticket.source, ticket.id, ticket.number) == ("crm", CASE_ID, "CAS-01213-P8B3G0")
    assert (ticket.status, ticket.state) == ("In Bearbeitung", "open")
    assert ticket.url == (
        f"https://acme.crm4.dynamics.com/main.aspx?etn=incident&id={CASE_ID}&pagetype=entityrecord"
    )


async def test_everything_that_is_known_goes_along(recordings: Recordings) -> None:
    draft = a_draft(
        priority="urgent",
        kind="question",
        attachments=(INVOICE,),
        fields={"Product": "Web shop", "VIP": True, "Orders": "3", "Colours": ["Red", "Blue"]},
    )
    with recordings.replay(*OPENED, "create/made-with-everything", "note/file"):
        async with a_system(**EVERYTHING) as system:
            await system.livechat_create_ticket(draft, HANDOFF)


async def test_a_long_conversation_goes_along_whole_in_notes(recordings: Recordings) -> None:
    draft = a_draft(body="line\n" * 300)
    notes = ("note/part-1", "note/part-2")
    with recordings.replay(*OPENED, "create/long", *notes) as playing:
        async with a_system(noteLimit=1000, descriptionLimit=500) as system:
            await system.livechat_create_ticket(draft, HANDOFF)
    assert playing.calls[-2:] == list(notes)


async def test_a_file_that_is_refused_is_named_in_a_note(recordings: Recordings) -> None:
    with recordings.replay(*OPENED, "create/made", "note/file-refused", "note/file-lost"):
        async with a_system() as system:
            ticket = await system.livechat_create_ticket(a_draft(attachments=(INVOICE,)), HANDOFF)
    assert ticket.id == CASE_ID


async def test_an_environment_that_answers_without_the_row_is_asked_for_it(recordings: Recordings) -> None:
    with recordings.replay(*OPENED, "create/made-without-body", "find/there"):
        async with a_system() as system:
            ticket = await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert ticket.state == "solved"


@pytest.mark.parametrize("case", ["create/taken", "create/taken-as-400"])
async def test_a_case_that_is_there_already_is_as_good(case: str, recordings: Recordings) -> None:
    with recordings.replay(*OPENED, case, "find/there"):
        async with a_system() as system:
            ticket = await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert ticket.id == CASE_ID


async def test_a_case_that_was_there_and_is_gone_is_not_made_again(recordings: Recordings) -> None:
    replaying = recordings.replay(*OPENED, "create/taken", "find/absent")
    with replaying, pytest.raises(RejectedError, match="was there, and is gone"):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)


@pytest.mark.parametrize("absent", ["find/absent", "find/absent-without-code"])
async def test_whatever_time_has_passed_a_case_is_made_once(absent: str, recordings: Recordings) -> None:
    with recordings.replay("token/given", absent, "contact/one", "create/made"):
        async with a_system() as system:
            await system.livechat_create_ticket(tried(10**6), HANDOFF)


async def test_a_case_that_is_found_gets_what_it_lacks(recordings: Recordings) -> None:
    with recordings.replay("token/given", "find/there", "note/file"):
        async with a_system() as system:
            ticket = await system.livechat_create_ticket(tried(5, attachments=(INVOICE,)), HANDOFF)
    assert (ticket.status, ticket.state) == ("Problem gelöst", "solved")


@pytest.mark.parametrize("case", ["find/wrong-address", "find/gateway"])
async def test_a_wrong_address_is_no_proof_that_a_case_is_not_there(
    case: str, recordings: Recordings
) -> None:
    with recordings.replay("token/given", case), pytest.raises(RejectedError, match="address is wrong"):
        async with a_system() as system:
            await system.livechat_create_ticket(tried(5), HANDOFF)


async def test_a_call_that_fails_for_the_moment_is_repeated_for_the_vendor_dedupes(
    recordings: Recordings,
) -> None:
    with recordings.replay(*OPENED, "create/unavailable", "create/made") as playing:
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert playing.calls[-2:] == ["create/unavailable", "create/made"]


@pytest.mark.parametrize(
    ("case", "error", "words", "kind"),
    [
        ("create/refused", RejectedError, "0x80040265 This queue takes no cases", FailureKind.REFUSED),
        ("create/privilege", AuthError, "prvCreateIncident", FailureKind.UNAUTHORISED),
        ("create/wrong-table", RejectedError, "0x8006088a", FailureKind.REFUSED),
        ("create/duplicate-rule", RejectedError, "0x80040333", FailureKind.REFUSED),
        ("create/limit-requests", RetryableError, "0x80072322", FailureKind.THROTTLED),
        ("create/limit-time", RetryableError, "0x80072321", FailureKind.THROTTLED),
        ("create/limit-at-once", RetryableError, "0x80072326", FailureKind.THROTTLED),
    ],
)
async def test_failures_say_what_can_be_done(
    case: str, error: type[ProviderError], words: str, kind: FailureKind, recordings: Recordings
) -> None:
    with recordings.replay(*OPENED, case) as playing, pytest.raises(error, match=words) as failed:
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert playing.calls == [*OPENED, case], "nothing of this is repeated at once"
    assert failure_of(failed.value).kind is kind
    if kind is FailureKind.THROTTLED:
        assert failed.value.retry_after == 120


async def test_after_a_limit_no_call_leaves_before_its_time(recordings: Recordings) -> None:
    with recordings.replay(*OPENED, "create/limit-at-once"):
        async with a_system() as system:
            with pytest.raises(RetryableError, match="0x80072326"):
                await system.livechat_create_ticket(a_draft(), HANDOFF)
            with pytest.raises(RetryableError, match="left alone for 1") as held:
                await system.find("h-1.ticket")
    assert held.value.sent is False


async def test_an_alternate_key_may_be_the_key(recordings: Recordings) -> None:
    with recordings.replay("token/given", "find/keyed-absent", "contact/one", "create/keyed"):
        async with a_system(keyColumn="new_handoffid") as system:
            ticket = await system.livechat_create_ticket(tried(5), HANDOFF)
    assert ticket.id == "44444444-4444-4444-4444-444444444444"


# ------------------------------------------------------------------------------------------- customers
async def test_several_contacts_with_one_address_are_nobody(recordings: Recordings) -> None:
    with recordings.replay("token/given", "contact/two", "create/for-an-account"):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)


async def test_who_is_not_known_gets_the_customer_of_the_settings(recordings: Recordings) -> None:
    with recordings.replay("token/given", "create/for-nobody-known"):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(requester_email=None), HANDOFF)


async def test_a_contact_of_the_crm_is_not_looked_for(recordings: Recordings) -> None:
    with recordings.replay("token/given", "create/made"):
        async with a_system(contactsOf="acme-crm") as system:
            await system.livechat_create_ticket(a_draft(), KNOWN)


@pytest.mark.parametrize("contact_id", ["7", "1) or (1", f"{CONTACT})/x"])
async def test_an_id_that_is_no_guid_is_no_contact(contact_id: str, recordings: Recordings) -> None:
    handoff = HANDOFF.model_copy(update={"contacts": (Contact(source="acme-crm", id=contact_id),)})
    with recordings.replay(*OPENED, "create/made"):
        async with a_system(contactsOf="acme-crm") as system:
            await system.livechat_create_ticket(a_draft(), handoff)


async def test_a_quote_in_an_address_ends_no_literal(recordings: Recordings) -> None:
    made = recordings.all["create/for-an-account"]
    anything = made.model_copy(update={"request": made.request.model_copy(update={"json_": "*"})})
    with recordings.replay("token/given", "contact/quoted", anything):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(requester_email="o'hara+web@example.com"), HANDOFF)


async def test_a_number_is_looked_for_in_the_forms_in_which_it_may_be_stored(
    recordings: Recordings,
) -> None:
    draft = a_draft(requester_email=None, requester_phone="+44 20 7946 0000")
    with recordings.replay("token/given", "contact/by-phone", "create/for-a-phone"):
        async with a_system(countryPrefix="+44") as system:
            await system.livechat_create_ticket(draft, HANDOFF)


async def test_a_contact_is_made_where_that_is_wanted(recordings: Recordings) -> None:
    draft = a_draft(requester_name="Eleni Papadaki")
    made = recordings.all["create/for-a-made-contact"]
    body = {**made.request.json_, "description": "*"}
    wanted = made.model_copy(update={"request": made.request.model_copy(update={"json_": body})})
    with recordings.replay("token/given", "contact/none", "contact/made", wanted):
        async with a_system(createContacts=True) as system:
            await system.livechat_create_ticket(draft, HANDOFF)
    with recordings.replay("token/given", "create/for-a-made-contact"):
        async with a_system(contactsOf="acme-crm") as system:
            made_by_us = str(uuid.uuid5(NAMESPACE, "contact eleni@shop.example"))
            contacts = (Contact(source="acme-crm", id=made_by_us),)
            await system.livechat_create_ticket(a_draft(), HANDOFF.model_copy(update={"contacts": contacts}))


async def test_a_duplicate_that_the_environment_finds_is_not_repeated_and_not_overruled(
    recordings: Recordings,
) -> None:
    cases = ("token/given", "contact/none", "contact/duplicate", "create/for-an-account")
    with recordings.replay(*cases) as playing:
        async with a_system(createContacts=True) as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert playing.calls == list(cases), "a 500 that is a refusal is asked for once"


async def test_without_a_customer_a_duplicate_is_an_error(recordings: Recordings) -> None:
    replaying = recordings.replay("token/given", "contact/none", "contact/duplicate")
    with replaying, pytest.raises(RejectedError, match="0x80040333"):
        async with a_system(customer=None, createContacts=True) as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)


async def test_a_look_up_that_is_forbidden_is_an_error(recordings: Recordings) -> None:
    with (
        recordings.replay("token/given", "contact/forbidden"),
        pytest.raises(AuthError, match="prvReadContact") as failed,
    ):
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert failed.value.sent is False, "no create has left"


@pytest.mark.parametrize(
    ("phone", "prefix", "forms"),
    [
        ("020 7946 0000", "+44", ["020 7946 0000", "02079460000", "+442079460000"]),
        ("+30 210 1", None, ["+30 210 1", "302101", "+302101"]),
        ("+30 210 1", "+44", ["+30 210 1", "302101", "+302101"]),
        ("112", "+44", ["+44112"]),
    ],
)
def test_forms_of_a_number(phone: str, prefix: str | None, forms: list[str]) -> None:
    assert phone_forms(phone, prefix) == forms


def test_literals_hold_whatever_is_written_in_them() -> None:
    assert literal("o'hara'; drop\r\n\x00") == "'o''hara''; drop'"
    assert any_of(["a", "b"], ["x' or 1 eq 1"]) == "(a eq 'x'' or 1 eq 1' or b eq 'x'' or 1 eq 1')"


# ----------------------------------------------------------------------------------------------- notes
@pytest.mark.parametrize("case", ["note/internal", "note/there-already"])
async def test_a_note_is_there_once(case: str, recordings: Recordings) -> None:
    with recordings.replay("token/given", case, "find/there"):
        async with a_system() as system:
            ticket = await system.livechat_add_to_ticket(
                a_case(), a_note(first_tried_at=tried(1).first_tried_at)
            )
    assert ticket is not None
    assert ticket.state == "solved"


async def test_a_note_that_is_refused_is_an_error(recordings: Recordings) -> None:
    with recordings.replay("token/given", "note/too-long"), pytest.raises(RejectedError, match="0x80044331"):
        async with a_system() as system:
            await system.livechat_add_to_ticket(a_case(), a_note())


async def test_notes_of_dynamics_are_never_public() -> None:
    with pytest.raises(UnsupportedFeature, match="no public comments"):
        await build().livechat_add_to_ticket(a_case(), a_note(public=True))


async def test_a_file_is_a_note(recordings: Recordings) -> None:
    with recordings.replay("token/given", "note/own-file"):
        async with a_system() as system:
            file = LoadedFile("invoice 7.pdf", "application/pdf", b"%PDF")
            await system.attach(a_case(), file, key="h-1.file.1")


async def test_where_notes_get_ids_of_the_vendors_they_are_looked_for(recordings: Recordings) -> None:
    with recordings.replay("token/given", "note/list-1", "note/list-2", "find/there") as playing:
        async with a_system(noteIds="vendor") as system:
            note = a_note(first_tried_at=tried(1).first_tried_at)
            await system.livechat_add_to_ticket(a_case(), note)
    assert "note/posted" not in playing.calls


async def test_where_notes_get_ids_of_the_vendors_the_first_one_is_just_made(recordings: Recordings) -> None:
    with recordings.replay("token/given", "note/posted", "find/there"):
        async with a_system(noteIds="vendor") as system:
            await system.livechat_add_to_ticket(a_case(), a_note())


async def test_where_notes_get_ids_of_the_vendors_files_are_not_doubled(recordings: Recordings) -> None:
    with recordings.replay("token/given", "find/there", "note/list-1", "note/list-2"):
        async with a_system(noteIds="vendor") as system:
            await system.livechat_create_ticket(tried(5, attachments=(INVOICE,)), HANDOFF)


async def test_where_notes_get_ids_of_the_vendors_nothing_is_made_while_it_may_be_on_its_way(
    recordings: Recordings,
) -> None:
    with recordings.replay("token/given", "note/list-empty"):
        async with a_system(noteIds="vendor") as system:
            note = a_note(first_tried_at=tried(1).first_tried_at)
            with pytest.raises(RetryableError, match="on its way"):
                await system.livechat_add_to_ticket(a_case(), note)


async def test_the_next_page_is_followed_within_the_environment_only(recordings: Recordings) -> None:
    replaying = recordings.replay("token/given", "note/list-elsewhere")
    with replaying, pytest.raises(ProtocolError, match="somewhere else"):
        async with a_system(noteIds="vendor") as system:
            await system.has_comment(a_case(), a_note())


@pytest.mark.parametrize(("case", "there"), [("note/there", True), ("note/absent", False)])
async def test_a_note_of_ours_can_be_asked_for(case: str, there: bool, recordings: Recordings) -> None:
    with recordings.replay("token/given", case):
        async with a_system() as system:
            assert await system.has_comment(a_case(), a_note()) is there


# ---------------------------------------------------------------------------------------------- others
async def test_the_cases_of_a_handoff_are_read_as_they_are_now(recordings: Recordings) -> None:
    with recordings.replay("token/given", "find/during", "find/there"):
        async with a_system() as system:
            tickets = await system.livechat_list_tickets(HANDOFF)
    assert [(one.key, one.state) for one in tickets] == [
        ("h-1.ticket.during", "closed"),
        ("h-1.ticket", "solved"),
    ]
    assert all(one.id == one.id.lower() for one in tickets)


@pytest.mark.parametrize("wrong", ["", "7", f"{CASE_ID})/x", f"{CASE_ID}\n", "x' or '1' eq '1"])
async def test_a_case_has_a_guid_and_nothing_else_is_asked_for(wrong: str) -> None:
    async with a_system() as system:
        assert await system.read(wrong) is None
        if wrong.isprintable() and wrong:
            with pytest.raises(RejectedError, match="GUIDs"):
                await system.attach(a_ticket("crm", wrong), LoadedFile("a", "b", b""), key="k")


async def test_a_client_that_is_refused_is_an_auth_error_and_nothing_left(recordings: Recordings) -> None:
    with recordings.replay("token/refused"), pytest.raises(AuthError, match="invalid_client") as failed:
        async with a_system() as system:
            await system.livechat_create_ticket(a_draft(), HANDOFF)
    assert failed.value.sent is False


@pytest.mark.parametrize(
    ("cases", "found"),
    [
        (
            [
                "check/known",
                "fields/key-active",
                "fields/columns",
                "fields/options",
                "fields/options-of-several",
            ],
            [("credentials", "ok"), ("keyColumn", "ok"), ("fields", "ok")],
        ),
        (
            ["check/known", "fields/key-pending", "fields/others", "fields/options-lacking"],
            [("credentials", "ok"), ("keyColumn", "error"), *[("fields", "error")] * 4],
        ),
        (
            ["check/known", "fields/key-none", "fields/forbidden"],
            [("credentials", "ok"), ("keyColumn", "error"), ("fields", "warning")],
        ),
        (
            ["check/known", "fields/key-forbidden", "fields/forbidden"],
            [("credentials", "ok"), ("keyColumn", "warning"), ("fields", "warning")],
        ),
        (["check/wrong-address"], [("credentials", "error")]),
    ],
)
async def test_doctor_looks_at_the_key_and_at_the_field_map(
    cases: list[str], found: list[tuple[str, str]], recordings: Recordings
) -> None:
    with recordings.replay("token/given", *cases):
        async with a_system(**EVERYTHING, keyColumn="new_handoffid") as system:
            findings = await system.check()
    assert [(one.check, one.status) for one in findings] == found
    if "fields/others" in cases:
        told = " ".join(one.message for one in findings)
        assert "has no value 100000001" in told
        assert "new_vip cannot be set" in told
        assert "new_orders is a String, not a integer" in told
        assert "no column new_colours" in told


@pytest.mark.parametrize(
    ("case", "next_step"),
    [("check/not-a-member", "create an application user"), ("check/app-blocked", "access policy")],
)
async def test_doctor_says_what_to_do_about_a_refusal(
    case: str, next_step: str, recordings: Recordings
) -> None:
    with recordings.replay("token/given", case):
        async with a_system() as system:
            (finding,) = await system.check()
    assert finding.status == "error"
    assert next_step in finding.next_step


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"customer": None, "createContacts": False}, "a case needs a customer"),
        ({"customer": "contacts(1)"}, "customer"),
        ({"customer": "accounts(33333333-3333-3333-3333-333333333333) or 1"}, "customer"),
        ({"baseUrl": "https://acme.crm4.dynamics.com/api/data/v9.2"}, "baseUrl"),
        ({"version": "v9.2/contacts"}, "version"),
        ({"owner": "roles(22222222-2222-2222-2222-222222222222)"}, "owner"),
        ({"keyColumn": "New_HandoffId"}, "keyColumn"),
        ({"phoneColumns": ["mobilephone eq 1 or telephone1"]}, "phoneColumns"),
        ({"fields": {"A": {"field": "New_A"}}}, "names of columns: A"),
        ({"fields": {"A": {"field": "new_a", "kind": "choice", "values": {"x": "y"}}}}, "are numbers: A"),
        ({"fields": {"A": {"field": "new_a"}, "B": {"field": "new_a"}}}, "the same field already: B"),
    ],
)
def test_what_cannot_work_is_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        build(**wrong)


def test_the_tables_of_priorities_and_states_can_be_changed() -> None:
    plain = build().settings
    assert [plain.priority(one) for one in ("urgent", "high", "normal", "low", None)] == [1, 1, 2, 3, None]
    assert [plain.kind(one) for one in ("question", "incident", "problem", "task", None)] == [
        1,
        2,
        2,
        3,
        None,
    ]
    assert [plain.state(*one) for one in ((2, 0), (77, 0), (77, 1), (None, 2), (None, None))] == [
        *("pending", "open", "solved", "closed", None)
    ]
    other = build(priorities={"urgent": 100000000}, kinds={"task": 9}, states={"77": "pending"}).settings
    assert (other.priority("urgent"), other.kind("task"), other.state(77, 0)) == (100000000, 9, "pending")


def test_nothing_of_the_secrets_is_shown() -> None:
    assert "of+tests" not in repr(build()) + repr(build().settings)


def test_a_literal_has_every_letter_that_can_be_printed() -> None:
    every = [chr(number) for number in range(sys.maxunicode + 1)]
    lost = {one for one in every if unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"}}
    assert set(every) - set(literal("".join(every))) == lost
