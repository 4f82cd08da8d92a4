"""Simulators of live-chat vendors: programs that behave like each vendor, for tests and demonstrations."""
