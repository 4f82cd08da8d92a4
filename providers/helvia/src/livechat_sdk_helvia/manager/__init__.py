"""What the published manager's paths need beside the desk's own services: tokens, bodies, lists."""
