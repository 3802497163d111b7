"""Convolution layers: plain, depthwise, separable and transposed."""

from minicnn.layers.convolutional.conv1d import Conv1D
from minicnn.layers.convolutional.conv1d_transpose import Conv1DTranspose
from minicnn.layers.convolutional.conv2d import Conv2D
from minicnn.layers.convolutional.conv2d_transpose import Conv2DTranspose
from minicnn.layers.convolutional.conv3d import Conv3D
from minicnn.layers.convolutional.conv3d_transpose import Conv3DTranspose
from minicnn.layers.convolutional.depthwise_conv1d import DepthwiseConv1D
from minicnn.layers.convolutional.depthwise_conv2d import DepthwiseConv2D
from minicnn.layers.convolutional.separable_conv1d import SeparableConv1D
from minicnn.layers.convolutional.separable_conv2d import SeparableConv2D

Convolution1D = Conv1D
Convolution2D = Conv2D
Convolution3D = Conv3D
Convolution1DTranspose = Conv1DTranspose
Convolution2DTranspose = Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D
