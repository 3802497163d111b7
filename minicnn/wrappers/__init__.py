"""Models as estimators of scikit-learn, for its pipelines, searches and cross-validation."""

from minicnn.common import keras_names
from minicnn.wrappers.scikit_learn import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]

__getattr__ = keras_names.missing_in(__name__)
