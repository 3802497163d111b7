"""The beginnings of the names of the modules that bugs are planted in, and lines of several."""

NN = "minicnn.ops.nn."
NUMPY = "minicnn.backend.numpy."
NUMBA = "minicnn.backend.numba."
OPS = "minicnn.ops.numpy."
IMAGES = "minicnn.ops.image."
LAYERS = "minicnn.layers."
LOSSES = "minicnn.losses."
METRICS = "minicnn.metrics."
OPTIMIZERS = "minicnn.optimizers."
TRAINERS = "minicnn.trainers."
WINDOWS = "minicnn.common.sliding_windows"
WINDOW_ARGUMENTS = "minicnn.common.window_arguments"

# How arrays with channels first are turned and turned back; exchanged: height and width, too.
MOVED = '''np.moveaxis(x, 1, -1)


def from_channels_last(x: Any, data_format: str) -> Any:
    """An array (batch, *spatial, channels) in the order of the data format."""
    return x if data_format == "channels_last" else np.moveaxis(x, -1, 1)'''
EXCHANGED = MOVED.replace("np.moveaxis", "np.swapaxes")
