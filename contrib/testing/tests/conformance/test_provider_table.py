"""The support table in the documentation is what the certificates say."""

from __future__ import annotations

import pytest

from contrib.testing.tests.conformance.parley_rig import ParleyRig
from livechat_sdk_testing.conformance import all_cases, certify, excused
from tools import provider_table


@pytest.mark.timeout(240)  # it plays every case of every provider
def test_the_page_is_what_the_installed_providers_prove() -> None:
    current = provider_table.PAGE.read_text("utf-8")
    made = provider_table.generated()
    assert current == provider_table.page(current, made), "run: python tools/provider_table.py"


async def test_the_table_shows_limits_tiers_and_excuses() -> None:
    case = all_cases()["opening.names_the_chat"]
    excuse = excused("opening.names_the_chat", reason="only to see how it looks in the table")
    made = provider_table.table([await certify(ParleyRig, cases=[case], excuses=[excuse])])
    assert "| webhooks are proved by | body hmac time |" in made
    assert "| longest text | 4,000 |" in made
    assert "| largest file | 10 MB |" in made
    assert "| a send that may have arrived is | looked up, 2 s later |" in made
    assert "| tier | **complete** (1 excused) |" in made
    assert "`opening.names_the_chat`: only to see how it looks in the table" in made


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(SystemExit, match="lacks the marks"):
        provider_table.page("# Providers\n", "x")
