"""Scenes in which mistaken calls, content and state show."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Final

from contrib.testing.tests.zoo import strangers_calls as calls
from contrib.testing.tests.zoo import strangers_content as content
from contrib.testing.tests.zoo.misbehaving import PNG, Scene, Scenes
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route, SurveyAnswer
from livechat_sdk.domain.messages import Attachment, TranscriptEntry, UserReceipt
from livechat_sdk.errors import (
    AuthError,
    ProviderError,
    RejectedError,
    RetryableError,
    UnavailableError,
)
from livechat_sdk.provider.interface import ChatDetails

SCENES: Final = Scenes()


# ---- calls: repeating


@SCENES.shows(calls.SendsAgain)
async def _(scene: Scene) -> bool:
    scene.faults.script("send", "time_out_after")
    await scene.failure(scene.send())
    return len(scene.texts()) == 2


@SCENES.shows(calls.SaysItNeverLeft)
async def _(scene: Scene) -> bool:
    scene.faults.script("send", "time_out_after")
    error = await scene.send_fails()
    return isinstance(error, ProviderError) and error.sent is False and scene.texts() == ["hello"]


@SCENES.shows(calls.OpensTwice)
async def _(scene: Scene) -> bool:
    await scene.open()
    return len(list(scene.parley.chats)) == 2


@SCENES.shows(calls.SaysVendorDedupes)
async def _(scene: Scene) -> bool:
    await scene.send()
    await scene.send()
    return scene.provider.capabilities.dedupes_by_key and len(scene.texts()) == 2


@SCENES.shows(calls.NoLookUpLag)
async def _(scene: Scene) -> bool:
    await scene.send()
    lag = scene.provider.capabilities.lookup_lag
    await scene.clock.advance(lag)
    return await scene.finish(scene.provider.was_sent(scene.chat, "k-1")) is False


@SCENES.shows(calls.NotFoundWhereNobodyLooked)
async def _(scene: Scene) -> bool:
    await scene.send()
    scene.faults.script("look_up", "status", times=50, status=500)
    try:
        return await scene.finish(scene.provider.was_sent(scene.chat, "k-1")) is False
    except ProviderError:
        return False


@SCENES.shows(calls.FoundWhateverTheKey)
async def _(scene: Scene) -> bool:
    await scene.send()
    await scene.clock.advance(3)
    return await scene.finish(scene.provider.was_sent(scene.chat, "another")) is True


@SCENES.shows(calls.KeyCut)
async def _(scene: Scene) -> bool:
    key = "k" * 36
    await scene.send(key=key)
    await scene.clock.advance(3)
    return await scene.finish(scene.provider.was_sent(scene.chat, f"{key}.2")) is True


# ---- calls: errors


@SCENES.shows(calls.RefusalSwallowed)
async def _(scene: Scene) -> bool:
    scene.faults.script("send", "status", status=422)
    return await scene.send_fails() is None


@SCENES.shows(calls.SlowDownIsRefusal)
async def _(scene: Scene) -> bool:
    scene.faults.script("send", "status", status=429)
    return isinstance(await scene.send_fails(), RejectedError)


@SCENES.shows(calls.RetryAfterLost)
async def _(scene: Scene) -> bool:
    scene.faults.script("send", "status", status=429, retry_after=7)
    error = await scene.send_fails()
    return isinstance(error, ProviderError) and error.retry_after is None


@SCENES.shows(calls.ServerErrorIsRefusal)
async def _(scene: Scene) -> bool:
    scene.faults.script("send", "status", status=503)
    return isinstance(await scene.send_fails(), RejectedError)


@SCENES.shows(calls.EndedIsTemporary)
async def _(scene: Scene) -> bool:
    await scene.human.end("h-1.1")
    return isinstance(await scene.send_fails(), RetryableError)


@SCENES.shows(calls.NobodyIsTemporary)
async def _(scene: Scene) -> bool:
    await scene.human.duty(0)
    error = await scene.failure(scene.open(ref="h-2.1"))
    return error is not None and not isinstance(error, UnavailableError)


@SCENES.shows(calls.BadLoginIsTemporary)
async def _(scene: Scene) -> bool:
    scene.faults.script("open", "status", times=9, status=403)
    error = await scene.failure(scene.open(ref="h-2.1"))
    return error is not None and not isinstance(error, AuthError)


@SCENES.shows(calls.TakesAnswerForGranted)
async def _(scene: Scene) -> bool:
    scene.faults.script("send", "malformed")
    return not isinstance(await scene.send_fails(), ProviderError)


@SCENES.shows(calls.StaleToken)
async def _(scene: Scene) -> bool:
    scene.parley.expire_credentials()
    return isinstance(await scene.send_fails(), AuthError)


@SCENES.shows(calls.CloseAgainRaises)
async def _(scene: Scene) -> bool:
    await scene.human.end("h-1.1")
    return await scene.failure(scene.provider.close(scene.chat, _LEFT)) is not None


@SCENES.shows(calls.CloseSwallows)
async def _(scene: Scene) -> bool:
    scene.faults.script("close", "status", times=50, status=500)
    error = await scene.failure(scene.provider.close(scene.chat, _LEFT))
    return error is None and _states(scene) == ["queued"]


_LEFT: Final = EndReason(by="user", why="abandoned")


def _states(scene: Scene) -> list[str]:
    return [one.state for one in scene.parley.chats]


@SCENES.shows(calls.LostChatIsLeftOpen)
async def _(scene: Scene) -> bool:
    lost = scene.chat.model_copy(update={"vendor_ref": None})
    await scene.finish(scene.provider.close(lost, _LEFT))
    return _states(scene) == ["queued"]


@SCENES.shows(calls.EndedWhenAskingFails)
async def _(scene: Scene) -> bool:
    scene.faults.script("status", "status", times=50, status=500)
    return await scene.failure(scene.provider.status(scene.chat)) is None


@SCENES.shows(calls.WaitingIsActive)
async def _(scene: Scene) -> bool:
    return (await scene.finish(scene.provider.status(scene.chat))).state != "queued"


_ROUTE: Final = Route(integration="parley", bot="shop-bot")


@SCENES.shows(calls.UnknownIsNobody)
async def _(scene: Scene) -> bool:
    await scene.human.duty(None)
    return (await scene.finish(scene.provider.availability(_ROUTE))).agents == "no"


@SCENES.shows(calls.FailureIsSomebody)
async def _(scene: Scene) -> bool:
    scene.faults.script("availability", "status", times=50, status=500)
    return await scene.failure(scene.provider.availability(_ROUTE)) is None


@SCENES.shows(content.CheckHidesErrors)
async def _(scene: Scene) -> bool:
    scene.faults.script("availability", "status", times=50, status=403)
    return not [one for one in await scene.finish(scene.provider.check()) if one.status == "error"]


# ---- calls: content


def _attached(scene: Scene, name: str = "shot.png") -> Attachment:
    """A file under a link that the simulator serves."""
    kept = scene.parley.files.keep(name, *PNG[1:])
    return Attachment(url=scene.parley.files.link(kept), name=name, media_type=PNG[1], size=len(PNG[2]))


@SCENES.shows(content.TextBesideFileDropped)
async def _(scene: Scene) -> bool:
    await scene.send("look", attachments=(_attached(scene),))
    return scene.texts() == [""]


@SCENES.shows(content.FirstFileOnly)
async def _(scene: Scene) -> bool:
    await scene.send("look", attachments=(_attached(scene), _attached(scene, "two.png")))
    return scene.files() == [["shot.png"]]


@SCENES.shows(content.TextForEachFile)
async def _(scene: Scene) -> bool:
    await scene.send("look", attachments=(_attached(scene),))
    return len(scene.texts()) == 2


async def _arrives_changed(scene: Scene, text: str) -> bool:
    await scene.send(text)
    return scene.texts() != [text]


@SCENES.shows(content.CutByBytes)
async def _(scene: Scene) -> bool:
    return await _arrives_changed(scene, "x" + "ω" * 3000)


@SCENES.shows(content.MarksStripped)
async def _(scene: Scene) -> bool:
    return await _arrives_changed(scene, "\u200fשלום\u200e 👩\u200d👧")


@SCENES.shows(content.Normalised)
async def _(scene: Scene) -> bool:
    return await _arrives_changed(scene, "2² ﬁ")


@SCENES.shows(content.Escaped)
async def _(scene: Scene) -> bool:
    return await _arrives_changed(scene, "a < b & c")


@SCENES.shows(content.Stripped)
async def _(scene: Scene) -> bool:
    return await _arrives_changed(scene, "    indented\n")


@SCENES.shows(content.LimitTooHigh)
async def _(scene: Scene) -> bool:
    limit = scene.provider.capabilities.text_limit
    return await scene.send_fails("x" * (limit or 0)) is not None


@SCENES.shows(content.LinksSaidToLast)
async def _(scene: Scene) -> bool:
    # The page of the vendor: "expires after an hour".
    return scene.provider.capabilities.attachment_links == "lasting"


def _transcript(count: int) -> tuple[TranscriptEntry, ...]:
    return tuple(TranscriptEntry(author="user", body=f"line {number}") for number in range(count))


async def _lines(scene: Scene, count: int) -> list[str]:
    await scene.open(ref="h-2.1", transcript=_transcript(count))
    chat = scene.parley.chats.with_ref("h-2.1")
    assert chat is not None
    return [str(line["text"]) for line in chat.transcript]


@SCENES.shows(content.TranscriptCut)
async def _(scene: Scene) -> bool:
    return len(await _lines(scene, 12)) != 12


@SCENES.shows(content.TranscriptBackwards)
async def _(scene: Scene) -> bool:
    return (await _lines(scene, 2))[0] != "line 0"


@SCENES.shows(content.QueueIgnored)
async def _(scene: Scene) -> bool:
    await scene.open(ref="h-2.1", route=_ROUTE.model_copy(update={"queue": "billing"}))
    chat = scene.parley.chats.with_ref("h-2.1")
    return chat is not None and chat.queue != "billing"


@SCENES.shows(content.LateAnswersLost)
async def _(scene: Scene) -> bool:
    answer = SurveyAnswer(id="order", question="Order", answer="A-17")
    await scene.finish(scene.provider.update(scene.chat, ChatDetails(survey=(answer,))))
    return "A-17" not in next(iter(scene.parley.chats)).fields.values()


@SCENES.shows(content.ReadForEverything)
async def _(scene: Scene) -> bool:
    said = await scene.human.say("h-1.1", "hi")
    receipt = UserReceipt(message_key=said, status="delivered")
    await scene.finish(scene.provider.receipt(scene.chat, receipt))
    return next(iter(scene.parley.chats)).receipts == [f"read {said}"]


@SCENES.shows(content.NeverStopsTyping)
async def _(scene: Scene) -> bool:
    for on in (True, False):
        await scene.finish(scene.provider.typing(scene.chat, on=on))
    return next(iter(scene.parley.chats)).visitor_types


# ---- calls: state and secrets


@SCENES.shows(content.MemoryOnly)
async def _(scene: Scene) -> bool:
    restarted = scene.another()
    failure = await scene.failure(restarted.send(scene.chat, scene.message()))
    await restarted.stop()
    return failure is not None


@SCENES.shows(content.SequenceInMemory)
async def _(scene: Scene) -> bool:
    await scene.send()
    return next(iter(scene.parley.chats)).message("k-1") is None


@SCENES.shows(content.SharedCache)
async def _(scene: Scene) -> bool:
    await scene.finish(scene.provider.availability(_ROUTE))
    await scene.human.duty(0)
    return (await scene.finish(scene.provider.availability(_ROUTE))).agents == "yes"


@SCENES.shows(content.SecretInError)
async def _(scene: Scene) -> bool:
    scene.faults.script("open", "status", times=9, status=403)
    return _SECRET in str(await scene.failure(scene.open(ref="h-2.1")))


_SECRET: Final = "a-client-secret-of-the-simulator"


@SCENES.shows(content.TokenInError)
async def _(scene: Scene) -> bool:
    scene.faults.script("send", "status", status=422)
    return "Bearer " in str(await scene.send_fails())


@SCENES.shows(content.TextInError)
async def _(scene: Scene) -> bool:
    scene.faults.script("send", "status", status=422)
    return "my card is 4111" in str(await scene.send_fails("my card is 4111"))


@SCENES.shows(content.TokenInState)
async def _(scene: Scene) -> bool:
    return bool(scene.chat.state.get("token"))


@SCENES.shows(content.SecretInState)
async def _(scene: Scene) -> bool:
    return _SECRET in json.dumps(scene.chat.state)


@SCENES.shows(content.StateNotJson)
async def _(scene: Scene) -> bool:
    return any(isinstance(value, datetime) for value in scene.chat.state.values())


@SCENES.shows(content.ConversationIsRef)
async def _(scene: Scene) -> bool:
    second = await scene.open(handoff_id="h-2", ref="h-2.1")
    return second.vendor_ref == scene.chat.vendor_ref
