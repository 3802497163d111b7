"""A subclass that overrides `convolution_op` computes with it, beside real Keras."""

import numpy as np
import pytest

import minicnn


def standardized(library, base):
    class Standardized(base):
        """Convolves with a kernel of mean 0."""

        def convolution_op(self, inputs, kernel):
            mean = library.ops.mean(kernel, axis=tuple(range(self.rank + 1)), keepdims=True)
            return super().convolution_op(inputs, kernel - mean)

    return Standardized


CASES = [
    ("Conv2D", (7, 6, 4), {"strides": 2, "padding": "same", "groups": 2, "activation": "relu"}),
    ("Conv2D", (8, 8, 4), {"activation": "relu", "use_bias": False}),
    ("Conv3D", (4, 5, 3, 4), {}),
]


@pytest.mark.parametrize(("name", "shape", "settings"), CASES, ids=["2", "2 plain", "3"])
def test_it_is_used_alone_and_before_a_pool(keras, backend, name, shape, settings, rng):
    x = rng.normal(size=(2, *shape)).astype("float32")
    outputs, layers = [], []
    for library in (keras, minicnn):
        layer = standardized(library, getattr(library.layers, name))(4, 3, **settings)
        pool = [library.layers.MaxPooling2D()] if name == "Conv2D" else []
        model = library.Sequential([library.Input(shape), layer, *pool])
        layers.append(layer)
        if library is minicnn:
            layer.set_weights([np.array(w) for w in layers[0].get_weights()])
        outputs.append(np.asarray(model(x)))
    np.testing.assert_allclose(outputs[1], outputs[0], rtol=1e-4, atol=1e-5)


def test_the_plain_one_is_the_convolution_without_bias_and_activation(rng):
    layer = minicnn.layers.Conv2D(3, 2, strides=2, padding="same", activation="relu")
    x = rng.normal(size=(2, 5, 5, 2)).astype("float32")
    layer.build(x.shape)
    expected = minicnn.ops.conv(x, layer.kernel, 2, "same")
    np.testing.assert_array_equal(layer.convolution_op(x, layer.kernel), expected)


def test_conv1d_uses_it_too_with_causal_padding(backend, rng):
    """Keras's `Conv1D` takes no notice of an override."""
    settings = {"padding": "causal", "dilation_rate": 2, "activation": "tanh"}
    own = standardized(minicnn, minicnn.layers.Conv1D)(4, 3, **settings)
    plain = minicnn.layers.Conv1D(4, 3, **settings)
    x = rng.normal(size=(2, 9, 4)).astype("float32")
    own.build(x.shape)
    plain.build(x.shape)
    kernel = own.kernel.numpy()
    plain.set_weights([kernel - kernel.mean((0, 1), keepdims=True), own.bias.numpy()])
    np.testing.assert_allclose(own(x), plain(x), rtol=1e-4, atol=1e-5)
