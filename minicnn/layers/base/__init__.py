"""The base class of all layers (`layer.py`), and its parts: building, weights, masks, config."""
