"""The table of the Learn pages: for each its class, a small example and the code that does it."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from minicnn import layers, losses, optimizers
from minicnn.backend.numpy import (
    activations,
    conv,
    fused_layers,
    normalization,
    pool,
    random,
    recurrent,
    softmax,
)
from minicnn.backend.numpy import losses as loss_functions
from minicnn.backend.numpy import optimizers as steps
from minicnn.common import sliding_windows
from minicnn.losses.loss_function_wrapper import LossFunctionWrapper
from minicnn.studio.lessons.general_examples import general

Choices = dict[str, tuple]
LENGTH = "input length"
"""A choice of the reader that is no argument of the layer: the height and width of the input."""


@dataclass(frozen=True)
class Topic:
    """A page.

    Attributes:
        name: in the address.
        title: for people.
        group: the heading it stands under.
        cls: what it is about.
        settings: arguments of the class in the small example.
        choices: what the reader may set, with the values to choose from.
        shape: of the example's input, with the batch.
        code: functions of the NumPy backend that compute it forward.
        backward_code: those that compute its gradients.
        integers: the input holds whole numbers below this; 0 if it holds any numbers.
        inputs: how many of this shape the layer is called with, in a list if there are several.
        also: functions whose docstring says more, such as how the shape is computed.
    """

    name: str
    title: str
    group: str
    cls: type
    settings: dict[str, Any] = field(default_factory=dict)
    choices: Choices = field(default_factory=dict)
    shape: tuple[int, ...] = ()
    code: tuple[Callable, ...] = ()
    backward_code: tuple[Callable, ...] = ()
    integers: int = 0
    inputs: int = 1
    also: tuple[Callable, ...] = ()


_WINDOW = {"strides": (1, 2, 3), "padding": ("valid", "same")}
_IMAGE = {LENGTH: (5, 3, 4, 6, 7, 8)}
_CONV = {**_IMAGE, "kernel_size": (3, 1, 2, 4), **_WINDOW, "dilation_rate": (1, 2)}
_POOL = {LENGTH: (6, 4, 5, 7, 8), "pool_size": (2, 3), "strides": (2, 1, 3)}
_POOL |= {"padding": ("valid", "same")}
_PLACES = (sliding_windows.output_size, sliding_windows.pad_pairs)
_ONE = {"filters": 1, "kernel_size": 3}
_LR = {"learning_rate": (0.1, 0.01, 0.3, 1.0)}
_CONV_CODE = ((conv.im2col, conv.conv), (conv.conv_kernel_gradient, conv.conv_input_gradient))

_RECURRENT = {"units": (2, 1, 3), "return_sequences": (False, True), "go_backwards": (False, True)}

_ROWS = (
    *(
        Topic("conv2d", "Convolution", "Layers", layers.Conv2D, _ONE, _CONV, (1, 5, 5, 1),
              *_CONV_CODE, also=_PLACES),
        Topic("conv2d-groups", "Convolution in groups", "Layers", layers.Conv2D,
              {"filters": 2, "kernel_size": 2, "groups": 2},
              {LENGTH: (4, 3, 5), "groups": (2, 1), "kernel_size": (2, 1, 3), **_WINDOW},
              (1, 4, 4, 2), (conv.conv, conv.tensordot_by_group), _CONV_CODE[1], also=_PLACES),
        Topic("conv2dtranspose", "Transposed convolution", "Layers", layers.Conv2DTranspose,
              {"filters": 1, "kernel_size": 3, "strides": 2},
              {LENGTH: (3, 2, 4), "kernel_size": (3, 1, 2), "strides": (2, 1, 3),
               "padding": ("valid", "same")}, (1, 3, 3, 1),
              (conv.conv_input_gradient, conv.col2im), (conv.conv, conv.conv_kernel_gradient)),
        Topic("depthwiseconv2d", "Depthwise convolution", "Layers", layers.DepthwiseConv2D,
              {"kernel_size": 2}, {LENGTH: (4, 3, 5), "kernel_size": (2, 1, 3), **_WINDOW,
                                   "depth_multiplier": (1, 2)},
              (1, 4, 4, 2), (conv.conv, conv.tensordot_by_group), _CONV_CODE[1], also=_PLACES),
        Topic("maxpooling2d", "Max pooling", "Layers", layers.MaxPooling2D, {}, _POOL,
              (1, 6, 6, 1), (pool.max_pool, pool.max_pool_gather), (pool.max_pool_gradient,),
              also=_PLACES),
        Topic("averagepooling2d", "Average pooling", "Layers", layers.AveragePooling2D,
              {"pool_size": 2}, _POOL, (1, 6, 6, 1), (pool.average_pool,),
              (pool.average_pool_gradient,), also=_PLACES),
        Topic("dense", "Dense", "Layers", layers.Dense, {"units": 3},
              {"units": (3, 1, 2, 4), "activation": ("linear", "relu", "sigmoid", "tanh")},
              (1, 4), (fused_layers.dense_layer,), (fused_layers.dense_layer_gradients,)),
        Topic("batchnormalization", "Batch normalization", "Layers", layers.BatchNormalization,
              {}, {"epsilon": (0.001, 1e-05, 0.1)}, (4, 2),
              (normalization.moments, fused_layers.batch_norm_layer),
              (fused_layers.batch_norm_layer_gradients,)),
        Topic("dropout", "Dropout", "Layers", layers.Dropout, {"rate": 0.5, "seed": 1},
              {"rate": (0.5, 0.2, 0.8), "seed": (1, 2, 3)}, (1, 8),
              (random.dropout, random.dropout_mask)),
        Topic("embedding", "Embedding", "Layers", layers.Embedding,
              {"input_dim": 5, "output_dim": 3}, {"output_dim": (3, 1, 2, 4)}, (1, 4),
              integers=5),
        Topic("relu", "ReLU", "Layers", layers.ReLU, {}, {"negative_slope": (0.0, 0.1, 0.5)},
              (1, 6), (activations.relu,), (activations.relu_gradient,)),
        Topic("softmax", "Softmax", "Layers", layers.Softmax, {}, {}, (1, 4),
              (softmax.softmax,), (softmax.softmax_gradient,)),
        Topic("simplernn", "Simple recurrent layer", "Layers", layers.SimpleRNN, {"units": 2},
              _RECURRENT, (1, 3, 2), (recurrent.simple_rnn_step, recurrent.recurrent_layer),
              (recurrent.simple_rnn_step_gradient, recurrent.recurrent_layer_gradients)),
        Topic("lstm", "LSTM", "Layers", layers.LSTM, {"units": 2}, _RECURRENT, (1, 3, 2),
              (recurrent.lstm_step, recurrent.recurrent_layer),
              (recurrent.lstm_step_gradient, recurrent.recurrent_layer_gradients)),
        Topic("gru", "GRU", "Layers", layers.GRU, {"units": 2},
              {**_RECURRENT, "reset_after": (True, False)}, (1, 3, 2),
              (recurrent.gru_step, recurrent.recurrent_layer),
              (recurrent.gru_step_gradient, recurrent.recurrent_layer_gradients)),
    ),
    *(
        Topic("softmaxcrossentropy", "Softmax cross-entropy", "Losses",
              losses.SparseCategoricalCrossentropy, {"from_logits": True}, {}, (1, 4),
              (loss_functions.sparse_softmax_cross_entropy,),
              (loss_functions.sparse_softmax_cross_entropy_gradient,), integers=4),
        Topic("meansquarederror", "Mean squared error", "Losses", losses.MeanSquaredError,
              {}, {}, (1, 4)),
    ),
    *(
        Topic("sgd", "SGD", "Optimizers", optimizers.SGD, {"learning_rate": 0.1}, _LR,
              code=(steps.sgd_step,)),
        Topic("momentum", "Momentum", "Optimizers", optimizers.SGD,
              {"learning_rate": 0.1, "momentum": 0.9}, {**_LR, "momentum": (0.9, 0.5, 0.99)},
              code=(steps.momentum_step,)),
        Topic("nesterov", "Nesterov's momentum", "Optimizers", optimizers.SGD,
              {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
              {**_LR, "momentum": (0.9, 0.5, 0.99)}, code=(steps.momentum_step,)),
        Topic("rmsprop", "RMSprop", "Optimizers", optimizers.RMSprop, {"learning_rate": 0.1},
              {**_LR, "rho": (0.9, 0.5, 0.99)}, code=(steps.rmsprop_step,)),
        Topic("adam", "Adam", "Optimizers", optimizers.Adam, {"learning_rate": 0.1},
              {**_LR, "beta_1": (0.9, 0.5, 0.0), "beta_2": (0.999, 0.9, 0.5)},
              code=(steps.adam_step,)),
        Topic("adamw", "AdamW", "Optimizers", optimizers.AdamW,
              {"learning_rate": 0.1, "weight_decay": 0.1},
              {**_LR, "weight_decay": (0.1, 0.004, 0.5)},
              code=(steps.decay_step, steps.adam_step)),
    ),
)  # fmt: skip

_NOTHING, _DICT = "computes nothing of its own", "mixes the images and labels of a batch, in a dict"
_ANY = "applies whatever layers it draws, which have pages of their own"
_WITHOUT_PAGE: dict[type, str] = {
    layers.Wrapper: _NOTHING,
    layers.InputLayer: _NOTHING,
    LossFunctionWrapper: _NOTHING,
    layers.Pipeline: _NOTHING,
    optimizers.MultiOptimizer: _NOTHING,
    layers.SpectralNormalization: "changes the weights of the layer inside at each call",
    layers.CutMix: _DICT,
    layers.MixUp: _DICT,
    layers.RandAugment: _ANY,
    layers.AugMix: _ANY,
}
"""Classes of which no example with a few numbers would show anything, and why."""


@functools.cache
def topics() -> dict[str, Topic]:
    """All pages by name: those of the table, then a page for every other class with a docstring."""
    found = {topic.name: topic for topic in _ROWS}
    known = {topic.cls for topic in _ROWS} | set(_WITHOUT_PAGE)
    for group, module, base in (
        ("More layers", layers, layers.Layer),
        ("More losses", losses, losses.Loss),
        ("More optimizers", optimizers, optimizers.Optimizer),
    ):
        for _, cls in sorted(vars(module).items()):
            if not inspect.isclass(cls) or not issubclass(cls, base) or cls in known:
                continue
            known.add(cls)
            if cls is not base and inspect.getdoc(cls):
                name = re.sub(r"\W", "", cls.__name__).lower()
                settings, more = general(cls)
                found.setdefault(name, Topic(name, cls.__name__, group, cls, settings, **more))
    return found
