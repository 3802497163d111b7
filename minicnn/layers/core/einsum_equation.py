"""Reads the equation of an `EinsumDense` layer: the shapes of kernel, bias and output."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from minicnn.common.shapes import Shape
from minicnn.ops.numpy.einstein import explicit

_FORMS = re.compile(
    r"[a-zA-Z]+,[a-zA-Z]+->[a-zA-Z]+"
    r"|\.{3}[a-zA-Z]+,[a-zA-Z]+->\.{3}[a-zA-Z]+"
    r"|[a-zA-Z]{2,}\.{3},[a-zA-Z]+->[a-zA-Z]+\.{3}"
)


class EinsumShapes(NamedTuple):
    """What an equation says about a layer.

    Attributes:
        kernel, bias, output: shapes; that of the bias is None without one.
        input_axes, output_axes: which axes of the kernel are those of the input only, and those
            of the output.
    """

    kernel: Shape
    bias: Shape | None
    output: Shape
    input_axes: list[int]
    output_axes: list[int]


def read_equation(
    equation: str, bias_axes: str | None, input_shape: Shape, output_shape: Sequence[int | None]
) -> EinsumShapes:
    """The shapes that follow from the equation for inputs of a shape.

    >>> read_equation("abc,cd->abd", "d", (None, 7, 4), (7, 5))[:3]
    ((4, 5), (5,), (None, 7, 5))

    Args:
        equation: `input,kernel->output`, a letter for each axis; `...` may begin input and output,
            or end both.
        bias_axes: the letters of the output's axes along which the bias varies.
        input_shape: with the batch.
        output_shape: without the batch and without the axes that `...` means.

    Raises:
        ValueError: if the equation has another form, or does not fit the shapes.
    """
    if not _FORMS.fullmatch(equation):
        raise ValueError(
            f"Invalid einsum equation '{equation}'. Equations must be in the form "
            "[X],[Y]->[Z], ...[X],[Y]->...[Z], or [X]...,[Y]->[Z]...."
        )
    kernel_letters = equation.partition(",")[2].partition("->")[0]
    (inputs, _), outputs = explicit(equation, [len(input_shape), len(kernel_letters)])
    output = _whole_output(equation, input_shape, output_shape)
    if len(output) != len(outputs):
        raise ValueError(
            f"`output_shape` has {len(tuple(output_shape))} axes, which does not fit the equation "
            f"'{equation}' for inputs of shape {tuple(input_shape)}: the output's axes are "
            f"'{outputs}', and `output_shape` says those after the batch."
        )
    in_input = dict(zip(inputs, input_shape, strict=True))
    in_output = dict(zip(outputs, output, strict=True))
    _check_letters(in_input, in_output, kernel_letters)
    kernel = tuple(_length(c, in_input, in_output, equation) for c in kernel_letters)
    return EinsumShapes(
        kernel,
        None if bias_axes is None else _bias_shape(bias_axes, outputs, in_output),
        output,
        [i for i, c in enumerate(kernel_letters) if c not in in_output],
        [i for i, c in enumerate(kernel_letters) if c in in_output],
    )


def _whole_output(equation: str, input_shape: Shape, output_shape: Sequence) -> Shape:
    """The output's shape: with the batch, and the axes that `...` means as in the input."""
    letters = len(equation.partition(",")[0].replace("...", ""))
    hidden = len(input_shape) - letters
    if equation.startswith("..."):
        return (*input_shape[: max(hidden, 1)], *output_shape)
    return (input_shape[0], *output_shape, *input_shape[len(input_shape) - hidden :])


def _check_letters(in_input: dict, in_output: dict, kernel: str) -> None:
    for c, length in in_output.items():
        if c not in in_input and c not in kernel:
            raise ValueError(
                f"Dimension '{c}' was specified in the output '{''.join(in_output)}' but has no "
                f"corresponding dim in the input spec '{''.join(in_input)}' or weight spec "
                f"'{kernel}'"
            )
        if c in in_input and length not in (None, in_input[c]):
            raise ValueError(
                "Input shape and output shape do not match at shared dimension "
                f"'{c}'. Input shape is {in_input[c]}, and output shape is {length}."
            )
    for c in kernel:
        if c not in in_input and c not in in_output:
            raise ValueError(
                f"Weight dimension '{c}' did not have a match in either the input spec "
                f"'{''.join(in_input)}' or the output spec '{''.join(in_output)}'. For this "
                "layer, the weight must be fully specified."
            )


def _length(c: str, in_input: dict, in_output: dict, equation: str) -> int:
    length = in_output.get(c)
    length = in_input.get(c) if length is None else length
    if length is None:
        raise ValueError(
            f"The kernel needs a length for its axis '{c}' in '{equation}', but neither the "
            "input's shape nor `output_shape` says one."
        )
    return length


def _bias_shape(bias_axes: str, outputs: str, in_output: dict) -> Shape:
    """From the first axis of the bias to the output's last; 1 for those between that it lacks."""
    for c in bias_axes:
        if c not in outputs:
            raise ValueError(
                f"Bias dimension '{c}' was requested, but is not part of the output spec "
                f"'{outputs}'"
            )
    first = min(map(outputs.index, bias_axes))
    return tuple(in_output[c] if c in bias_axes else 1 for c in outputs[first:])
