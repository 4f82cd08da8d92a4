"""What a new ticket says."""

from __future__ import annotations

from livechat_sdk.domain.tickets import Ticket
from livechat_sdk_testing.conformance.case import SystemTopic, Tier, same, that
from livechat_sdk_testing.conformance.systems.case import SystemCases
from livechat_sdk_testing.conformance.systems.reading import comparable
from livechat_sdk_testing.conformance.systems.tickets_bench import TICKETING, TicketBench, declares, has

_cases = SystemCases(TICKETING, "made", SystemTopic.CONTENT)
_CREATE = "livechat_create_ticket, and how the draft becomes the vendor's ticket"


@_cases.on_bench(
    "has_the_hooks",
    Tier.RELAYS,
    "The object that the registry builds has the three hooks of ticket systems.",
    look_at="@hookimpl on livechat_create_ticket, livechat_add_to_ticket and livechat_list_tickets",
    topic=SystemTopic.CONTRACT,
)
async def _hooks(bench: TicketBench) -> None:
    hooks = bench.hooks.plugins()[bench.name]
    wanted = {"livechat_create_ticket", "livechat_add_to_ticket", "livechat_list_tickets"}
    that(wanted <= set(hooks), f"hooks that are missing: {', '.join(sorted(wanted - set(hooks)))}")


@_cases.on_bench(
    "answers_the_ticket",
    Tier.RELAYS,
    "The answer names the integration, the draft's key, and the vendor's ticket.",
    look_at="the Ticket that livechat_create_ticket returns",
    topic=SystemTopic.CONTRACT,
)
async def _answers(bench: TicketBench) -> None:
    made = await bench.create()
    seen = await bench.seen()
    same((made.source, made.key, made.id), (bench.name, "h-1.ticket", seen.id), "source, key and id")
    that(comparable(made.subject) == comparable(seen.subject), "the subject is another one than the vendor's")


@_cases.on_bench(
    "has_a_link",
    Tier.RELAYS,
    "A ticket has the link where the support team opens it.",
    look_at="Ticket.url",
    needs=[has("links")],
    topic=SystemTopic.CONTRACT,
)
async def _link(bench: TicketBench) -> None:
    made = await bench.create()
    that((made.url or "").startswith(("https://", "http://")), f"no link: {made.url!r}")
    that(made.id in (made.url or ""), f"the link does not name the ticket: {made.url!r}")


@_cases.on_bench(
    "says_all",
    Tier.RELAYS,
    "Subject and every line of the text can be read in the ticket, in their order.",
    look_at=_CREATE,
)
async def _says(bench: TicketBench) -> None:
    lines = [f"User: line {number}" for number in range(30)]
    await bench.create(bench.draft(body="\n".join(["Conversation:", *lines])))
    seen = await bench.seen()
    same(comparable(seen.subject), "Missed: invoice 7", "the subject")
    places = [seen.comments[0].text.find(line) for line in lines]
    that(-1 not in places, "a line of the conversation is missing")
    same(places, sorted(places), "the order of the lines")


@_cases.on_bench(
    "keeps_lines_apart",
    Tier.COMPLETE,
    "Lines of the text are lines for whoever reads the ticket.",
    look_at="line breaks in the target's format (HTML needs <br>)",
)
async def _lines(bench: TicketBench) -> None:
    await bench.create(bench.draft(body="Conversation:\nUser: one\nBot: two"))
    text = (await bench.seen()).comments[0].text.replace("\r\n", "\n")
    that("User: one" in [line.strip() for line in text.split("\n")], f"lines run together: {text!r}")


@_cases.on_bench(
    "names_the_requester",
    Tier.RELAYS,
    "Name and address of the end user are with the ticket.",
    look_at="requester_name and requester_email of the draft",
)
async def _requester(bench: TicketBench) -> None:
    await bench.create()
    seen = await bench.seen()
    known = " ".join((*seen.requester, seen.text))
    that("Eleni Petrou" in known and "eleni@shop.example" in known, f"who asks is not told: {known!r}")


@_cases.on_bench(
    "has_the_requester",
    Tier.COMPLETE,
    "The requester of the ticket is the person with the address.",
    look_at="how the vendor is told who the requester is",
    needs=[declares("requester_by_email")],
)
async def _is_requester(bench: TicketBench) -> None:
    await bench.create()
    seen = await bench.seen()
    that("eleni@shop.example" in seen.requester, f"the requester is {list(seen.requester)!r}")


@_cases.on_bench(
    "without_a_requester",
    Tier.RELAYS,
    "A ticket is made of a handoff whose end user has neither name nor address.",
    look_at="requester_name and requester_email may be None",
)
async def _nobody(bench: TicketBench) -> None:
    made = await bench.create(bench.draft(requester_name=None, requester_email=None))
    same((await bench.seen()).id, made.id, "the ticket")


@_cases.on_bench(
    "with_a_phone_number_only",
    Tier.COMPLETE,
    "A phone number can be read in the ticket.",
    look_at="requester_phone of the draft",
)
async def _phone(bench: TicketBench) -> None:
    draft = bench.draft(requester_email=None, requester_phone="+30 210 1234567")
    await bench.create(draft)
    seen = await bench.seen()
    digits = "".join(one for one in " ".join((*seen.requester, seen.text)) if one.isdigit())
    that("302101234567" in digits, "the number is nowhere in the ticket")


@_cases.on_bench(
    "in_any_script",
    Tier.RELAYS,
    "Text in any script arrives as it was written.",
    look_at="encodings",
)
async def _scripts(bench: TicketBench) -> None:
    text = "Πού είναι το τιμολόγιο; مرحبا שלום こんにちは 👍 naïve"
    await bench.create(bench.draft(subject="Τιμολόγιο 7", body=text, requester_name="Ελένη Πέτρου"))
    seen = await bench.seen()
    same(comparable(seen.subject), "Τιμολόγιο 7", "the subject")
    that(comparable(text) in comparable(seen.text), f"the text is {seen.text!r}")


@_cases.on_bench(
    "without_a_text",
    Tier.COMPLETE,
    "A ticket whose draft says nothing is made all the same.",
    look_at="vendors that want a description: say at least who asks",
)
async def _empty(bench: TicketBench) -> None:
    made = await bench.create(bench.draft(subject=" ", body="", requester_name=None))
    same((await bench.seen()).id, made.id, "the ticket")


@_cases.on_bench(
    "keeps_two_handoffs_apart",
    Tier.RELAYS,
    "Tickets of two handoffs are two tickets, each with its own text.",
    look_at="keys: they name the handoff",
)
async def _apart(bench: TicketBench) -> None:
    first = await bench.create(bench.draft(body="of the first"))
    second = await bench.create(bench.draft(key="h-2.ticket", body="of the second"))
    that(first.id != second.id, "two keys gave one ticket")
    found = {one.id: one.text for one in await bench.rig.tickets()}
    same(len(found), 2, "tickets")
    that("of the first" in found[first.id] and "of the second" in found[second.id], "texts are mixed up")


@_cases.on_bench(
    "with_all_at_once",
    Tier.COMPLETE,
    "A draft with everything that there is makes one ticket.",
    look_at=_CREATE,
)
async def _everything(bench: TicketBench) -> None:
    fields = {sample.label: sample.given for sample in bench.rig.samples}
    draft = bench.draft(
        requester_phone="+302101234567",
        requester_external_id="user-4711",
        language="el",
        tags=("vip", "invoice"),
        fields=fields,
        moment="missed",
        priority="high",
        kind="question",
        attachments=[bench.rig.attach("a.txt", "text/plain", b"hello")] if bench.able.attachments else [],
    )
    made: Ticket = await bench.create(draft)
    same((await bench.seen()).id, made.id, "the ticket")
