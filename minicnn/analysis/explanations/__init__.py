"""How one number came about: the rules by layer, forward, backward, and of optimizers."""
