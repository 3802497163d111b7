"""Layers that are in files of `keras.applications` and nowhere else in Keras.

The networks themselves are not here: Keras saves them, and `saving.load_model` reads the file.
"""
