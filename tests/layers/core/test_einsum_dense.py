"""`EinsumDense`: its equation, beside real Keras and against derivatives in float64."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from minicnn import layers
from minicnn.layers.core.einsum_equation import read_equation
from minicnn.testing import check_layer

# equation, output_shape, bias_axes, input's shape
EQUATIONS = [
    ("ab,bc->ac", 5, "c", (3, 4)),
    ("abc,cd->abd", (None, 5), "d", (2, 3, 4)),
    ("abc,cd->abd", (3, 5), "bd", (2, 3, 4)),
    ("abc,bcd->ad", 5, None, (2, 3, 4)),
    ("abc,bcd->abd", (3, 5), "b", (2, 3, 4)),
    ("abc,cde->abde", (3, 2, 5), "de", (2, 3, 4)),
    ("abc,cde->aebd", (5, 3, 2), "e", (2, 3, 4)),
    ("abc,cd->adb", (5, 3), "db", (2, 3, 4)),
    ("abcd,cde->abe", (3, 6), "e", (2, 3, 4, 5)),
    ("...x,xy->...y", 5, "y", (2, 3, 4)),
    ("...x,xy->...y", 5, "y", (2, 4)),
    ("...ab,bc->...ac", (4, 6), "ac", (2, 3, 4, 5)),
    ("...ab,bcd->...acd", (4, 2, 6), "d", (2, 4, 5)),
    ("ab...,bc->ac...", (5,), "c", (2, 3, 4)),
    ("abc...,cbd->abd...", (3, 6), "bd", (2, 3, 4, 5)),
    ("abc,de->abcde", (3, 4, 5, 6), "ce", (2, 3, 4)),
]


@pytest.mark.parametrize(("equation", "output_shape", "bias_axes", "shape"), EQUATIONS)
def test_equations_are_read_as_in_keras(keras, equation, output_shape, bias_axes, shape):
    settings = {"equation": equation, "output_shape": output_shape, "bias_axes": bias_axes}
    ours, theirs = (
        k.layers.EinsumDense(**settings, activation="tanh", name="same") for k in (minicnn, keras)
    )
    x = np.random.default_rng(0).standard_normal(shape).astype("float32")
    y = np.asarray(theirs(x))
    ours.build(shape)
    assert [(w.path, tuple(w.shape)) for w in ours.weights] == [
        (w.path, tuple(w.shape)) for w in theirs.weights
    ]
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(ours(x), y, atol=1e-6)
    assert ours.compute_output_shape(shape) == theirs.compute_output_shape(shape)
    assert ours(minicnn.KerasTensor((None, *shape[1:]))).shape == tuple(
        theirs(keras.KerasTensor((None, *shape[1:]))).shape
    )
    config = theirs.get_config()
    config.pop("quantization_config")
    assert ours.get_config() == config


@pytest.mark.parametrize("case", EQUATIONS[2:13:2])
def test_the_layer_keeps_what_a_layer_must(case):
    equation, output_shape, bias_axes, shape = case
    settings = {"equation": equation, "output_shape": output_shape, "bias_axes": bias_axes}
    check_layer(layers.EinsumDense, {**settings, "activation": "tanh"}, shape)


def test_initial_values_have_the_spread_of_their_axes():
    layer = layers.EinsumDense("abc,cde->abde", (None, 30, 40), kernel_initializer="he_normal")
    layer.build((None, 3, 50))
    assert np.std(layer.kernel.numpy()) == pytest.approx((2 / 50) ** 0.5, rel=0.02)
    config = layer.get_config()["kernel_initializer"]["config"]
    assert config["input_axes"] is None
    given = minicnn.initializers.HeNormal(input_axes=[0, 1], output_axes=[2])
    layer = layers.EinsumDense("abc,cde->abde", (None, 30, 40), kernel_initializer=given)
    layer.build((None, 3, 50))
    assert np.std(layer.kernel.numpy()) == pytest.approx((2 / 1500) ** 0.5, rel=0.02)


@pytest.mark.parametrize("bias_axes", [0, "", ["d"]])
def test_axes_of_a_bias_are_letters(bias_axes):
    with pytest.raises(ValueError, match="`bias_axes` must be letters"):
        layers.EinsumDense("abc,cd->abd", (3, 5), bias_axes=bias_axes)


def test_unknown_lengths():
    assert read_equation("abc,cd->abd", "d", (None, None, 4), (None, 5)) == (
        (4, 5),
        (5,),
        (None, None, 5),
        [0],
        [1],
    )
    assert read_equation("abc,bcd->abd", None, (None, 3, 4), (None, 5)).kernel == (3, 4, 5)
    with pytest.raises(ValueError, match="needs a length for its axis 'b'"):
        read_equation("abc,bcd->abd", None, (None, None, 4), (None, 5))


@pytest.mark.parametrize(
    ("equation", "output_shape", "bias_axes", "message"),
    [
        ("abc,cd", (3, 5), None, "Invalid einsum equation"),
        ("abc, cd -> abd", (3, 5), None, "Invalid einsum equation"),
        ("a...bc,cd->a...bd", (3, 5), None, "Invalid einsum equation"),
        ("a...,ad->d...", (3, 5), None, "Invalid einsum equation"),
        ("abc,cd->abe", (3, 5), None, "'e' was specified in the output"),
        ("abc,cf->abc", (3, 4), None, "Weight dimension 'f' did not have a match"),
        ("abc,cd->abd", (2, 5), None, "do not match at shared dimension 'b'"),
        ("abc,cd->abd", (3, 5), "f", "Bias dimension 'f' was requested"),
        ("abc,cd->abd", (5,), None, "`output_shape` has 1 axes"),
        ("ab,bd->ad", (5,), None, "Number of dimensions"),
    ],
)
def test_equations_that_do_not_fit(equation, output_shape, bias_axes, message):
    layer = layers.EinsumDense(equation, output_shape, bias_axes=bias_axes)
    with pytest.raises(ValueError, match=message):
        layer.build((None, 3, 4))
    assert not layer.weights
