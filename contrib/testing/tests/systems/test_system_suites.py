"""The suites of ticket systems and CRMs themselves: what they cover, refuse, and certify."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from livechat_sdk.domain.people import Contact
from livechat_sdk_testing.conformance import (
    CaseFailed,
    Level,
    Result,
    SystemCertificate,
    SystemTopic,
    Tier,
)
from livechat_sdk_testing.conformance.installed import certify_installed, installed_rigs
from livechat_sdk_testing.conformance.systems import (
    CONTACTS,
    TICKETING,
    ContactConformance,
    TicketingConformance,
    all_system_cases,
    certify_system,
    excused_of,
    run_system_case,
    runner,
)
from livechat_sdk_testing.conformance.systems.reading import comparable, rendered
from livechat_sdk_testing.conformance.systems.runner import AnyCase
from livechat_sdk_testing.conformance.systems.toy_contacts import ToyContactRig, ToyContacts
from livechat_sdk_testing.conformance.systems.toy_tickets import ToyTicketing, ToyTicketRig

FAMILIES: Mapping[str, Mapping[str, AnyCase]] = {"tickets": TICKETING.cases, "contacts": CONTACTS.cases}


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_has_many_cases_and_each_says_what_it_proves_and_where_to_look(family: str) -> None:
    cases = FAMILIES[family]
    assert len(cases) >= 30
    for case in cases.values():
        assert case.proves.endswith("."), case.name
        assert len(case.look_at) > 3, case.name
        assert (case.on_bench is None) is (case.level is Level.DISPATCHER), case.name
    assert len({case.method for case in cases.values()}) == len(cases)
    used = Counter(case.tier for case in cases.values())
    assert all(used[tier] >= 10 for tier in Tier), used


def test_every_topic_has_cases() -> None:
    assert {case.topic for case in all_system_cases().values()} == set(SystemTopic)


def test_no_name_is_used_twice_so_that_an_excuse_names_one_case() -> None:
    assert not set(TICKETING.cases) & set(CONTACTS.cases)


@pytest.mark.parametrize(
    "name",
    [
        "once.after_time_out_after",
        "once.while_it_cannot_be_found_yet",
        "once.after_the_vendor_forgot_the_key",
        "comments.are_internal",
        "comments.of_a_key_are_one",
        "failing.throttled_with_a_wish",
        "failing.token_expires_before_a_create",
        "failing.create_html",
        "limits.of_the_text",
        "secrets.are_in_no_error_of_create_status_401",
        "hostile.text_stays_text",
        "life.stopped_between_create_and_answer",
        "found.by_property",
        "matches.several_are_told",
        "queries.addresses_find_nobody",
        "beside.hangs",
        "beside.is_erased_with_the_person",
        "beside.keeps_sources_apart",
    ],
)
def test_the_cases_that_nobody_can_do_without_are_there(name: str) -> None:
    assert name in all_system_cases()


async def test_a_certificate_says_what_was_proved() -> None:
    names = ("made.says_all", "comments.are_internal", "files.that_are_not_taken_are_told")
    certificate = await certify_system(
        ToyTicketRig,
        cases=[TICKETING.cases[name] for name in names],
        excuses=[excused_of("comments.are_internal", reason="only to see how it looks here")],
    )
    assert (certificate.kind, certificate.provider) == ("ticketing", "TOY_TICKETING")
    assert (certificate.distribution, certificate.version) == ("livechat-sdk-testing", "0.1.0")
    results = [Result.PASSED, Result.EXCUSED, Result.NOT_APPLICABLE]
    assert [case.result for case in certificate.cases] == results
    assert (certificate.tier, certificate.excused) == (Tier.COMPLETE, 1)
    assert certificate.able["find_lag"] == 20.0
    assert "never two" in certificate.sentence
    assert SystemCertificate.model_validate_json(certificate.model_dump_json()) == certificate
    assert json.loads(certificate.model_dump_json())["tier_rules"]["safe"].startswith("Nothing is made twice")


async def test_the_certificate_of_a_crm_says_how_old_its_answers_may_be() -> None:
    certificate = await certify_system(ToyContactRig, cases=[CONTACTS.cases["found.by_email"]])
    assert (certificate.kind, certificate.passed) == ("crm", True)
    assert "60 s old" in certificate.sentence
    assert certificate.able["keys"] == "email, external_id, phone, property"


async def test_a_failed_case_says_how_and_where_to_look_and_takes_the_tier() -> None:
    class Silent(ToyTicketing):
        def escaped(self, text: str) -> str:
            return ""

    certificate = await certify_system(
        lambda clock: ToyTicketRig(clock, Silent), cases=[TICKETING.cases["made.says_all"]]
    )
    (failed,) = certificate.failed
    assert failed.reason == "a line of the conversation is missing"
    assert failed.look_at
    assert certificate.tier is None


async def test_what_an_adapter_raises_fails_its_case_and_not_the_kit() -> None:
    class Broken(ToyContacts):
        def best(self, rows: Any, user: Any) -> Contact:
            raise ZeroDivisionError("oh")

    certificate = await certify_system(
        lambda clock: ToyContactRig(clock, Broken), cases=[CONTACTS.cases["found.by_email"]]
    )
    assert certificate.failed[0].reason == "ZeroDivisionError: oh"


async def test_a_fault_that_the_rig_cannot_play_is_not_taken_on_trust() -> None:
    class Mild(ToyTicketRig):
        def can_fault(self, operation: str, fault: str, **details: Any) -> bool:
            return False

    with pytest.raises(CaseFailed, match="the rig cannot play a fault"):
        await run_system_case(TICKETING.cases["once.after_time_out_after"], Mild)


async def test_a_case_that_hangs_is_over_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(ToyTicketing):
        async def post_ticket(self, key: str, content: Mapping[str, Any]) -> Any:
            await asyncio.Event().wait()

    monkeypatch.setattr(runner, "CASE_LIMIT", 0.2)
    with pytest.raises(CaseFailed, match="not over after"):
        await run_system_case(
            TICKETING.cases["made.answers_the_ticket"], lambda clock: ToyTicketRig(clock, Hanging)
        )


def test_an_excuse_names_a_case_and_gives_a_reason() -> None:
    with pytest.raises(ValueError, match=r"no case 'made\.never'"):
        excused_of("made.never", reason="there is no such case at all")
    with pytest.raises(ValueError, match="says in a sentence"):
        excused_of("made.says_all", reason="  later  ")


async def test_an_excuse_of_the_other_family_is_refused() -> None:
    with pytest.raises(ValueError, match=r"found\.by_email"):
        await certify_system(
            ToyTicketRig, cases=[], excuses=[excused_of("found.by_email", reason="it is not about tickets")]
        )


@pytest.mark.parametrize("base", [TicketingConformance, ContactConformance])
def test_the_guard_refuses_a_case_that_is_redefined(base: type[Any]) -> None:
    name = "test_made_says_all" if base is TicketingConformance else "test_found_by_email"
    suite = type("Suite", (base,), {name: None})
    with pytest.raises(pytest.fail.Exception, match="is redefined"):
        suite().test_no_case_is_overridden_in_silence()


def test_the_guard_refuses_a_class_that_is_skipped() -> None:
    suite = type("Suite", (ContactConformance,), {"pytestmark": [pytest.mark.skip(reason="no")]})
    with pytest.raises(pytest.fail.Exception, match="marked with skip"):
        suite().test_no_case_is_overridden_in_silence()


def test_what_is_built_in_brings_its_rigs_and_is_certified_with_the_others() -> None:
    assert {"CSV_CONTACTS", "LOCAL_TICKETING"} <= set(installed_rigs())
    (certificate,) = certify_installed(["CSV_CONTACTS"])
    assert (certificate.distribution, certificate.kind) == ("livechat-sdk", "crm")
    assert certificate.passed


def test_html_is_read_as_people_read_it() -> None:
    assert rendered("a &lt;b&gt;<br>c<script>x</script> <i>d</i>") == "a <b>\nc d"
    assert comparable("a\u200b \r\n b\x00") == "a b"
