"""Makes a package for a provider or a plugin out of a template, and brings it up to date later."""
