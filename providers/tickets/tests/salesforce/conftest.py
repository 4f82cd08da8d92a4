"""The recordings of Salesforce's REST API, for the tests of its adapter."""

from __future__ import annotations

from providers.tickets.tests.salesforce.bench import RECORDINGS

recordings = RECORDINGS.fixture()
