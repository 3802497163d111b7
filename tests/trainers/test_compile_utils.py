"""Losses and metrics matched to outputs, where they fit and where not."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from minicnn import losses, metrics
from minicnn.trainers.compile_utils import (
    CompileLoss,
    CompileMetrics,
    check_identifiers,
    get_loss,
    get_metric,
)
from minicnn.trainers.compile_utils.identifiers import kind_of_classes

SHAPES = {
    ((8, 1), (8, 1)): "binary",
    ((8,), (8, 1)): "binary",
    ((8,), (8, 5)): "sparse",
    ((8, 1), (8, 5)): "sparse",
    ((8, 5), (8, 5)): "categorical",
    ((8, 3), (8, 3, 5)): "sparse",
    ((8, 3, 5), (8, 3, 5)): "categorical",
    ((None, 5), (None, 5)): "categorical",
}


@pytest.mark.parametrize(("shapes", "kind"), SHAPES.items())
def test_kind_by_shape(shapes, kind):
    y_true, y_pred = (minicnn.KerasTensor(shape) for shape in shapes)
    assert kind_of_classes(y_true, y_pred) == kind
    prefix = {"binary": "Binary", "sparse": "SparseCategorical", "categorical": "Categorical"}[kind]
    for name, suffix in {"accuracy": "Accuracy", "acc": "Accuracy", "ce": "Crossentropy"}.items():
        metric = get_metric(name, y_true, y_pred)
        assert type(metric) is getattr(metrics, prefix + suffix)
        assert metric.name == name
    loss = get_loss("crossentropy", y_true, y_pred)
    assert loss.fn.__name__.startswith(kind.replace("sparse", "sparse_categorical"))
    assert loss.name == "crossentropy"


def test_names_of_metrics_and_losses():
    def distance(y_true, y_pred):
        return abs(y_true - y_pred)

    x = np.ones((2, 3))
    assert get_metric("mse", x, x).name == "mse"
    assert get_metric(distance, x, x).name == "distance"
    assert get_metric(metrics.AUC, x, x).name == "auc"
    assert get_metric(losses.Huber(), x, x).name.startswith("huber")
    assert get_loss("mse", x, x).name == "mse"
    assert get_loss(distance, x, x).name == "distance"
    assert get_loss(losses.Huber(name="h"), x, x).name == "h"
    assert get_loss(None, x, x) is None
    with pytest.raises(ValueError, match="Expected metric, received `None`"):
        get_metric(None, x, x)


def test_unknown_names_are_refused_at_once():
    check_identifiers({"a": "mse", "b": [None, "ce"]}, ["acc", len], None)
    with pytest.raises(ValueError, match="mean_squared_error"):
        check_identifiers("mean_squared_eror")
    with pytest.raises(ValueError, match="sparse_categorical_accuracy"):
        check_identifiers("mse", [["acc"], "sparse_categorical_acuracy"])


ONES, ZEROS = np.ones((4, 2)), np.zeros((4, 2))


@pytest.mark.parametrize(
    ("loss", "weights", "names", "y_true", "y_pred", "error", "message"),
    [
        ({"a": "mse"}, None, ["a", "b"], [ONES] * 2, [ONES] * 2, ValueError, "Expected keys .*'b'"),
        ({"a": "mse"}, None, None, ONES, ONES, ValueError, "Expected keys"),
        (
            {"a": "mse", "c": "mse"},
            None,
            ["a", "b"],
            {"a": ONES, "b": ONES},
            {"a": ONES, "b": ONES},
            KeyError,
            "'c'.*can't be found in either the model's output",
        ),
        (
            ["mse"] * 3,
            None,
            ["a", "b"],
            [ONES] * 2,
            [ONES] * 2,
            KeyError,
            r"\(2,\).*can't be found in either",
        ),
        (
            {"a": {"x": "mse"}},
            None,
            ["a"],
            {"a": ONES},
            {"a": ONES},
            KeyError,
            "can't be found in the model's output",
        ),
        ("mse", [1.0, 2.0], None, ONES, ONES, ValueError, "got 1 losses and 2 weights"),
        (
            ["mse", "mse"],
            None,
            ["a", "b"],
            [ONES],
            [ONES] * 2,
            ValueError,
            r"different structures.*'a', 'b'.*\['\*'\]",
        ),
        (
            ["mse", "mse"],
            None,
            ["a", "b"],
            {"a": ONES, "z": ONES},
            [ONES] * 2,
            ValueError,
            "different structures",
        ),
    ],
)
def test_losses_that_do_not_fit(loss, weights, names, y_true, y_pred, error, message):
    with pytest.raises(error, match=f"(?s){message}"):
        CompileLoss(loss, weights, output_names=names)(y_true, y_pred)


def test_loss_weights_of_the_wrong_kind():
    with pytest.raises(ValueError, match=r"`loss_weights`.*loss_weights=2 of type int"):
        CompileLoss("mse", 2)


def test_error_of_one_loss_among_several_names_its_output():
    loss = CompileLoss(["mse", "mse"], output_names=["size", "place"])
    with pytest.raises(ValueError, match="shape") as caught:
        loss([ONES, ONES], [ONES, np.ones((4, 3))])
    assert any("'place'" in note for note in caught.value.__notes__)


def test_labels_in_other_containers():
    loss = CompileLoss("mse", output_names=["a", "b"])
    for y_true in ((ONES, ZEROS), {"a": ONES, "b": ZEROS}, [ONES, ZEROS]):
        assert float(loss(y_true, [ONES, ONES])) == 1.0
    named = CompileLoss({"a": "mse", "b": "mae"}, output_names=["other", "names"])
    assert float(named((ONES, ZEROS), {"b": 3 * ONES, "a": ONES})) == 3.0


def test_single_losses_are_logged_without_their_weights():
    loss = CompileLoss(["mse", "mae"], [10.0, 0.5], output_names=["a", "b"])
    assert float(loss([ZEROS, ZEROS], [2 * ONES, 3 * ONES])) == 41.5
    loss([ZEROS[:2], ZEROS[:2]], [ONES[:2], ONES[:2]])
    assert [metric.name for metric in loss.metrics] == ["a_loss", "b_loss"]
    np.testing.assert_allclose([float(m.result()) for m in loss.metrics], [3.0, 14 / 6], rtol=1e-6)


def test_names_of_losses_of_several_outputs_together():
    def both(y_true, y_pred):
        return sum(y_pred.values()) if isinstance(y_pred, dict) else sum(y_pred)

    for nest in (lambda a, b: {"a": a, "b": b}, lambda a, b: [a, b]):
        loss = CompileLoss(
            [both, nest("mse", "mse")] if nest(1, 1) != [1, 1] else (both, ["mse"] * 2)
        )
        loss.output_names = ["y1", "y2"]
        loss(nest(ONES, ONES), nest(ONES, ONES))
        names = ["a_b", "a", "b"] if isinstance(nest(1, 1), dict) else ["y1_y2", "y1", "y2"]
        assert [metric.name for metric in loss.metrics] == [f"{name}_loss" for name in names]


def test_two_losses_for_one_output_warn_and_the_first_counts():
    with pytest.warns(UserWarning, match="2 losses were given for a model with one output"):
        loss = CompileLoss(["mse", "mae"], output_names=["a"])(ZEROS, 3 * ONES)
    assert float(loss) == 9.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"metrics": "accuracy"}, r"Expected `metrics`.*metrics=\['accuracy'\]"),
        ({"weighted_metrics": "mse"}, "Expected `weighted_metrics`"),
    ],
)
def test_metrics_must_be_listed(arguments, message):
    with pytest.raises(ValueError, match=message):
        CompileMetrics(**{"metrics": None, "weighted_metrics": None, **arguments})


@pytest.mark.parametrize("given", [["mae"], ["mae", "mse", "mae"], {"z": "mae"}])
def test_metrics_that_do_not_fit(given):
    both = CompileMetrics(given, None, output_names=["a", "b"])
    with pytest.raises(ValueError, match=r"(?s)Invalid `metrics`.*\['a', 'b'\].*\['X', 'X'\]"):
        both.update_state([ONES, ONES], [ONES, ONES])


def test_metrics_before_the_first_batch():
    unbuilt = CompileMetrics(["mae"], None)
    assert unbuilt.metrics == unbuilt.variables == []
    unbuilt.reset_state()
    with pytest.raises(ValueError, match="not yet been built"):
        unbuilt.result()


def test_names_of_weighted_metrics():
    both = CompileMetrics(["mae", "mse"], ["mae", "mae", "mape"])
    both.update_state(ZEROS, ONES, np.array([1.0, 0, 0, 0]))
    assert list(both.result()) == ["mae", "mse", "weighted_mae", "weighted_mae_1", "mape"]
    assert len(both.variables) == 10
