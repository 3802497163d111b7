"""Symbolic tensors and the graphs that calls on them make."""
