"""Records the kernels that a step runs, and runs that list again."""
