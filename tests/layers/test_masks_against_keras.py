"""A mask through every layer, in inference and in training, beside real Keras.

Compared are whether a mask comes out, which one, and the values where nothing is random.
"""

import copy
import warnings

import numpy as np
import pytest

import minicnn
from compare.cases import catalogue
from compare.libraries.minicnn import MiniCNN
from minicnn.layers.preprocessing.image_layer import RandomImageLayer

LIBRARY = MiniCNN()
RANDOM = ("Dropout", "Noise")


def first_cases():
    """A case of parity for each class of layers; augmented images have no steps to mask."""
    found = {}
    for case in catalogue.cases():
        if (
            case.kind == "layers"
            and case.inputs
            and not case.call
            and not issubclass(getattr(minicnn.layers, case.name), RandomImageLayer)
        ):
            found.setdefault(case.name, case)
    return list(found.values())


def outcome(k, case, arrays, training):
    """The output and the mask that goes on, or the class of the error."""
    library = copy.copy(LIBRARY)
    library.keras = k
    layer = getattr(k.layers, case.name)(**library.resolve(dict(case.settings)))
    tensors = [k.ops.convert_to_tensor(x) for x in arrays]
    layer(tensors if len(tensors) > 1 else tensors[0])  # builds it
    weights = np.random.default_rng(3)
    layer.set_weights([weights.uniform(0.3, 1, w.shape) for w in layer.get_weights()])
    for i, (tensor, x) in enumerate(zip(tensors, arrays, strict=True)):
        shape = x.shape[:-1] if x.ndim > 1 else x.shape
        mask = np.random.default_rng([7, i]).integers(0, 2, shape).astype(bool)
        mask.flat[:2] = True, False
        tensor._keras_mask = k.ops.convert_to_tensor(mask)
    try:
        y = layer(tensors if len(tensors) > 1 else tensors[0], training=training)
    except Exception:  # of any class: the libraries refuse masks of other shapes in their own ways
        return "refused", None
    first = y[0] if isinstance(y, (list, tuple)) else y
    mask = getattr(first, "_keras_mask", None)
    return np.asarray(first), None if mask is None else np.asarray(mask)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("case", first_cases(), ids=lambda case: case.name)
def test_a_mask_goes_through_as_in_keras(keras, case, training):
    if any(getattr(v, "__module__", "").startswith("minicnn") for v in case.settings.values()):
        pytest.skip("its settings are objects of minicnn")
    arrays = minicnn.tree.flatten(list(LIBRARY.values(case.inputs, case.label)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected, expected_mask = outcome(keras, case, arrays, training)
        except Exception as error:
            pytest.skip(f"Keras on TensorFlow does not build it: {type(error).__name__}")
        found, mask = outcome(minicnn, case, arrays, training)
    assert isinstance(found, str) == isinstance(expected, str)
    if isinstance(expected, str):
        return
    assert (mask is None) == (expected_mask is None)
    if mask is not None:
        np.testing.assert_array_equal(mask, expected_mask)
    if case.known_differences:
        return
    if not training or not any(word in case.name for word in RANDOM):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("cls", ["SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"])
def test_the_mask_of_whole_channels_reaches_the_loss(keras, cls, training):
    """Rows that the mask leaves out do not count in the loss behind the layer."""
    shape = (2, *(3,) * int(cls[-2]), 4)
    mask = np.zeros(shape[:-1], bool)
    mask[:, 0] = True
    losses = []
    for k in (minicnn, keras):
        x = k.ops.ones(shape)
        x._keras_mask = k.ops.convert_to_tensor(mask)
        y = getattr(k.layers, cls)(1e-9)(x, training=training)
        target = np.where(mask[..., None], 3.0, 1e4) * np.ones(shape)
        losses.append(float(k.losses.MeanSquaredError()(target, y)))
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    assert losses[0] < 1e3
