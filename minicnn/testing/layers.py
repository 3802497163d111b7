"""Checks all that a good layer keeps: gradients, shapes, config, saving, types."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minicnn import Layer
from minicnn.testing.errors import CannotCheck
from minicnn.testing.layer_checks import CHECKS, LeftOut
from minicnn.testing.layer_subject import Subject
from minicnn.testing.targets import check_call


class LayerFault(AssertionError):
    """A layer does not keep what a layer should keep.

    Attributes:
        faults: the text of each check that failed, by the check's name.
    """

    def __init__(self, text: str, faults: dict[str, str]):
        super().__init__(text)
        self.faults = faults


@dataclass
class LayerReport:
    """What was checked of a layer, if all of it is right.

    Attributes:
        passed: what was checked, by the check's name.
        left_out: why a check was left out, by its name.
    """

    passed: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"{name}: {text}" for name, text in self.passed.items()]
        return "\n".join(lines + [f"{n}: left out, {why}" for n, why in self.left_out.items()])


def check_layer(
    layer: type[Layer] | Layer,
    settings: dict[str, Any] | None = None,
    input_shape: Any = None,
    *,
    inputs: Sequence[np.ndarray] | None = None,
    leave_out: str = "",
    seed: int = 0,
) -> LayerReport:
    """Checks a layer: its gradients, and all else that models rely on.

    Args:
        layer: the class, or a layer to make others from by its config.
        settings: for the constructor of the class.
        input_shape: shape of a random input, with the batch; a list of shapes if the layer takes
            a list of inputs.
        inputs: arrays to use instead of random ones, such as whole numbers for an embedding.
        leave_out: names of checks that do not hold for this layer by intention, such as
            "samples" for one that mixes the samples of a batch.
        seed: draws weights, inputs and cotangents.

    Raises:
        LayerFault: with the text of each check that failed.
        CannotCheck: the layer cannot be made or called.

    Example:
        >>> from minicnn import layers
        >>> from minicnn.testing import check_layer
        >>> print(check_layer(layers.Conv2D, {"filters": 3, "kernel_size": 2}, (2, 5, 4, 3)))
        gradients: right to 1 input and 2 variables
        symbolic call: shape and type are those of the result
        config: makes an equal layer
        saving: the loaded model computes the same
        inputs: not changed
        aliasing: a later call does not change an earlier result
        same twice: a second call gives the same
        samples: each is computed by itself
        data format: channels_first computes the same
        float32: as exact as float32 allows
        mixed_float16: computes in float16, with weights in float32
    """
    unknown = set(leave_out.replace(",", " ").split()) - {n.replace(" ", "_") for n in CHECKS}
    if unknown:
        raise CannotCheck(
            f"There is no check named {', '.join(sorted(unknown))}; the names are "
            f"{', '.join(n.replace(' ', '_') for n in CHECKS)}."
        )
    subject = Subject(*_class_and_settings(layer, settings), input_shape, inputs, seed)
    report, faults = LayerReport(), {}
    for name, check in CHECKS.items():
        if name.replace(" ", "_") in leave_out.replace(",", " ").split():
            report.left_out[name] = "as asked for"
            continue
        try:
            report.passed[name] = check(subject)
        except LeftOut as why:
            report.left_out[name] = str(why)
        except AssertionError as fault:
            faults[name] = str(fault)
        except CannotCheck as error:
            faults[name] = str(error)
        except Exception as error:
            faults[name] = f"raised {type(error).__name__}: {error}"
    if faults:
        parts = "\n\n".join(f"{name}: {text}" for name, text in faults.items())
        raise LayerFault(f"{subject.name} fails {len(faults)} of {len(CHECKS)}.\n\n{parts}", faults)
    return report


def _class_and_settings(layer: Any, settings: dict[str, Any] | None) -> tuple[type, dict]:
    if isinstance(layer, Layer):
        if settings:
            raise CannotCheck("`settings` are for a class; this layer has its own.")
        return type(layer), {k: v for k, v in layer.get_config().items() if k != "name"}
    if not inspect.isclass(layer) or not issubclass(layer, Layer):
        raise CannotCheck(f"check_layer takes a layer or its class, but got {layer!r}.")
    check_call(layer)
    return layer, dict(settings or {})
