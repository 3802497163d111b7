"""Layers that add noise, dropout or a penalty in training, and return their input otherwise."""

from minicnn.layers.regularization.activity_regularization import ActivityRegularization
from minicnn.layers.regularization.alpha_dropout import AlphaDropout
from minicnn.layers.regularization.dropout import Dropout
from minicnn.layers.regularization.gaussian_dropout import GaussianDropout
from minicnn.layers.regularization.gaussian_noise import GaussianNoise
from minicnn.layers.regularization.spatial_dropout import (
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)
