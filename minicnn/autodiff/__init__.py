"""Tensors that remember how they came about, and the tape that turns that memory into gradients.

Three short files, in reading order: `tensor.py` (an array and the record of the operation that
made it), `tape.py` (walking the records backwards), `variable.py` (a name for a tensor that
training replaces).
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
