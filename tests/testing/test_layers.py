"""`check_layer` accepts the layers of the library and finds what a wrong layer does not keep."""

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers, ops
from minicnn.testing import CannotCheck, LayerFault, check_gradients, check_layer

RIGHT = [
    (layers.Dense, {"units": 3, "activation": "tanh"}, (2, 4)),
    (layers.Conv1D, {"filters": 3, "kernel_size": 2}, (2, 5, 3)),
    (layers.Conv2D, {"filters": 3, "kernel_size": 2, "activation": "relu"}, (2, 5, 4, 3)),
    (layers.Conv2DTranspose, {"filters": 2, "kernel_size": 3, "strides": 2}, (2, 3, 4, 2)),
    (layers.DepthwiseConv2D, {"kernel_size": 2}, (2, 5, 4, 3)),
    (layers.SeparableConv2D, {"filters": 2, "kernel_size": 2}, (2, 5, 4, 3)),
    (layers.MaxPooling2D, {}, (2, 5, 4, 3)),
    (layers.AveragePooling2D, {"pool_size": 2, "padding": "same"}, (2, 5, 4, 3)),
    (layers.GlobalAveragePooling2D, {}, (2, 5, 4, 3)),
    (layers.BatchNormalization, {}, (3, 5, 4, 3)),
    (layers.LayerNormalization, {}, (3, 5)),
    (layers.GroupNormalization, {"groups": 2}, (3, 3, 4)),
    (layers.Dropout, {"rate": 0.4}, (3, 5)),
    (layers.GaussianNoise, {"stddev": 0.4}, (3, 5)),
    (layers.PReLU, {}, (3, 5)),
    (layers.Softmax, {}, (3, 5)),
    (layers.Flatten, {}, (3, 2, 2)),
    (layers.UpSampling2D, {}, (2, 3, 2, 2)),
    (layers.ZeroPadding2D, {}, (2, 3, 2, 2)),
    (layers.Reshape, {"target_shape": (4,)}, (3, 2, 2)),
    (layers.Add, {}, [(3, 2), (3, 2)]),
    (layers.Concatenate, {}, [(3, 2), (3, 4)]),
]


@pytest.mark.parametrize(("layer", "settings", "shape"), RIGHT, ids=lambda x: str(x))
def test_layers_of_the_library(layer, settings, shape):
    report = check_layer(layer, settings, shape)
    assert "gradients" in report.passed
    assert "saving" in report.passed


def test_an_embedding_is_checked_on_whole_numbers():
    report = check_layer(
        layers.Embedding,
        {"input_dim": 5, "output_dim": 3},
        inputs=[np.array([[1, 0], [4, 4]], "int32")],
    )
    assert report.passed["gradients"] == "right to 0 inputs and 1 variable"


class Scale(keras.Layer):
    def __init__(self, by=2.0, **kwargs):
        super().__init__(**kwargs)
        self.by = by

    def build(self, input_shape):
        self.factor = self.add_weight(shape=input_shape[-1:], initializer="ones")

    def call(self, x):
        return x * self.factor * self.by


class WrongGradient(Scale):
    def call(self, x):
        double = ops.custom_gradient(lambda x: (2 * x, lambda c: c))
        return double(x) * self.factor


class WrongShape(Scale):
    def compute_output_shape(self, input_shape):
        return (*input_shape, 1)


class LostSetting(Scale):
    def get_config(self):
        return {k: v for k, v in super().get_config().items() if k != "by"}


class MixesSamples(Scale):
    def call(self, x):
        return super().call(x) - ops.mean(x, axis=0, keepdims=True)


class Random(Scale):
    def call(self, x):
        return super().call(x) * np.random.default_rng().uniform()


class ChangesInput(Scale):
    def call(self, x):
        if isinstance(x, keras.Tensor):
            x.array[...] = 1.0
        return super().call(x)


class SameMemory(Scale):
    memory = np.zeros((3, 4), "float32")

    def call(self, x):
        y = super().call(x)
        if not isinstance(y, keras.Tensor) or y.shape != (3, 4) or y.dtype != "float32":
            return y
        self.memory[...] = y.array
        return keras.Tensor(self.memory, y.record)


class SingleInside(Scale):
    def call(self, x):
        return ops.cast(super().call(x), "float32")


class ForgottenWeight(Scale):
    def build(self, input_shape):
        super().build(input_shape)
        self.other = np.random.default_rng().normal(size=input_shape[-1:]).astype("float32")

    def call(self, x):
        return super().call(x) + self.other


WRONG = [
    (WrongGradient, "gradients"),
    (WrongShape, "symbolic call"),
    (LostSetting, "config"),
    (LostSetting, "saving"),
    (MixesSamples, "samples"),
    (Random, "same twice"),
    (ChangesInput, "inputs"),
    (SingleInside, "float32"),
    (SingleInside, "mixed_float16"),
    (ForgottenWeight, "saving"),
    (SameMemory, "aliasing"),
]


def test_a_right_layer_of_ones_own():
    assert set(check_layer(Scale, {"by": 3.0}, (3, 4)).left_out) == {"data format"}


@pytest.mark.parametrize(("layer", "name"), WRONG, ids=lambda x: str(x))
def test_wrong_layers(layer, name):
    with pytest.raises(LayerFault) as caught:
        check_layer(layer, {"by": 3.0}, (3, 4))
    print(caught.value)
    assert name in caught.value.faults


def test_checks_can_be_left_out():
    report = check_layer(MixesSamples, {}, (3, 4), leave_out="samples config")
    assert report.left_out["samples"] == "as asked for"
    with pytest.raises(CannotCheck, match="no check named sample"):
        check_layer(MixesSamples, {}, (3, 4), leave_out="sample")


def test_bad_input():
    class Silent(keras.Layer):
        pass

    with pytest.raises(CannotCheck, match="has no `call`"):
        check_layer(Silent, {}, (2, 3))
    with pytest.raises(CannotCheck, match="has no `call`"):
        check_gradients(Silent(), np.ones((2, 3)))
    with pytest.raises(CannotCheck, match="takes a layer or its class"):
        check_layer(3, {}, (2, 3))
    with pytest.raises(CannotCheck, match="shape with the batch"):
        check_layer(layers.Dense, {"units": 2})
    with pytest.raises(CannotCheck, match="cannot be made or called"):
        check_layer(layers.Conv2D, {"filters": 2, "kernel_size": 2}, (2, 3))
