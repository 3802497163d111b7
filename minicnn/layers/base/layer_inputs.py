"""What a layer is called on, as tensors of its type."""

from __future__ import annotations

from typing import Any

from minicnn import tree
from minicnn.autodiff import Tensor, Variable
from minicnn.layers.base.call_arguments import CallArguments
from minicnn.ops.symbolic.keras_tensor import KerasTensor


class LayerInputs:
    """Conversion and checks of the arguments of a layer's call."""

    def _convert(self, x: Any) -> Any:
        if x is None or isinstance(x, (bool, int, float, str)):
            return x
        return tree.map_structure(self._convert_one, x)

    def _convert_one(self, x: Any) -> Any:
        mask = getattr(x, "_keras_mask", None)
        y = self.dtype_policy.convert_input(x, self.autocast, self.input_dtype)
        if mask is not None and y is not x:
            y._keras_mask = mask
        return y

    def _check_positional(self, args: Any) -> None:
        for x in tree.flatten(args):
            if x is not None and not isinstance(x, (Tensor, KerasTensor, Variable)):
                raise ValueError(
                    "Only input tensors may be passed as positional arguments. Layer "
                    f"'{self.name}' got {x!r} (of type {type(x)}). Settings are passed by keyword; "
                    "data as arrays: `np.array(data)`."
                )

    def _refuse_no_arguments(self, arguments: CallArguments) -> None:
        if needed := arguments.signature.required:
            raise TypeError(
                f"missing a required argument: '{needed[0]}'. Layer '{self.name}' was called "
                "without anything to compute with: pass a tensor, an array or a `keras.Input`."
            )
