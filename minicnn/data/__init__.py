"""Data sets whose elements are made when they are needed, as in `tf.data`."""

from minicnn.data.cardinality import INFINITE as INFINITE_CARDINALITY
from minicnn.data.cardinality import UNKNOWN as UNKNOWN_CARDINALITY
from minicnn.data.dataset import AUTOTUNE, Dataset
from minicnn.data.specs import TensorSpec

__all__ = ["AUTOTUNE", "INFINITE_CARDINALITY", "UNKNOWN_CARDINALITY", "Dataset", "TensorSpec"]
