"""Layers that normalize their inputs."""

from minicnn.layers.normalization.batch_normalization import BatchNormalization
from minicnn.layers.normalization.group_normalization import GroupNormalization
from minicnn.layers.normalization.layer_normalization import LayerNormalization
from minicnn.layers.normalization.rms_normalization import RMSNormalization
from minicnn.layers.normalization.spectral_normalization import SpectralNormalization
from minicnn.layers.normalization.unit_normalization import UnitNormalization
