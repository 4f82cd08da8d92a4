"""The demo with a vendor's simulator: a handoff over real HTTP, between three processes."""
