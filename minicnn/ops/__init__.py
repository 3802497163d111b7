"""The differentiable functions of minicnn: `keras.ops`.

Every function takes arrays, tensors, variables and symbolic tensors. The sections follow Keras:
`core`, `numpy`, `math`, `linalg`, `nn`, `image`; all but the last are also here without their
section's name (`ops.relu` is `ops.nn.relu`). Each file has one family of functions. `define/` has
the way to declare an op, `symbolic/` the graphs of symbolic tensors.
"""

from types import FunctionType as _Function

from minicnn.autodiff import operations as _operations
from minicnn.common import keras_names as _keras_names
from minicnn.ops import core, einops, image, linalg, math, nn, numpy, operators


def _public(section):
    """The public functions and operation classes of a section, by name."""
    own = [name for name, value in vars(section).items() if _is_defined_in(section, value)]
    return {name: getattr(section, name) for name in getattr(section, "__all__", own)}


def _is_defined_in(section, value):
    return isinstance(value, _Function | type) and value.__module__.startswith(section.__name__)


for _section in (nn, linalg, math, einops, core, numpy):
    globals().update(_public(_section))

_operations.fill({name: value for name, value in globals().items() if not name.startswith("_")})

__getattr__ = _keras_names.missing_in(__name__)
