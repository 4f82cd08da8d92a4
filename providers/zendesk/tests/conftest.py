"""The recordings of Zendesk, for the tests of its adapter."""

from __future__ import annotations

from providers.zendesk.tests.bench import RECORDINGS

recordings = RECORDINGS.fixture()
