"""The pytest face of recordings: a fixture that replays, and fails the run when a file is used by no test.

In a provider package::

    RECORDINGS = Recordings(HERE / "recordings", HERE / "api.yaml")
    recordings = RECORDINGS.fixture()

    def test_recordings_agree_with_the_api_document() -> None:
        RECORDINGS.validate()

    async def test_opens(recordings: Recordings) -> None:
        with recordings.replay("open/created"):
            ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk.domain.clock import Clock
from livechat_sdk_testing.pytest_plugin import hand_over, unused_message
from livechat_sdk_testing.recordings.files import RecordingError, read_folder
from livechat_sdk_testing.recordings.matching import Captured
from livechat_sdk_testing.recordings.model import Recording
from livechat_sdk_testing.recordings.replay import Replay, Unused, replay
from livechat_sdk_testing.recordings.validation import Disagreement, validate_recordings

__all__ = ["Recordings"]


class Recordings:
    """A folder of recordings, with the vendor's API document beside it, and which of them were used.

    The folder is read once, at the first use.
    """

    def __init__(self, folder: Path, document: Path | None = None) -> None:
        self.folder = folder
        self.document = document
        self._all: dict[str, Recording] | None = None
        self._used: set[str] = set()

    @property
    def all(self) -> dict[str, Recording]:
        """Every recording by its name. Raises ``RecordingError``."""
        if self._all is None:
            self._all = {one.name: one for one in read_folder(self.folder)}
        return self._all

    def replay(
        self, *cases: str | Recording, captured: Captured | None = None, clock: Clock | None = None
    ) -> AbstractContextManager[Replay]:
        """Answer from these recordings, ``open/created`` say, in this order where they fit the same request.

        A name may be an operation: all of its cases. A ``Recording`` is one that the test makes itself, of
        another host for example. Raises ``RecordingError`` for a name that is not there.
        """
        chosen = [
            one for case in cases for one in ([case] if isinstance(case, Recording) else self._named(case))
        ]
        self._used.update(one.name for one in chosen)
        return replay(chosen, captured=captured, clock=clock)

    def _named(self, name: str) -> list[Recording]:
        if name in self.all:
            return [self.all[name]]
        found = [one for one in self.all.values() if one.operation == name]
        if not found:
            raise RecordingError(
                f"there is no recording {name!r} in {self.folder}; there are: {', '.join(self.all)}"
            )
        return found

    def validate(self) -> list[Disagreement]:
        """Hold all of them against the API document; see ``validate_recordings``."""
        if self.document is None:
            raise RecordingError(f"no API document was given for {self.folder}")
        return validate_recordings(self.folder, self.document)

    @property
    def unused(self) -> list[str]:
        """Names of those that were not replayed by now."""
        return sorted(set(self.all) - self._used)

    def fixture(self) -> Callable[..., Any]:
        """A pytest fixture for the module of tests or its ``conftest.py``.

        At the end of a run of all tests beside the folder, it fails if a recording was used by none. A run of
        some of them (``-k``, ``-m``, one file, one test, ``--lf``) or one that failed anyway proves nothing,
        and is let be. Processes that share a run (pytest-xdist) say it together, by the plugin of the kit.
        """

        @pytest.fixture(scope="session", name="recordings")
        def recordings(request: pytest.FixtureRequest) -> Iterator[Recordings]:
            yield self
            if ran_everything(request.session, self.folder.parent) and not hand_over(
                request.config, self.folder, self.unused
            ):
                self.check_used()

        return recordings

    def check_used(self) -> None:
        """Raises ``Unused`` that names every recording which was not replayed."""
        if self.unused:
            raise Unused(unused_message(self.folder, self.unused))


def ran_everything(session: pytest.Session, folder: Path) -> bool:
    """Whether a run took in every test file below ``folder``, each as a whole, and all went well.

    A process of several that share a run (pytest-xdist) collects all of it, and runs a part.
    """
    config = session.config
    selected = any(
        config.getoption(name, default=None) for name in ("keyword", "markexpr", "deselect", "lf", "stepwise")
    )
    if selected or session.testsfailed or any("::" in str(argument) for argument in config.args):
        return False
    collected = {item.path for item in session.items}
    return set(folder.rglob("test_*.py")) <= collected
