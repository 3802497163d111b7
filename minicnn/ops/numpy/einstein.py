"""Sums of products in Einstein's notation."""

from __future__ import annotations

import string

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common.shapes import broadcast_shapes
from minicnn.ops.define.declare import op
from minicnn.ops.numpy import rules
from minicnn.ops.symbolic.keras_tensor import KerasTensor

__all__ = [
    "Einsum",
    "einsum",
]


def explicit(subscripts, ndims):
    """The subscripts of every operand and of the result, with letters in place of `...`.

    >>> explicit("...i,ij", [3, 2])
    (['ABi', 'ij'], 'ABj')
    """
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ValueError(
            f"Number of operands ({len(ndims)}) does not match the number of input specs "
            f"({len(terms)}) in `einsum`, received subscripts={subscripts}."
        )
    unused = [c for c in string.ascii_uppercase + string.ascii_lowercase if c not in subscripts]
    widths = [
        _ellipsis_width(term, ndim, subscripts) for term, ndim in zip(terms, ndims, strict=True)
    ]
    letters = "".join(unused[: max(widths)])
    full = [
        term.replace("...", letters[len(letters) - width :])
        for term, width in zip(terms, widths, strict=True)
    ]
    if arrow:
        return full, right.replace("...", letters)
    named = [c for c in "".join(terms) if c != "."]
    return full, letters + "".join(sorted(c for c in set(named) if named.count(c) == 1))


def _ellipsis_width(term, ndim, subscripts):
    """The number of axes that `...` means in a term."""
    width = ndim - len(term.replace("...", ""))
    if width < 0 or (width and "..." not in term):
        raise ValueError(
            "Number of dimensions in the subscript does not match the number of dimensions in the "
            f"operand: `{term}` (in `{subscripts}`) and an operand with {ndim} axes."
        )
    return width


def _lengths(terms, shapes, subscripts):
    """The length of each letter's axis."""
    lengths: dict = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, length in zip(term, shape, strict=True):
            try:
                (lengths[letter],) = broadcast_shapes((lengths.get(letter, 1),), (length,))
            except ValueError as error:
                raise ValueError(
                    f"In `einsum`, the axes called {letter!r} of `{subscripts}` must be equally "
                    f"long. Received operands of shapes {list(map(tuple, shapes))}."
                ) from error
    return lengths


def _einsum_spec(operands, subscripts):
    shapes = [x.shape for x in operands]
    terms, result = explicit(subscripts, [len(s) for s in shapes])
    lengths = _lengths(terms, shapes, subscripts)
    dtype = operands[0].dtype
    return KerasTensor((lengths[c] for c in result), "int32" if dtype == "int8" else dtype)


def _without_repeats(term, lengths, unused):
    """The term with repeated letters renamed, and an identity matrix for each renamed letter."""
    distinct, units = "", []
    for letter in term:
        if letter in distinct:
            units.append((letter + unused[0], lengths[letter]))
            letter, unused = unused[0], unused[1:]
        distinct += letter
    return distinct, units


def _einsum_vjp(g, y, operands, subscripts):
    """The cotangent of operand i: the einsum of the result's cotangent and all other operands."""
    terms, result = explicit(subscripts, [x.ndim for x in operands])
    lengths = _lengths(terms, [x.shape for x in operands], subscripts)
    unused = [c for c in string.ascii_letters if c not in "".join(terms)]
    return [_einsum_part(g, operands, terms, result, lengths, unused, i) for i in range(len(terms))]


def _einsum_part(g, operands, terms, result, lengths, unused, i):
    target, units = _without_repeats(terms[i], lengths, unused)
    others = [j for j in range(len(terms)) if j != i]
    inputs = [g, *(operands[j] for j in others), *(ops.eye(n, dtype=g.dtype) for _, n in units)]
    notation = [result, *(terms[j] for j in others), *(term for term, _ in units)]
    # A letter that only this operand has is summed over, so the cotangent is constant along it.
    for letter in set(target) - set("".join(notation)):
        inputs.append(ops.ones((lengths[letter],), g.dtype))
        notation.append(letter)
    return einsum(",".join(notation) + "->" + target, *inputs)


@op("*operands", promote="common", spec=_einsum_spec, vjp=(_einsum_vjp,), wide=True)
def _einsum(operands, subscripts):
    optimize = len(operands) > 1
    return rules.product(
        lambda *xs: kernels.einsum(subscripts.replace(" ", ""), *xs, optimize=optimize), *operands
    )


class Einsum(_einsum.operation_class):
    """The operation behind `einsum`."""

    def call(self, *operands):
        return super().call(list(operands))

    def compute_output_spec(self, *operands):
        return super().compute_output_spec(list(operands))


def einsum(subscripts, *operands):
    """Products of elements, added up along the axes whose letter is not in the result.

    >>> import minicnn as keras
    >>> keras.ops.einsum("ij,jk->ik", [[1.0, 2.0]], [[3.0], [4.0]])
    Tensor([[11.]], dtype=float32)

    Args:
        subscripts: a letter for each axis of each operand and, after `->`, of the result;
            `...` for axes that broadcast.
        operands: the tensors.
    """
    return Einsum(subscripts)(*operands)
