"""Models: layers combined, with methods that train, evaluate, save and print them."""

from minicnn.common import keras_names
from minicnn.models.cloning import clone_model
from minicnn.models.functional import Functional
from minicnn.models.model import Model, model_from_json
from minicnn.models.sequential import Sequential
from minicnn.saving.saving_api import load_model, save_model

__all__ = [
    "Functional",
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "model_from_json",
    "save_model",
]

__getattr__ = keras_names.missing_in(__name__)
