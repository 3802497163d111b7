"""`SKLearnClassifier`, `SKLearnRegressor` and `SKLearnTransformer`: models in scikit-learn."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from minicnn.models.cloning import clone_model
from minicnn.models.model import Model

try:
    import sklearn
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
    from sklearn.utils.metadata_routing import MetadataRequest
    from sklearn.utils.multiclass import type_of_target
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError:  # an extra: the classes are there, and cannot be made
    sklearn = None
    _mixins = "BaseEstimator ClassifierMixin RegressorMixin TransformerMixin".split()
    BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin = (
        type(name, (), {}) for name in _mixins
    )


class SKLBase(BaseEstimator):
    """Base of the estimators. Its arguments are explained at `SKLearnClassifier`."""

    def __init__(
        self,
        model: Any,
        warm_start: bool = False,
        model_kwargs: dict[str, Any] | None = None,
        fit_kwargs: dict[str, Any] | None = None,
    ):
        if sklearn is None:
            raise ImportError(
                f"{type(self).__name__} needs scikit-learn 1.6 or newer: "
                'pip install "minicnn[sklearn]"'
            )
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags

    def __sklearn_clone__(self) -> SKLBase:
        """The estimator with the same settings, not fitted, for `sklearn.base.clone`."""
        settings = self.get_params(deep=False)
        function = {} if isinstance(self.model, Model) else {"model": settings.pop("model")}
        return type(self)(**copy.deepcopy(settings), **function)

    @property
    def epoch_(self) -> int:
        """How many epochs the last `fit` took; 0 before."""
        return len(self.history_.epoch) if hasattr(self, "history_") else 0

    def set_fit_request(self, **requests: bool | str | None) -> SKLBase:
        """Says which arguments of `fit` a meta-estimator passes on, and under which names."""
        if not sklearn.get_config().get("enable_metadata_routing"):
            raise RuntimeError(
                "This method is only available when metadata routing is enabled: "
                "`sklearn.set_config(enable_metadata_routing=True)`."
            )
        self._metadata_request = MetadataRequest(owner=self)
        for name, alias in requests.items():
            self._metadata_request.fit.add_request(param=name, alias=alias)
        return self

    def fit(self, X: Any, y: Any, **kwargs: Any) -> SKLBase:
        """Trains the model.

        Args:
            X: of shape `(samples, features)`.
            y: a target for each sample.
            **kwargs: arguments of the model's `fit`.
        """
        X, y = validate_data(self, X, y)
        type_of_target(y, raise_unknown=True)
        y = self._encoded(y)
        model = self._model_to_train(X, y)
        if not (model.compiled and model.loss and model.optimizer):
            raise RuntimeError(
                f"Given model needs to be compiled, and have a loss and an optimizer: "
                f"{type(self).__name__} trains it. Call `model.compile(...)` first."
            )
        self.history_ = model.fit(X, y, **{**(self.fit_kwargs or {}), **kwargs})
        self.model_ = model
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The model's output for each sample."""
        outputs = self._outputs(X)
        return np.squeeze(outputs, axis=1) if outputs.ndim == 2 else outputs

    def _model_to_train(self, X: np.ndarray, y: np.ndarray) -> Model:
        if self.warm_start and hasattr(self, "model_"):
            return self.model_
        if not isinstance(self.model, Model):
            return self.model(X=X, y=y, **(self.model_kwargs or {}))
        return self.model if self.warm_start else clone_model(self.model)

    def _outputs(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return self.model_.predict(validate_data(self, X, reset=False))

    def _encoded(self, y: np.ndarray) -> np.ndarray:
        """The targets that the model is trained with."""
        return y.reshape(-1, 1)


class SKLearnClassifier(ClassifierMixin, SKLBase):
    """A classifier: the model is trained with a column for each class.

    Args:
        model: a compiled model with as many outputs as classes, which is cloned before it is
            trained; or a function that takes `X`, `y` (a column for each class) and `model_kwargs`,
            and returns one.
        warm_start: train the given model itself, and in the next `fit` go on with it.
        model_kwargs: further arguments of the function `model`.
        fit_kwargs: arguments of the model's `fit`; those of the estimator's own `fit` come first.

    Attributes:
        model_: the trained model.
        history_: what the model's `fit` returned.
        classes_: the classes, sorted.
    """

    def predict(self, X: Any) -> np.ndarray:
        """The class with the largest output, for each sample."""
        outputs = self._outputs(X)
        if outputs.shape[1:] != self.classes_.shape:
            raise ValueError(
                f"The model of a SKLearnClassifier must have an output for each class: expected "
                f"{len(self.classes_)}, and it has outputs of shape {outputs.shape[1:]}."
            )
        return self.classes_[outputs.argmax(axis=1)]

    def decision_function(self, X: Any) -> np.ndarray:
        """The model's outputs."""
        return self._outputs(X)

    def _encoded(self, y: np.ndarray) -> np.ndarray:
        kind = type_of_target(y)
        if kind not in ("binary", "multiclass"):
            raise ValueError(
                f"Only binary and multiclass target types are supported. Target type: {kind}"
            )
        self.classes_, numbers = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise ValueError("Classifier can't train when only one class is present.")
        return np.eye(len(self.classes_))[numbers]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags


class SKLearnRegressor(RegressorMixin, SKLBase):
    """A regressor of one number.

    What is not listed here is as in `SKLearnClassifier`, but for `classes_`.

    Args:
        model: a compiled model with one output, or a function that returns one.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


class SKLearnTransformer(TransformerMixin, SKLBase):
    """A step of a pipeline: the model's outputs are the input of the next.

    The arguments and attributes are those of `SKLearnClassifier`, without `classes_`.
    """

    def transform(self, X: Any) -> np.ndarray:
        """The model's outputs."""
        return self._outputs(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
