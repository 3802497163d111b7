"""The layer that all others inherit from, and the parts of it."""
