"""Symbolic tensors and the graphs of the calls on them."""
