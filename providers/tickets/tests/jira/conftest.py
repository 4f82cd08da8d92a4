"""The recordings of Jira Service Management's API, for the tests of its adapter."""

from __future__ import annotations

from providers.tickets.tests.jira.bench import RECORDINGS

recordings = RECORDINGS.fixture()
