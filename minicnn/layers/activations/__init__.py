"""Layers that apply an activation function."""

from minicnn.layers.activations.activation import Activation
from minicnn.layers.activations.elu import ELU
from minicnn.layers.activations.leaky_relu import LeakyReLU
from minicnn.layers.activations.prelu import PReLU
from minicnn.layers.activations.relu import ReLU
from minicnn.layers.activations.softmax import Softmax
