"""What happens inside a model: outputs and gradients of its layers, operations, time, reach.

Each function returns plain data that prints as a table, in a terminal and in a notebook.

>>> from minicnn import Input, Sequential, analysis, layers
>>> model = Sequential([Input((8, 8, 1)), layers.Conv2D(2, 3, name="edges")])
>>> print(analysis.receptive_field(model))
Receptive fields in an input of (8, 8, 1)
layer  output shape  size   stride  offset
──────────────────────────────────────────
edges  (1, 6, 6, 2)  3 × 3  1 × 1   0 × 0
"""

from minicnn.analysis.ablations import Ablation, ablate, ablated
from minicnn.analysis.class_activation_maps import GradCAM, grad_cam
from minicnn.analysis.earlier_regions import RegionsBefore, regions_before
from minicnn.analysis.explanations.explanation import Explanation, Step, Terms
from minicnn.analysis.gradient_explanations import explain_gradient, explain_weight_gradient
from minicnn.analysis.layer_outputs import Activations, activations
from minicnn.analysis.loss_gradients import Gradients, gradients
from minicnn.analysis.operation_counts import LayerOperations, Operations, operations
from minicnn.analysis.output_explanations import explain_output
from minicnn.analysis.receptive_fields import ReceptiveField, ReceptiveFields, receptive_field
from minicnn.analysis.saliency_maps import Saliency, saliency
from minicnn.analysis.step_profile import Profile, ProfileRow, profile
from minicnn.analysis.update_explanations import explain_update

__all__ = [
    "Ablation",
    "Activations",
    "Explanation",
    "GradCAM",
    "Gradients",
    "LayerOperations",
    "Operations",
    "Profile",
    "ProfileRow",
    "ReceptiveField",
    "ReceptiveFields",
    "RegionsBefore",
    "Saliency",
    "Step",
    "Terms",
    "ablate",
    "ablated",
    "activations",
    "explain_gradient",
    "explain_output",
    "explain_update",
    "explain_weight_gradient",
    "grad_cam",
    "gradients",
    "operations",
    "profile",
    "receptive_field",
    "regions_before",
    "saliency",
]
