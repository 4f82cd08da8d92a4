"""The recordings of the Dataverse Web API, for the tests of its adapter."""

from __future__ import annotations

from providers.tickets.tests.dynamics.bench import RECORDINGS

recordings = RECORDINGS.fixture()
