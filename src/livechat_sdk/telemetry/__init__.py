"""Counts, spans and the watchdog of the event loop: what one can see. Knows nothing of handoffs."""
