"""Quick processes, and ledgers for them."""

from tests.processes.fixtures import ledgers, nursery, postgres_server, postgres_url

__all__ = ["ledgers", "nursery", "postgres_server", "postgres_url"]
