"""Layers that rearrange, crop, pad or repeat elements."""

from minicnn.layers.reshaping.cropping import Cropping1D, Cropping2D, Cropping3D
from minicnn.layers.reshaping.flatten import Flatten
from minicnn.layers.reshaping.permute import Permute
from minicnn.layers.reshaping.repeat_vector import RepeatVector
from minicnn.layers.reshaping.reshape import Reshape
from minicnn.layers.reshaping.up_sampling import UpSampling1D, UpSampling2D, UpSampling3D
from minicnn.layers.reshaping.zero_padding import ZeroPadding1D, ZeroPadding2D, ZeroPadding3D
