"""The recordings of ServiceNow's Table API, for the tests of its adapter."""

from __future__ import annotations

from providers.tickets.tests.servicenow.bench import RECORDINGS

recordings = RECORDINGS.fixture()
