"""Keras's older names for dtype policies."""

from minicnn.common import keras_names
from minicnn.dtype_policies import DTypePolicy, dtype_policy, set_dtype_policy
from minicnn.optimizers import LossScaleOptimizer

Policy = DTypePolicy
global_policy = dtype_policy
set_global_policy = set_dtype_policy

__all__ = [
    "DTypePolicy",
    "LossScaleOptimizer",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
]

__getattr__ = keras_names.missing_in(__name__)
