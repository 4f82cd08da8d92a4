"""The remote form of the provider: a LiveChat manager elsewhere, spoken to under its published paths."""
