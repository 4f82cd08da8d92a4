"""What a planted bug is: a provider, or its vendor, with one mistake that the kit has to find."""

from __future__ import annotations

from dataclasses import dataclass

from livechat_sdk_testing.conformance.rig import MakeRig

__all__ = ["PlantedBug"]


@dataclass(frozen=True)
class PlantedBug:
    """One mistake.

    ``make_rig`` sets up the provider with the mistake on the clock of one case, anew for each case.
    Modules named ``own_*.py`` and ``strangers_*.py`` beside this one list theirs as ``BUGS``.
    """

    name: str
    what: str
    """The mistake in a sentence, and where it happened in the wild."""
    make_rig: MakeRig
