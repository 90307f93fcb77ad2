"""Schema, forward from the first version."""
