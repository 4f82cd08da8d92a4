"""The published LiveChat manager's paths, served by the desk under ``/manager``."""
