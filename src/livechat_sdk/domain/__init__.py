"""The vocabulary: frozen models that every other room speaks. Pure data, no I/O, no clock."""
