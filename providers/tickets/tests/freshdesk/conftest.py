"""The recordings of Freshdesk's API, for the tests of its adapter."""

from __future__ import annotations

from providers.tickets.tests.freshdesk.bench import RECORDINGS

recordings = RECORDINGS.fixture()
