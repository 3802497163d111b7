"""Linear algebra: matrices are in the last two axes, the axes before them are a batch."""

from minicnn.common import keras_names
from minicnn.ops.define.declare import operation_classes
from minicnn.ops.linalg.decompositions import *  # noqa: F403
from minicnn.ops.linalg.derivatives import *  # noqa: F403
from minicnn.ops.linalg.norms import *  # noqa: F403
from minicnn.ops.linalg.solving import *  # noqa: F403

globals().update(operation_classes(globals()))

__getattr__ = keras_names.missing_in(__name__)
