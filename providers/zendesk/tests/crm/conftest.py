"""The recordings of Zendesk's Ticketing API, for the tests of its contacts."""

from __future__ import annotations

from providers.zendesk.tests.crm.bench import RECORDINGS

recordings = RECORDINGS.fixture()
