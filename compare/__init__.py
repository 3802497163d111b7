"""Compares minicnn with real Keras, number by number. Run it as `python -m compare`."""
