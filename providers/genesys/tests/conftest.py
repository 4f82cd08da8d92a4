"""The recordings of Genesys, for the tests of its adapter."""

from __future__ import annotations

from providers.genesys.tests.bench import RECORDINGS

recordings = RECORDINGS.fixture()
