"""The recordings of Zendesk's Ticketing API, for the tests of its adapter."""

from __future__ import annotations

from providers.tickets.tests.zendesk.bench import RECORDINGS

recordings = RECORDINGS.fixture()
