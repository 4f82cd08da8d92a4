"""Callbacks: what happens in conversations that services opened is posted to the service's address."""
