"""Text in any script, both ways, to the letter."""

from __future__ import annotations

from typing import Final

from livechat_sdk.domain.chats import AgentJoined, MessageReceived
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import Cases, Tier, Topic, same

_cases = Cases("scripts", Topic.UNICODE)

TEXTS: Final = {
    "greek": "Καλημέρα, πού είναι η παραγγελία μου; Ευχαριστώ!",
    "arabic": "مرحبا، أين طلبي رقم ١٢٣؟",
    "hebrew": "שלום, איפה ההזמנה שלי?",
    "bidirectional": "Order \u2067مرحبا 42\u2069 is \u200flate\u200e, (שלום) ok",
    "emoji": "👩‍👩‍👧‍👦 👍🏽 🇬🇷 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f 1️⃣",
    "combining": "e\u0301 \u1e69 s\u0323\u0307 a\u0308 \u00e4 ﬁ",
    "cjk": "你好，请问我的订单在哪里？ 日本語 한국어 𠮷野家",
    "markup": "<b>5 &lt; 6 && \"quotes\" 'single' </b> &amp; <script>alert(1)</script> {{x}} ${y} %s {0}",
    "escapes": 'C:\\new\\table \\u0041 \\" {"json": [1, null]} `code` *bold* _it_ ~no~ #1 @all',
    "lines": "first line\nsecond\tline\n\nlast line",
}
"""One text of each kind."""


def _script_case(label: str) -> None:
    text = TEXTS[label]

    @_cases.on_provider(
        label,
        Tier.RELAYS if label in {"greek", "emoji", "markup"} else Tier.COMPLETE,
        f"Text of the kind {label} arrives to the letter, on both sides.",
        look_at="encodings, escaping and normalising on the way: there must be none",
    )
    async def run(bench: Bench) -> None:
        chat = await bench.joined()
        await bench.send(chat, text)
        same(await bench.texts(chat), [text], "what the agent sees")
        await bench.rig.human.say(chat.ref, text)
        found = [event.message.body for event in await bench.collected(MessageReceived, chat)]
        same(found, [text], "messages of the agent")


for _label in TEXTS:
    _script_case(_label)


@_cases.on_provider(
    "names",
    Tier.COMPLETE,
    "Names of people may be in any script.",
    look_at="where the names of user and agent go: headers must be ASCII",
)
async def names(bench: Bench) -> None:
    chat = await bench.open(user={"id": "u-1", "name": "Μαρία Παππά‑محمد 🌻"})
    await bench.join(chat.ref, None)
    await bench.collect(chat)
    same(len(bench.of(AgentJoined)), 1, "joins")
    await bench.send(chat, "hello")
    same(await bench.texts(chat), ["hello"], "what the agent sees")


@_cases.on_provider(
    "odd_people",
    Tier.SAFE,
    "A person of whom nothing but an id is known, and one with a long odd id, can have a chat.",
    look_at="open: optional fields of the user; limits of ids at the vendor",
)
async def odd_people(bench: Bench) -> None:
    first = await bench.joined("h-1.1", user={"id": "u"}, language=None)
    second = await bench.joined("h-2.1", user={"id": "urn:x/ü?a=1&b#" + "9" * 180})
    await bench.send(first, "one")
    await bench.send(second, "two")
    same((await bench.texts(first), await bench.texts(second)), (["one"], ["two"]), "the two chats")
