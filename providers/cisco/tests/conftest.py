"""The recordings of Cisco, for the tests of its adapter."""

from __future__ import annotations

from providers.cisco.tests.bench import RECORDINGS

recordings = RECORDINGS.fixture()
