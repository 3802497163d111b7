"""Where in minicnn the bugs are planted."""

NN = "minicnn.ops.nn."
NUMPY = "minicnn.backend.numpy."
OPS = "minicnn.ops.numpy."
LAYERS = "minicnn.layers."
LOSSES = "minicnn.losses."
METRICS = "minicnn.metrics."
OPTIMIZERS = "minicnn.optimizers."
