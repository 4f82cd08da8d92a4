"""Each kind of package is made and put through its own checks, off line.

Its suite over the vendor in memory is played once, by ``livechat certify`` as its README says.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.tests.packages import made

LONG = "a-name-of-24-letters-abc"
"""As long as names may be: no line of a template becomes too long."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.mark.parametrize("kind", ["routing", "hours", "messages", "observing"])
def test_a_plugin_passes_its_checks_at_once(tmp_path: Path, kind: str) -> None:
    package = made(tmp_path, "plugin", LONG, "--kind", kind)
    package.asks_to_be_installed()
    package.install()
    package.passes_lint_and_types()
    package.passes_its_tests()
    assert LONG in package.livechat("plugins")


@pytest.mark.parametrize("kind", ["livechat", "ticketing", "crm"])
def test_an_adapter_passes_its_checks_and_the_whole_kit_at_once(tmp_path: Path, kind: str) -> None:
    type_name = f"ACME_DESK_{kind.upper()}"
    words = ("provider",) if kind == "livechat" else ("plugin", "--kind", kind)
    package = made(tmp_path, *words, "acme-desk")
    package.asks_to_be_installed()
    package.install()
    package.passes_lint_and_types()
    assert "passed" in package.passes_its_tests("tests/test_recordings.py")
    assert "acme-desk" in package.livechat("plugins")
    (certificate,) = json.loads(package.livechat("certify", type_name, "--json"))["certificates"]
    assert (certificate["provider"], certificate["tier"]) == (type_name, "complete")
    assert not certificate["excused"]
