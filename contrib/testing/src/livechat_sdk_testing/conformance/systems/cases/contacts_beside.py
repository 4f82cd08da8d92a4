"""A CRM beside a whole handoff: never in its way, kept with its origin, erased with the person."""

from __future__ import annotations

from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk_testing.conformance.case import SystemTopic, Tier, same, that
from livechat_sdk_testing.conformance.listening import secrets_in
from livechat_sdk_testing.conformance.systems.another import AnotherCrm
from livechat_sdk_testing.conformance.systems.case import SystemCases, faulty, http
from livechat_sdk_testing.conformance.systems.contacts_bench import (
    CONTACTS,
    ELENI,
    ContactConversation,
)

_cases = SystemCases(CONTACTS, "beside", SystemTopic.DELAY)
_HOOK = "livechat_find_contact: it runs beside the handoff"


@_cases.in_conversation(
    "is_stored_with_the_handoff",
    Tier.RELAYS,
    "The contact is stored with the handoff, with source, link and properties.",
    look_at=_HOOK,
    topic=SystemTopic.LOOK_UP,
)
async def _stored(talk: ContactConversation) -> None:
    eleni, *_ = await talk.people()
    await talk.request(**talk.by())
    found = await talk.only()
    same((found.source, found.id, found.name), (talk.name, eleni, ELENI.name), "source, id, name")
    that(found.found_at is not None, "it does not say when it was found")


@_cases.in_conversation(
    "reaches_the_agent",
    Tier.RELAYS,
    "The contact reaches the provider of the live chat.",
    look_at=_HOOK,
    topic=SystemTopic.LOOK_UP,
    livechat={"wait_for_contact": "2s"},
)
async def _reaches(talk: ContactConversation) -> None:
    eleni, *_ = await talk.people()
    await talk.request(**talk.by())
    await talk.pass_time(5)
    opened = [contact.id for opening in talk.toy.vendor.opened.values() for contact in opening.contacts]
    late = [contact.id for _, details in talk.toy.vendor.details for contact in details.contacts]
    that(eleni in (*opened, *late), "the provider was not told of the contact")


@_cases.in_conversation(
    "knows_nobody",
    Tier.RELAYS,
    "Of an end user whom the CRM does not know, a handoff has no contact, and goes on.",
    look_at=_HOOK,
    topic=SystemTopic.MATCHES,
)
async def _nobody(talk: ContactConversation) -> None:
    await talk.people()
    handoff = await talk.request(id="u-0", email="nobody@nowhere.example")
    same(await talk.contacts(), [], "contacts")
    same(handoff.state, HandoffState.QUEUED, "the handoff")


@_cases.in_conversation(
    "hangs",
    Tier.SAFE,
    "While the CRM does not answer, the chat is opened and the agent joins; what comes late is stored.",
    look_at=f"{_HOOK}; no blocking call in an async hook",
    needs=[http],
)
async def _hangs(talk: ContactConversation) -> None:
    eleni, *_ = await talk.people()
    hold = talk.rig.hold_up("contact", applied=False)
    await talk.request(settle=False, **talk.by())
    await talk.until(lambda handoff: handoff.state is HandoffState.QUEUED, "the chat is not opened")
    delivery = talk.toy.delivery("joined", agent="a-1", name="Maria")
    await talk.dispatcher.webhook("toy", delivery)
    handoff = await talk.until(lambda one: one.state is HandoffState.ACTIVE, "the agent does not join")
    same(list(handoff.contacts), [], "contacts while the CRM does not answer")
    hold.release()
    await talk.until(lambda one: bool(one.contacts), "what came late is not stored")
    same((await talk.only()).id, eleni, "who is found")


def _dead_case(fault: str, **details: object) -> None:
    named = "_".join([fault, *(str(value) for value in details.values() if isinstance(value, int))])

    @_cases.in_conversation(
        f"dead_by_{named}",
        Tier.SAFE,
        f"A CRM that always fails ({named}) costs the handoff nothing but the contact.",
        look_at=_HOOK,
        needs=[http, faulty("contact", fault, **details)],
    )
    async def run(talk: ContactConversation) -> None:
        await talk.people()
        talk.rig.faults.script("contact", fault, times=500, **details)
        await talk.request(**talk.by())
        await talk.join()
        same((await talk.handoff()).state, HandoffState.ACTIVE, "the handoff")
        same(await talk.contacts(), [], "contacts")
        await talk.end()
        same(len(talk.channel.ended), 1, "ends that the bot was told of")


_dead_case("status", status=503)
_dead_case("status", status=401)
_dead_case("drop_before")
_dead_case("time_out_before")
_dead_case("malformed")


@_cases.in_conversation(
    "keeps_sources_apart",
    Tier.RELAYS,
    "Contacts of two sources are both there, each with its own.",
    look_at="Contact.source is the name of the integration",
    topic=SystemTopic.SOURCES,
)
async def _sources(talk: ContactConversation) -> None:
    eleni, *_ = await talk.people()
    await talk.stop()
    talk.more["another-plugin"] = AnotherCrm()
    talk.integrations["another"] = {"type": "ANOTHER_CRM"}
    await talk.start()
    await talk.request(**talk.by())
    found = {one.source: one.id for one in await talk.contacts()}
    same(found, {talk.name: eleni, "another": "another-1"}, "contacts by source")


@_cases.in_conversation(
    "fails_beside_another",
    Tier.SAFE,
    "A CRM that fails takes nothing from another one.",
    look_at=_HOOK,
    needs=[http, faulty("contact", "status", status=503)],
    topic=SystemTopic.SOURCES,
)
async def _beside(talk: ContactConversation) -> None:
    await talk.people()
    await talk.stop()
    talk.more["another-plugin"] = AnotherCrm()
    talk.integrations["another"] = {"type": "ANOTHER_CRM"}
    await talk.start()
    talk.rig.faults.script("contact", "status", times=500, status=503)
    await talk.request(**talk.by())
    same([one.source for one in await talk.contacts()], ["another"], "contacts by source")


@_cases.in_conversation(
    "two_of_a_type",
    Tier.SAFE,
    "Two integrations of one type answer each with its own name.",
    look_at="context.name",
    topic=SystemTopic.SOURCES,
)
async def _two(talk: ContactConversation) -> None:
    await talk.people()
    await talk.stop()
    talk.integrations["second"] = {**talk.rig.settings, "name": "second"}
    await talk.start()
    await talk.request(**talk.by())
    same(sorted(one.source for one in await talk.contacts()), sorted([talk.name, "second"]), "sources")


@_cases.in_conversation(
    "is_erased_with_the_person",
    Tier.SAFE,
    "When a person is erased, nothing that the CRM knew of them is kept.",
    look_at="what the adapter stores: declare it as personal (livechat_sdk.provider.personal)",
    topic=SystemTopic.ERASURE,
)
async def _erased(talk: ContactConversation) -> None:
    await talk.people()
    await talk.request(**talk.by())
    same(len(await talk.contacts()), 1, "contacts")
    await talk.end()
    await talk.pass_time(60)
    await talk.dispatcher.erase(user_id=str(ELENI.external_id), drop_open=True, compact=True)
    kept = [name for name, content in talk.stored().items() if b"eleni@shop.example" in content]
    same(kept, [], "files of the store in which she still is")


@_cases.in_conversation(
    "keeps_secrets",
    Tier.SAFE,
    "Nothing that a whole handoff logs or stores shows a secret of the CRM.",
    look_at="what is logged, and what a Contact holds",
    topic=SystemTopic.SECRETS,
)
async def _secrets(talk: ContactConversation) -> None:
    await talk.people()
    await talk.request(**talk.by())
    hidden = secrets_in(talk.rig.settings) | set(talk.rig.tokens)
    shown = "\n".join((*talk.ears.heard, (await talk.handoff()).model_dump_json()))
    that(not any(secret in shown for secret in hidden), "a secret is seen")
