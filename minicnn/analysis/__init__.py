"""What happens inside a model: outputs and gradients of its layers, operations, time, reach.

Each function returns plain data that prints as a table, in a terminal and in a notebook.
"""

from minicnn.analysis.layer_outputs import Activations, activations
from minicnn.analysis.loss_gradients import Gradients, gradients
from minicnn.analysis.operation_counts import LayerOperations, Operations, operations
from minicnn.analysis.receptive_fields import ReceptiveField, ReceptiveFields, receptive_field

__all__ = [
    "Activations",
    "Gradients",
    "LayerOperations",
    "Operations",
    "ReceptiveField",
    "ReceptiveFields",
    "activations",
    "gradients",
    "operations",
    "receptive_field",
]
