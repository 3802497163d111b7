"""Operations that NumPy has under the same names: functions (`add`) and their classes (`Add`)."""

from minicnn.common import keras_names
from minicnn.ops.define.declare import operation_classes
from minicnn.ops.linalg.solving import slogdet
from minicnn.ops.numpy.arithmetic import *  # noqa: F403
from minicnn.ops.numpy.attributes import *  # noqa: F403
from minicnn.ops.numpy.comparison import *  # noqa: F403
from minicnn.ops.numpy.complex_numbers import *  # noqa: F403
from minicnn.ops.numpy.correlation import *  # noqa: F403
from minicnn.ops.numpy.creation import *  # noqa: F403
from minicnn.ops.numpy.cumulative import *  # noqa: F403
from minicnn.ops.numpy.diagonals import *  # noqa: F403
from minicnn.ops.numpy.einstein import *  # noqa: F403
from minicnn.ops.numpy.exponential import *  # noqa: F403
from minicnn.ops.numpy.indexing import *  # noqa: F403
from minicnn.ops.numpy.joining import *  # noqa: F403
from minicnn.ops.numpy.logical import *  # noqa: F403
from minicnn.ops.numpy.nan_reductions import *  # noqa: F403
from minicnn.ops.numpy.padding import *  # noqa: F403
from minicnn.ops.numpy.products import *  # noqa: F403
from minicnn.ops.numpy.quantiles import *  # noqa: F403
from minicnn.ops.numpy.reductions import *  # noqa: F403
from minicnn.ops.numpy.repeating import *  # noqa: F403
from minicnn.ops.numpy.rounding import *  # noqa: F403
from minicnn.ops.numpy.searching import *  # noqa: F403
from minicnn.ops.numpy.shaping import *  # noqa: F403
from minicnn.ops.numpy.sorting import *  # noqa: F403
from minicnn.ops.numpy.taper_windows import *  # noqa: F403
from minicnn.ops.numpy.trigonometric import *  # noqa: F403
from minicnn.ops.numpy.vectorization import *  # noqa: F403

globals().update(operation_classes(globals()))

__getattr__ = keras_names.missing_in(__name__)
