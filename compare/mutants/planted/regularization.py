"""Planted bugs in dropout, random images and penalties."""

from __future__ import annotations

from compare.mutants.planted.places import LAYERS, NUMPY
from compare.mutants.planted.switch import BACKWARD, FORWARD, Bug

BUGS = [
    Bug(
        "dropout's mask is drawn twice, once in the backward pass",
        BACKWARD,
        "minicnn.random.dropout",
        "vjp=lambda g, y, inputs, key, rate, mask_shape: drop(g, key, rate, mask_shape),",
        "vjp=lambda g, y, inputs, key, rate, mask_shape: drop(g, key + 1, rate, mask_shape),",
        ("layers.Dropout",),
    ),
    Bug(
        "dropout is not undone in the gradient",
        BACKWARD,
        "minicnn.random.dropout",
        "vjp=lambda g, y, inputs, key, rate, mask_shape: drop(g, key, rate, mask_shape),",
        "vjp=lambda g, y, inputs, key, rate, mask_shape: g,",
        ("layers.Dropout",),
    ),
    Bug(
        "dropout in inference",
        FORWARD,
        LAYERS + "regularization.dropout",
        "if not training",
        "if training is None",
        ("layers.Dropout",),
    ),
    Bug(
        "what dropout leaves is not scaled up",
        FORWARD,
        "minicnn.random.dropout",
        "return inputs * kernels.dropout_mask(key, mask_shape, rate, inputs.dtype)",
        "return inputs * kernels.dropout_mask(key, mask_shape, rate, inputs.dtype) * (1 - rate)",
        ("layers.SpatialDropout",),
    ),
    Bug(
        "spatial dropout draws each element for itself",
        FORWARD,
        LAYERS + "regularization.spatial_dropout",
        "positions = (1,) * self.rank",
        "positions = inputs.shape[1:-1]",
        ("layers.SpatialDropout2D",),
    ),
    Bug(
        "alpha dropout does not correct the mean",
        FORWARD,
        LAYERS + "regularization.alpha_dropout",
        "b = -a * SATURATION * self.rate",
        "b = 0 * a",
        ("layers.AlphaDropout",),
    ),
    Bug(
        "Gaussian dropout's noise has the rate as its deviation",
        FORWARD,
        LAYERS + "regularization.gaussian_dropout",
        "stddev=math.sqrt(self.rate / (1.0 - self.rate)),",
        "stddev=math.sqrt(self.rate**2),",
        ("layers.GaussianDropout",),
    ),
    Bug(
        "an L2 penalty is halved",
        FORWARD,
        "minicnn.regularizers",
        "        return self.l2 * ops.sum(ops.square(x))\n",
        "        return self.l2 * ops.sum(ops.square(x)) / 2\n",
        ("kernel_regularizer='l2'",),
    ),
    Bug(
        "an L1 penalty is a mean",
        FORWARD,
        "minicnn.regularizers",
        "        return self.l1 * ops.sum(ops.absolute(x))\n",
        "        return self.l1 * ops.mean(ops.absolute(x))\n",
        ("bias_regularizer='l1'",),
    ),
    Bug(
        "a penalty on the output is not divided by the batch",
        FORWARD,
        LAYERS + "base.layer",
        "self.add_loss(self.activity_regularizer(x) / max(x.shape[0] if x.ndim else 1, 1))",
        "self.add_loss(self.activity_regularizer(x))",
        ("activity_regularizer='l2'",),
    ),
    Bug(
        "dropout decides by eight bits of sixteen",
        FORWARD,
        NUMPY + "random",
        "return np.where(bits < threshold, 0,",
        "return np.where(bits >> 8 << 8 < threshold, 0,",
        ("random.dropout",),
    ),
    Bug(
        "random warps fill with zero, whatever the setting",
        FORWARD,
        LAYERS + "preprocessing.random_warps",
        "fill_value=self.fill_value,",
        "fill_value=0.0,",
        ("layers.RandomRotation", "layers.RandomTranslation", "layers.RandomZoom"),
    ),
]
