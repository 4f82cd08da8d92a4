from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.domain.messages import Fate
from livechat_sdk.ledger.fates import ARRIVED, SETTLED_AGAINST, next_fate

F = Fate
OPEN = {F.HELD, F.PLANNED, F.DOUBTFUL}

# For each old fate, the new ones that are taken; every other report leaves the old one.
TAKEN: dict[Fate, set[Fate]] = {
    F.HELD: {F.PLANNED, F.SENT, F.ACKNOWLEDGED, F.SEEN, F.DOUBTFUL, F.REFUSED, F.DROPPED},
    F.PLANNED: {F.HELD, F.SENT, F.ACKNOWLEDGED, F.SEEN, F.DOUBTFUL, F.REFUSED, F.DROPPED},
    F.DOUBTFUL: {F.HELD, F.PLANNED, F.SENT, F.ACKNOWLEDGED, F.SEEN, F.REFUSED, F.DROPPED},
    F.SENT: {F.ACKNOWLEDGED, F.SEEN, F.REFUSED},
    F.ACKNOWLEDGED: {F.SEEN, F.REFUSED},
    F.SEEN: set(),
    F.REFUSED: {F.SENT, F.ACKNOWLEDGED, F.SEEN},
    F.DROPPED: {F.SENT, F.ACKNOWLEDGED, F.SEEN},
}


@pytest.mark.parametrize("old", Fate)
@pytest.mark.parametrize("new", Fate)
def test_every_pair_of_fates_follows_the_table(old: Fate, new: Fate) -> None:
    assert next_fate(old, new) is (new if new in TAKEN[old] else old)


@pytest.mark.parametrize("old", Fate)
@pytest.mark.parametrize("new", Fate)
def test_only_what_was_refused_can_be_taken_up_anew(old: Fate, new: Fate) -> None:
    expected = new if old is Fate.REFUSED else next_fate(old, new)
    assert next_fate(old, new, anew=True) is expected


@pytest.mark.parametrize("old", Fate)
@pytest.mark.parametrize("new", Fate)
def test_failure_of_one_attempt_and_doubt_of_another_are_a_doubt(old: Fate, new: Fate) -> None:
    doubtful = {(F.REFUSED, F.DOUBTFUL), (F.DOUBTFUL, F.REFUSED), (F.DOUBTFUL, F.DROPPED)}
    if old in ARRIVED and new in SETTLED_AGAINST:
        expected = old  # the other attempt brought it
    else:
        expected = F.DOUBTFUL if (old, new) in doubtful else next_fate(old, new)
    assert next_fate(old, new, doubts=True) is expected


def test_every_fate_is_open_arrived_or_settled_against() -> None:
    assert set(Fate) == OPEN | ARRIVED | SETTLED_AGAINST
    assert not ARRIVED & SETTLED_AGAINST


@given(st.sampled_from(Fate), st.lists(st.sampled_from(Fate)))
def test_what_somebody_has_seen_stays_seen(first: Fate, reports: list[Fate]) -> None:
    fate = first
    was_seen = False
    for report in reports:
        fate = next_fate(fate, report)
        was_seen = was_seen or fate is F.SEEN
        assert not was_seen or fate is F.SEEN


@given(st.lists(st.sampled_from(sorted(ARRIVED)), min_size=1))
def test_receipts_in_any_order_end_at_the_strongest(reports: list[Fate]) -> None:
    fate = F.PLANNED
    for report in reports:
        fate = next_fate(fate, report)
    assert fate is max(reports, key=[F.SENT, F.ACKNOWLEDGED, F.SEEN].index)
