"""Models as estimators: scikit-learn's own checks, and Keras's estimators on the same data."""

import subprocess
import sys

import numpy as np
import pytest

import minicnn
from minicnn.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

CLASSES = [SKLearnClassifier, SKLearnRegressor, SKLearnTransformer]


def perceptron(X, y, loss="mse", units=(8,), seed=None, keras=minicnn):
    """A perceptron for the data, with the same weights of every library if there is a seed."""
    layers = [keras.layers.Dense(n, activation="relu") for n in units]
    last = "softmax" if loss == "categorical_crossentropy" else None
    model = keras.Sequential(
        [keras.Input((X.shape[1],)), *layers, keras.layers.Dense(y.shape[1], activation=last)]
    )
    if seed is not None:
        rng = np.random.default_rng(seed)
        model.set_weights([rng.normal(0, 0.4, w.shape) for w in model.weights])
    model.compile(keras.optimizers.RMSprop(0.02), loss)
    return model


SAME_EACH_TIME = {"shuffle": False, "verbose": 0}
ESTIMATORS = [
    SKLearnClassifier(
        perceptron,
        model_kwargs={"loss": "categorical_crossentropy", "units": (20, 20, 20), "seed": 1},
        fit_kwargs={"epochs": 5, **SAME_EACH_TIME},
    ),
    SKLearnRegressor(perceptron, model_kwargs={"seed": 1}, fit_kwargs=SAME_EACH_TIME),
    SKLearnTransformer(perceptron, model_kwargs={"seed": 1}, fit_kwargs=SAME_EACH_TIME),
]
EXPECTED_FAILURES = {
    "check_classifiers_classes": "a few epochs on few samples do not find each class",
    "check_classifiers_train": "two columns also for two classes",
}
"""Two of the eight that Keras's tests of its estimators except."""


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_what_scikit_learn_checks(estimator):
    is_classifier = isinstance(estimator, SKLearnClassifier)
    expected = EXPECTED_FAILURES if is_classifier else {}
    found = check_estimator(estimator, expected_failed_checks=expected, on_skip=None, on_fail=None)
    failed = {one["check_name"]: one["exception"] for one in found if one["status"] == "failed"}
    assert not failed
    assert sum(one["status"] == "passed" for one in found) > 35


def data(classes=3, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(60, 4))
    score = X[:, 0] + 0.2 * X[:, 1]
    return X, np.digitize(score, np.quantile(score, np.linspace(0, 1, classes + 1)[1:-1]))


@pytest.mark.keras
@pytest.mark.parametrize("labels", [[3, 5], ["cat", "dog", "eel"], [1.0, 2.0, 4.0, 9.0]])
def test_classifiers_as_those_of_keras(keras, labels):
    X, numbers = data(len(labels))
    y = np.array(labels)[numbers]
    found = []
    for library in (keras, minicnn):
        settings = {"loss": "categorical_crossentropy", "seed": 1, "keras": library}
        classifier = library.wrappers.SKLearnClassifier(
            perceptron, model_kwargs=settings, fit_kwargs={"epochs": 9, "verbose": 0}
        )
        classifier.fit(X, y, epochs=4, shuffle=False)
        assert classifier.history_.epoch == [0, 1, 2, 3]
        found.append(classifier)
    theirs, ours = found
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    np.testing.assert_allclose(ours.decision_function(X), theirs.decision_function(X), rtol=1e-4)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    assert ours.predict(X).dtype == y.dtype
    assert ours.score(X, y) == theirs.score(X, y) > 1 / len(labels)


@pytest.mark.keras
@pytest.mark.parametrize("name", ["SKLearnRegressor", "SKLearnTransformer"])
def test_regressors_and_transformers_as_those_of_keras(keras, name):
    X, y = data(9)
    found = []
    for library in (keras, minicnn):
        estimator = getattr(library.wrappers, name)(
            perceptron, model_kwargs={"seed": 1, "keras": library}, fit_kwargs={"verbose": 0}
        )
        estimator.fit(X, y, epochs=3, shuffle=False)
        method = estimator.transform if name == "SKLearnTransformer" else estimator.predict
        found.append((method(X), estimator.predict(X)))
    for theirs, ours in zip(*found, strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.keras
@pytest.mark.parametrize("cls", CLASSES)
def test_arguments_are_those_of_keras(keras, cls):
    import inspect

    theirs = getattr(keras.wrappers, cls.__name__)
    ours, expected = (inspect.signature(c.__init__).parameters for c in (cls, theirs))
    assert [(p.name, p.default) for p in ours.values()] == [
        (p.name, p.default) for p in expected.values()
    ]


def compiled(seed=1):
    X, y = data(2)
    return perceptron(X, np.eye(2)[y], "categorical_crossentropy", seed=seed)


def test_a_model_is_cloned_unless_the_start_is_warm():
    X, y = data(2)
    for warm in (False, True):
        model = compiled()
        before = model.get_weights()
        classifier = SKLearnClassifier(model, warm_start=warm, fit_kwargs={"verbose": 0})
        assert classifier.epoch_ == 0
        first = classifier.fit(X, y).model_
        assert classifier.epoch_ == 1
        assert (first is model) == warm
        changed = any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
        assert changed == warm
        assert (classifier.fit(X, y).model_ is first) == warm
    function = SKLearnRegressor(perceptron, warm_start=True, fit_kwargs={"verbose": 0})
    first = function.fit(X, y).model_
    assert function.fit(X, y).model_ is first


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("model", [perceptron, compiled()], ids=["function", "model"])
def test_a_clone_has_all_settings_and_shares_none(cls, model):
    settings = {"warm_start": True, "model_kwargs": {"units": [3]}, "fit_kwargs": {"epochs": 2}}
    estimator = cls(model, **settings)
    estimator.fitted_ = True
    twin = clone(estimator)
    assert type(twin) is cls and not hasattr(twin, "fitted_")
    assert {name: getattr(twin, name) for name in settings} == settings
    twin.model_kwargs["units"].append(4)
    assert estimator.model_kwargs == {"units": [3]}
    assert (twin.model is model) == (model is perceptron)


def test_pipelines_searches_and_cross_validation():
    X, y = data(2)
    classifier = SKLearnClassifier(
        perceptron,
        model_kwargs={"loss": "categorical_crossentropy", "seed": 1},
        fit_kwargs={"epochs": 30, "verbose": 0},
    )
    assert cross_val_score(classifier, X, y, cv=2).mean() > 0.7
    before = dict(classifier.fit_kwargs)
    pipeline = make_pipeline(StandardScaler(), classifier)
    search = GridSearchCV(pipeline, {"sklearnclassifier__fit_kwargs": [before]}, cv=2).fit(X, y)
    assert search.best_score_ > 0.7
    classifier.fit(X, y, epochs=1)
    assert classifier.fit_kwargs == before


def test_which_arguments_of_fit_are_passed_on():
    import sklearn

    estimator = SKLearnRegressor(perceptron)
    with pytest.raises(RuntimeError, match="metadata routing is enabled"):
        estimator.set_fit_request(sample_weight=True)
    with sklearn.config_context(enable_metadata_routing=True):
        assert estimator.set_fit_request(sample_weight=True) is estimator
        assert estimator.get_metadata_routing().fit.requests == {"sample_weight": True}


@pytest.mark.parametrize(
    ("cls", "model", "y", "error", "message"),
    [
        (SKLearnRegressor, minicnn.Sequential([minicnn.Input((4,))]), 0, RuntimeError, "compiled"),
        (SKLearnClassifier, compiled(), [1] * 60, ValueError, "only one class is present"),
        (SKLearnClassifier, compiled(), 0.5, ValueError, "Only binary and multiclass"),
        (SKLearnRegressor, perceptron, np.ones((60, 2)), ValueError, "1d array"),
    ],
    ids=["not compiled", "one class", "numbers", "two columns"],
)
def test_what_cannot_be_fitted_says_why(cls, model, y, error, message):
    X, classes = data(2)
    y = classes + y * X[:, 0] if np.isscalar(y) else y
    with pytest.raises(error, match=message):
        cls(model, fit_kwargs={"verbose": 0}).fit(X, y)


def test_a_model_needs_an_output_for_each_class():
    X, y = data(2)
    model = minicnn.Sequential([minicnn.Input((4,)), minicnn.layers.Dense(1)])
    model.compile("sgd", "mse")
    classifier = SKLearnClassifier(model).fit(X, y, verbose=0)
    with pytest.raises(ValueError, match="an output for each class: expected 2"):
        classifier.predict(X)


def test_without_scikit_learn_the_error_says_what_to_install():
    code = (
        "import sys; sys.modules['sklearn'] = None; from minicnn.wrappers import *\n"
        "for cls in (SKLearnClassifier, SKLearnRegressor, SKLearnTransformer):\n"
        "    try: cls(None)\n"
        "    except ImportError as error: print(error)"
    )
    command = [sys.executable, "-c", code]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert text.count('pip install "minicnn[sklearn]"') == 3
