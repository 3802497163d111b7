"""A layer that is checked: how to make it, its inputs, and how it is called."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from minicnn import Layer, tree
from minicnn.testing.errors import CannotCheck
from minicnn.testing.targets import draw


class Subject:
    """Makes layers of one kind with the same weights, and calls them."""

    def __init__(
        self, layer_class: type[Layer], settings: dict, input_shape: Any, inputs: Any, seed: int
    ):
        self.layer_class, self.settings, self.seed = layer_class, settings, seed
        self.name = layer_class.__name__
        if inputs is None:
            if input_shape is None:
                raise CannotCheck(
                    f"Give {self.name} a shape with the batch: check_layer({self.name}, settings, "
                    "input_shape=(2, 5, 5, 3)); or arrays: inputs=[x]."
                )
            inputs = [x.astype("float32") for x in draw(input_shape, seed)]
        elif isinstance(inputs, np.ndarray):
            inputs = [inputs]
        self.inputs = list(inputs)
        try:
            self.weights = self._weights()
        except CannotCheck:
            raise
        except Exception as error:
            shapes = ", ".join(str(x.shape) for x in self.inputs)
            raise CannotCheck(
                f"{self.name} cannot be made or called with inputs of shape {shapes}: "
                f"{type(error).__name__}: {error}"
            ) from error

    def _weights(self) -> list[np.ndarray]:
        """Weights without zeros and ones, which would hide mistakes."""
        layer = self.layer_class(**self.settings)
        self.call(layer, self.inputs)
        random = np.random.default_rng([self.seed, 8])
        trainable = {id(v) for v in layer.trainable_variables}
        return [
            v.numpy() + 0.2 * random.standard_normal(v.shape).astype(v.dtype)
            if id(v) in trainable
            else v.numpy()
            for v in layer.weights
        ]

    def make(self, **settings: Any) -> Layer:
        """A built layer with the weights of all others."""
        layer = self.layer_class(**{**self.settings, **settings})
        return self.with_weights(layer, self.inputs)

    def with_weights(self, layer: Layer, inputs: list) -> Layer:
        """The layer, built for the inputs, with the weights of all others."""
        self.call(layer, inputs)
        layer.set_weights([w.copy() for w in self.weights])
        return layer

    def argument(self, inputs: list) -> Any:
        """What a layer is called with: the input, or the list of inputs."""
        return inputs[0] if len(inputs) == 1 else inputs

    def call(self, layer: Layer, inputs: list, **keywords: Any) -> list[np.ndarray]:
        """The results of a call, as arrays."""
        outputs = layer(self.argument([x.copy() for x in inputs]), **keywords)
        if outputs is None:
            raise CannotCheck(f"`call` of {self.name} returned None: is a `return` missing?")
        return [np.array(y) for y in tree.flatten(outputs)]

    def takes(self, name: str) -> bool:
        """Whether the constructor has an argument of this name."""
        return name in inspect.signature(self.layer_class.__init__).parameters

    def takes_training(self) -> bool:
        """Whether `call` behaves differently in training."""
        return "training" in inspect.signature(self.layer_class.call).parameters
