"""The differentiable functions of minicnn: `keras.ops`.

Every function takes arrays, tensors, variables and symbolic tensors. The sections follow Keras:
`core`, `numpy`, `math`, `linalg`, `nn`, `image`; all but the last are here without their section's
name, too (`ops.relu` is `ops.nn.relu`).
"""

from types import FunctionType as _Function

from minicnn.ops import (
    control_flow,
    core,
    einops,
    fourier,
    image,
    linalg,
    math,
    nn,
    numpy,
    operators,
)


def _public(section):
    """The functions and the operations' classes that a section defines."""
    return {
        name: value
        for name, value in vars(section).items()
        if isinstance(value, _Function | type)
        and value.__module__.startswith(section.__name__)
        and not name.startswith("_")
    }


for _section in (nn, linalg, fourier, math, einops, control_flow, core, numpy):
    globals().update(_public(_section))
