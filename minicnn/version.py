"""The version of minicnn, and the version of Keras whose behaviour it mirrors."""

__version__ = "0.1.0"

KERAS_VERSION = "3.15.1"
