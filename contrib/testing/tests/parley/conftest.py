"""The recordings of Parley, for the tests of its adapter."""

from __future__ import annotations

from contrib.testing.tests.parley.bench import RECORDINGS

recordings = RECORDINGS.fixture()
