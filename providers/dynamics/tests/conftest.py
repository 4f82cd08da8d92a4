"""The recordings of the Dataverse Web API, for the tests of its adapter."""

from __future__ import annotations

from providers.dynamics.tests.bench import RECORDINGS

recordings = RECORDINGS.fixture()
