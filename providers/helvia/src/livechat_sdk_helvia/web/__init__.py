"""The desk's pages and its API for programs: one ASGI application."""
