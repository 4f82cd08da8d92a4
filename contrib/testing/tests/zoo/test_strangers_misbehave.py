"""Each bug of ``strangers_*.py`` shows itself in a scene where the sound adapter does not misbehave."""

from __future__ import annotations

from typing import Any, Final

import pytest

from contrib.testing.tests.conformance.parley_rig import ParleyRig
from contrib.testing.tests.zoo import scenes_of_calls, scenes_of_events
from contrib.testing.tests.zoo import strangers_calls as calls
from contrib.testing.tests.zoo import strangers_content as content
from contrib.testing.tests.zoo import strangers_events as events
from contrib.testing.tests.zoo import strangers_webhooks as hooks
from contrib.testing.tests.zoo.misbehaving import a_scene

SCENES: Final = {**scenes_of_calls.SCENES, **scenes_of_events.SCENES}
ALL: Final = [*hooks.BUGS, *events.BUGS, *calls.BUGS, *content.BUGS]


@pytest.mark.parametrize("bug", ALL, ids=[one.name.partition(": ")[2] for one in ALL])
async def test_the_bug_shows(bug: Any) -> None:
    async with a_scene(bug.make_rig) as scene:
        assert await SCENES[bug.name](scene), bug.what


@pytest.mark.parametrize("name", SCENES)
async def test_the_sound_adapter_does_not_do_that(name: str) -> None:
    async with a_scene(ParleyRig) as scene:
        assert not await SCENES[name](scene)


def test_every_scene_is_of_a_bug_in_the_zoo() -> None:
    assert {one.name for one in ALL} == set(SCENES)
