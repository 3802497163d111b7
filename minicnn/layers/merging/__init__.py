"""Layers that merge several tensors into one. Each has a function named in lower case."""

from minicnn.layers.merging.add import Add, add
from minicnn.layers.merging.average import Average, average
from minicnn.layers.merging.concatenate import Concatenate, concatenate
from minicnn.layers.merging.dot import Dot, dot
from minicnn.layers.merging.maximum import Maximum, maximum
from minicnn.layers.merging.minimum import Minimum, minimum
from minicnn.layers.merging.multiply import Multiply, multiply
from minicnn.layers.merging.subtract import Subtract, subtract
