"""The differentiable functions of minicnn: `keras.ops`.

Every function takes arrays, tensors, variables and symbolic tensors. The sections follow Keras:
`core`, `numpy`, `math`, `linalg`, `nn`, `image`; all but the last are here without their section's
name, too (`ops.relu` is `ops.nn.relu`).
"""

from types import FunctionType as _Function

from minicnn.ops import core, linalg, math, nn, numpy, operators


def _functions(section):
    """The public functions that a section defines."""
    inside = section.__name__.rpartition(".")[0]
    return {
        name: value
        for name, value in vars(section).items()
        if isinstance(value, _Function)
        and not name.startswith("_")
        and value.__module__.startswith(inside)
        and not value.__module__.endswith((".declare", ".specs"))
    }


for _section in (nn, linalg, math, core, numpy):
    globals().update(_functions(_section))
