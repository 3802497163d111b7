"""Layers that prepare data."""

from minicnn.layers.preprocessing.rescaling import Rescaling
