"""Runs Keras programs unchanged: binds the names of Keras and TensorFlow to minicnn."""
