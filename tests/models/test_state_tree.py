"""`get_state_tree` and `set_state_tree`, beside real Keras."""

import numpy as np
import pytest

import minicnn


def trained(library):
    model = library.Sequential(
        [
            library.Input((3,)),
            library.layers.Dense(2, name="hidden"),
            library.layers.BatchNormalization(name="norm"),
            library.layers.Dense(1, name="scores"),
        ],
        name="net",
    )
    model.compile(library.optimizers.Adam(name="adam"), "mse", metrics=["mae"], run_eagerly=True)
    model.fit(np.ones((4, 3)), np.zeros((4, 1)), verbose=0)
    return model


def outline(tree):
    return {k: outline(v) if isinstance(v, dict) else np.shape(v) for k, v in tree.items()}


def test_the_tree_is_that_of_keras(keras):
    ours, theirs = trained(minicnn), trained(keras)
    tree = ours.get_state_tree("numpy_array")
    assert outline(tree) == outline(theirs.get_state_tree("numpy_array"))
    theirs.set_state_tree(tree)
    for mine, other in zip(ours.weights, theirs.weights, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_a_tree_restores_all_variables():
    model = trained(minicnn)
    tree = model.get_state_tree()
    before = [v.numpy() for v in (*model.weights, *model.optimizer.variables)]
    model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    model.set_state_tree(tree)
    after = [*model.weights, *model.optimizer.variables]
    assert all(np.array_equal(x, y) for x, y in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        ({"weights": {}}, "Unknown variable name: weights"),
        ({"trainable_variables": {"net": {"hidden": {"kernels": 1}}}}, "'net/hidden/kernels'"),
        ({"trainable_variables": 3}, "dicts inside dicts"),
        (
            {"trainable_variables": {"net": {"hidden": {"bias": np.ones(2), "kernel": 1}}}},
            "shape",
        ),
    ],
)
def test_a_wrong_tree_changes_nothing(tree, text):
    model = trained(minicnn)
    before = [w.numpy() for w in model.weights]
    with pytest.raises(ValueError, match=text):
        model.set_state_tree(tree)
    assert all(np.array_equal(x, y) for x, y in zip(before, model.weights, strict=True))


def test_a_path_found_twice_is_refused():
    model = minicnn.Sequential([minicnn.Input((2,), name="in")])
    for _ in range(2):
        layer = minicnn.layers.Dense(2, name="a")
        layer.build((None, 2))
        model._twice = [*getattr(model, "_twice", []), layer]
    with pytest.raises(ValueError, match="found twice"):
        model.get_state_tree()
    with pytest.raises(ValueError, match="value_format=list"):
        model.get_state_tree("list")
