"""Is my gradient right? Checks of functions, layers, losses, models, and of one's own backward.

>>> import numpy as np
>>> from minicnn import ops, testing
>>> print(testing.check_gradients(ops.tanh, np.array([0.5, -1.0]), order=1))
gradient to input 0: right, ...
"""

from minicnn.testing.backward import check_backward
from minicnn.testing.errors import CannotCheck, Diagnosis, Mistake, WrongGradient
from minicnn.testing.gradients import check_gradients
from minicnn.testing.layers import LayerFault, LayerReport, check_layer
from minicnn.testing.report import GradientReport
