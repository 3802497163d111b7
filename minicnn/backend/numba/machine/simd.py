"""Vectors of eight float32 and their operations, for use in compiled functions.

SIMD (single instruction, multiple data): a processor with AVX adds, multiplies or compares eight
float32 in one instruction. (For wider or narrower registers the compiler joins or splits vectors.)
Numba has no type for eight numbers, so this file defines one, LLVM's `<8 x float>`, and the
operations on it that are needed. Compiled code then reads like arithmetic on single numbers:

    total = zero()
    for k in range(count):
        total = multiply_add(broadcast(a + 4 * k), load(b + 32 * k), total)
    store(c, total)

Memory is given as byte addresses (`address_of(array) + offset`), because the rows that are read are
often not rows of an array. Addresses are not checked: a wrong one reads or writes foreign memory.
So arithmetic on addresses should stand in few places, tested with guards around the arrays.

Source: numba.extending.intrinsic (Numba manual, "Implementing intrinsics"); LLVM language
reference, "Vector Type" and "llvm.fma".
"""

from __future__ import annotations

import operator
from collections.abc import Callable

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import lower_builtin, models, register_model, type_callable

from minicnn.backend.numba.compiler.compile import intrinsic

WIDTH = 8  # elements of a vector
BYTES = 4 * WIDTH

_FLOATS = ir.VectorType(ir.FloatType(), WIDTH)
_INTEGERS = ir.VectorType(ir.IntType(32), WIDTH)
_BYTES = ir.VectorType(ir.IntType(8), WIDTH)
_MASK = ir.VectorType(ir.IntType(1), WIDTH)
_ZERO = ir.Constant(_FLOATS, [0.0] * WIDTH)
_ALIGNMENT = ir.Constant(ir.IntType(32), 4)


class Vector(types.Type):
    """The type of eight float32, as Numba's type inference sees it."""

    def __init__(self):
        super().__init__(name="float32x8")


vector = Vector()


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, _FLOATS)


def _instruction(result: types.Type, *arguments: types.Type) -> Callable:
    """Decorator: makes an operation of `emit(builder, *values)`, which writes its instructions."""

    def declare(emit: Callable) -> Callable:
        def generate(context, builder, signature, values):
            made = emit(builder, *values)
            return context.get_dummy_value() if result is types.void else made

        def typed(context, *kinds):
            return result(*arguments), generate

        # Numba counts the parameters by their names, so a function of as many is needed.
        typed = _WITH_PARAMETERS[len(arguments)](typed)
        typed.__name__, typed.__doc__ = emit.__name__, emit.__doc__
        return intrinsic(typed)

    return declare


_WITH_PARAMETERS = {
    0: lambda typed: lambda context: typed(context),
    1: lambda typed: lambda context, a: typed(context, a),
    2: lambda typed: lambda context, a, b: typed(context, a, b),
    3: lambda typed: lambda context, a, b, c: typed(context, a, b, c),
    4: lambda typed: lambda context, a, b, c, d: typed(context, a, b, c, d),
}


@intrinsic
def address_of(context, array):
    """The byte address of an array's first element."""

    def generate(context, builder, signature, values):
        data = context.make_array(signature.args[0])(context, builder, values[0]).data
        return builder.ptrtoint(data, ir.IntType(64))

    return types.int64(array), generate


@_instruction(vector, types.int64)
def load(builder, address):
    """The eight float32 from an address on."""
    return builder.load(_pointer(builder, address, _FLOATS), align=4)


@_instruction(types.void, types.int64, vector)
def store(builder, address, value):
    """Writes eight float32 from an address on."""
    builder.store(value, _pointer(builder, address, _FLOATS), align=4)


@_instruction(types.void, types.int64)
def prefetch(builder, address):
    """Loads the cache line at an address in advance; the address may be outside of any array.

    Processors do this themselves if memory is read in order.
    """
    byte = ir.IntType(8).as_pointer()
    kind = ir.FunctionType(ir.VoidType(), [byte, *[ir.IntType(32)] * 3])
    instruction = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    settings = [_index(i) for i in (0, 3, 1)]  # to read; for the nearest cache; data
    builder.call(instruction, [_pointer(builder, address, ir.IntType(8)), *settings])


@_instruction(vector, types.int64)
def broadcast(builder, address):
    """Eight times the one float32 at an address."""
    return _eight_times(
        builder, builder.load(_pointer(builder, address, ir.FloatType()), align=4), _FLOATS
    )


@_instruction(types.float32, types.int64)
def number_at(builder, address):
    """The float32 at an address."""
    return builder.load(_pointer(builder, address, ir.FloatType()), align=4)


@_instruction(vector, types.float32)
def splat(builder, value):
    """Eight times one number."""
    return _eight_times(builder, value, _FLOATS)


@_instruction(vector)
def zero(builder):
    """Eight zeros."""
    return _ZERO


@_instruction(vector, vector, vector, vector)
def multiply_add(builder, a, b, c):
    """`a · b + c`, rounded once."""
    kind = ir.FunctionType(_FLOATS, [_FLOATS] * 3)
    return builder.call(
        cgutils.get_or_insert_function(builder.module, kind, "llvm.fma.v8f32"), [a, b, c]
    )


@_instruction(vector, vector)
def square_root(builder, a):
    """`√a`."""
    kind = ir.FunctionType(_FLOATS, [_FLOATS])
    return builder.call(
        cgutils.get_or_insert_function(builder.module, kind, "llvm.sqrt.v8f32"), [a]
    )


@_instruction(vector, vector)
def rectified(builder, a):
    """`a`, and 0 where it is negative; NaN stays NaN."""
    return builder.select(builder.fcmp_ordered("<", a, _ZERO), _ZERO, a)


@_instruction(vector, vector, vector)
def at_least(builder, a, floor):
    """`a`, and `floor` where that is larger; NaN stays NaN."""
    return builder.select(builder.fcmp_ordered("<", a, floor), floor, a)


@_instruction(vector, vector, vector)
def larger(builder, a, b):
    """The larger of `a` and `b`; NaN if one of them is."""
    one_of_them = builder.select(builder.fcmp_ordered(">", a, b), a, b)
    return builder.select(builder.fcmp_ordered("==", a, a), one_of_them, a)


@_instruction(vector, vector, vector)
def at_most(builder, a, ceiling):
    """`a`, and `ceiling` where that is smaller; NaN stays NaN."""
    return builder.select(builder.fcmp_ordered(">", a, ceiling), ceiling, a)


@_instruction(vector, vector)
def nearest(builder, a):
    """The nearest whole numbers; halves go to the even one."""
    kind = ir.FunctionType(_FLOATS, [_FLOATS])
    return builder.call(
        cgutils.get_or_insert_function(builder.module, kind, "llvm.nearbyint.v8f32"), [a]
    )


@_instruction(vector, vector)
def power_of_two(builder, n):
    """`2ⁿ` for whole numbers n from -126 to 127, written into the exponent bits of a float32."""
    bias, mantissa = (ir.Constant(_INTEGERS, [value] * WIDTH) for value in (127, 23))
    exponent = builder.add(builder.fptosi(n, _INTEGERS), bias)
    return builder.bitcast(builder.shl(exponent, mantissa), _FLOATS)


@_instruction(vector, vector, vector)
def where_positive(builder, a, condition):
    """`a` where `condition > 0`, else 0."""
    return builder.select(builder.fcmp_ordered(">", condition, _ZERO), a, _ZERO)


@_instruction(vector, vector, vector, vector)
def where_within(builder, a, condition, ceiling):
    """`a` where `condition` is above 0 and not at or above `ceiling` (which may be NaN), else 0."""
    below = builder.fcmp_unordered("<", condition, ceiling)
    inside = builder.and_(below, builder.fcmp_ordered(">", condition, _ZERO))
    return builder.select(inside, a, _ZERO)


@_instruction(vector, vector, vector, vector, vector)
def where_beats(builder, a, b, yes, no):
    """`yes` where `a` is larger than `b`, or is NaN while `b` is not; else `no`."""
    larger = builder.fcmp_unordered(">", a, b)
    better = builder.and_(larger, builder.fcmp_ordered("==", b, b))
    return builder.select(better, yes, no)


@_instruction(vector, vector, vector, vector)
def where_equal(builder, a, b, yes):
    """`yes` where `a = b`, else 0."""
    return builder.select(builder.fcmp_ordered("==", a, b), yes, _ZERO)


@_instruction(vector, types.int64, types.int64)
def load_first(builder, address, count):
    """The first `count` of eight float32 from an address on, then zeros; reads no others."""
    kind = ir.FunctionType(_FLOATS, [_FLOATS.as_pointer(), ir.IntType(32), _MASK, _FLOATS])
    masked = cgutils.get_or_insert_function(builder.module, kind, "llvm.masked.load.v8f32.p0")
    where = _pointer(builder, address, _FLOATS)
    return builder.call(masked, [where, _ALIGNMENT, _first(builder, count), _ZERO])


@_instruction(types.void, types.int64, vector, types.int64)
def store_first(builder, address, value, count):
    """Writes the first `count` of eight float32 from an address on."""
    kind = ir.FunctionType(ir.VoidType(), [_FLOATS, _FLOATS.as_pointer(), ir.IntType(32), _MASK])
    masked = cgutils.get_or_insert_function(builder.module, kind, "llvm.masked.store.v8f32.p0")
    where = _pointer(builder, address, _FLOATS)
    builder.call(masked, [value, where, _ALIGNMENT, _first(builder, count)])


@intrinsic
def load_line(context, like, address, step):
    """A tuple of as many vectors as the tuple `like` has elements, `step` bytes apart."""
    line = types.UniTuple(vector, len(like))

    def generate(context, builder, signature, values):
        places = _places(builder, len(like), *values[1:])
        vectors = [builder.load(place, align=4) for place in places]
        return context.make_tuple(builder, line, vectors)

    return line(like, types.int64, types.int64), generate


@intrinsic
def store_line(context, address, step, line):
    """Writes the vectors of a tuple `step` bytes apart."""

    def generate(context, builder, signature, values):
        vectors = cgutils.unpack_tuple(builder, values[2])
        for place, value in zip(_places(builder, len(line), *values[:2]), vectors, strict=True):
            builder.store(value, place, align=4)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, line), generate


@intrinsic
def add_line(context, address, step, line):
    """Adds the vectors of a tuple to those in memory, `step` bytes apart."""

    def generate(context, builder, signature, values):
        vectors = cgutils.unpack_tuple(builder, values[2])
        for place, value in zip(_places(builder, len(line), *values[:2]), vectors, strict=True):
            builder.store(builder.fadd(builder.load(place, align=4), value), place, align=4)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, line), generate


@_instruction(types.void, types.int64, vector)
def store_bytes(builder, address, value):
    """Writes eight numbers from 0 to 255 as one byte each."""
    builder.store(builder.fptoui(value, _BYTES), _pointer(builder, address, _BYTES), align=1)


@_instruction(vector, types.int64)
def load_bytes(builder, address):
    """Eight numbers that are one byte each."""
    return builder.uitofp(builder.load(_pointer(builder, address, _BYTES), align=1), _FLOATS)


def _arithmetic(operation: Callable, instruction: str) -> None:
    """Defines an operator of Python for two vectors."""

    @type_callable(operation)
    def kind_of(context):
        return lambda a, b: vector if a == b == vector else None

    @lower_builtin(operation, Vector, Vector)
    def compute(context, builder, signature, values):
        return getattr(builder, instruction)(*values)


_arithmetic(operator.add, "fadd")
_arithmetic(operator.sub, "fsub")
_arithmetic(operator.mul, "fmul")
_arithmetic(operator.truediv, "fdiv")


def _pointer(builder, address, kind):
    return builder.inttoptr(address, kind.as_pointer())


def _places(builder, count, address, step):
    """`count` pointers, `step` bytes apart."""
    for _ in range(count):
        yield _pointer(builder, address, _FLOATS)
        address = builder.add(address, step)


def _first(builder, count):
    """A mask of the first `count` elements."""
    numbers = ir.Constant(_INTEGERS, list(range(WIDTH)))
    limit = _eight_times(builder, builder.trunc(count, ir.IntType(32)), _INTEGERS)
    return builder.icmp_signed("<", numbers, limit)


def _index(i: int) -> ir.Constant:
    return ir.Constant(ir.IntType(32), i)


def _eight_times(builder, value, kind):
    undefined = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(undefined, value, _index(0))
    return builder.shuffle_vector(first, undefined, ir.Constant(_INTEGERS, [0] * WIDTH))
