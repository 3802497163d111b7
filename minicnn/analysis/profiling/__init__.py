"""How the time of a training step is measured and attributed to layers."""
