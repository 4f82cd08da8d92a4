"""Built-in behaviour, as plugins on the public hooks: another plugin can replace any of it."""
