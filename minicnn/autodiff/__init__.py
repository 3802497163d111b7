"""Tensors that remember the operation that made them, and the tape that finds gradients.

In reading order: `tensor.py` (an array and the record of the operation that made it), `tape.py`
(goes through the records backwards), `variable.py` (a name for a tensor that training replaces).
The other files hold what these three need: first values and scopes of variables, NumPy's operators
and functions, the state of recording, and the hooks for replayed steps.
"""

from minicnn.autodiff.array_like import ArrayLike
from minicnn.autodiff.recording import is_recording, stop_recording
from minicnn.autodiff.tape import GradientTape
from minicnn.autodiff.tensor import Record, Tensor
from minicnn.autodiff.variable import Variable
from minicnn.autodiff.variable_scopes import AutocastScope

__all__ = [
    "ArrayLike",
    "AutocastScope",
    "GradientTape",
    "Record",
    "Tensor",
    "Variable",
    "is_recording",
    "stop_recording",
]
