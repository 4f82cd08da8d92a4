"""How certificates look in the tables of the documentation; ``livechat certify`` is tested with the pages."""

from __future__ import annotations

from contrib.testing.tests.conformance.parley_rig import ParleyRig
from livechat_sdk_testing.conformance import all_cases, certify, excused
from livechat_sdk_testing.conformance.systems import certify_system
from livechat_sdk_testing.conformance.systems.built_in import local_tickets
from tools import provider_table, ticket_table


async def test_the_table_of_ticket_systems_says_what_becomes_of_a_lost_answer() -> None:
    def declaring(**able: object) -> str:
        return ticket_table.generated([certificate.model_copy(update={"able": certificate.able | able})])

    certificate = await certify_system(local_tickets, cases=[])
    assert "| a second ticket is kept away by | the vendor |" in declaring()
    windowed = declaring(vendor_window=7080.0)
    assert "| a second ticket is kept away by | the vendor, for 118 minutes |" in windowed
    looked_up = declaring(create_at_most_once="look_up", find_lag=600.0, file_limit=5 * 1024**2)
    assert "and that is not found, | is *doubtful* after 11 min |" in looked_up
    assert "| files of the conversation | up to 5 MB |" in looked_up
    assert "| files of the conversation | no |" in declaring(attachments=False)
    assert "| comments that the requester can read | no |" in declaring(public_comment=False)


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
