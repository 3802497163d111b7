"""Data sets: MNIST from the package, Fashion-MNIST and CIFAR-10 from disk or the network."""

from minicnn.datasets import cifar10, fashion_mnist, mnist

__all__ = ["cifar10", "fashion_mnist", "mnist"]
