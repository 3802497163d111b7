"""Work that is cut into more than four pieces, on one thread and on two, against float64.

A kernel that adds only its first pieces, or leaves out the last block of a piece, is right for
small arrays. `test_every_kernel_is_cut` counts the pieces of each kernel of the backend.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from compare.coverage.pieces import cutting_functions, kernels, recorded
from compare.coverage.unreached import FEW, NOT_CUT, TESTS
from minicnn import config
from minicnn.backend.numba import (
    activations,
    arithmetic,
    conv,
    dropout,
    exponentials,
    losses,
    max_pool_2x2,
    normalization,
    optimizers,
    pool,
    products,
    random,
    recurrent,
    reductions,
    softmax,
)
from minicnn.backend.numpy import activations as exact_activations
from minicnn.backend.numpy import fused_layers as exact_layers
from minicnn.backend.numpy import losses as exact_losses
from minicnn.backend.numpy import normalization as exact_normalization
from minicnn.backend.numpy import optimizers as exact_optimizers
from minicnn.backend.numpy import pool as exact_pool
from minicnn.backend.numpy import random as exact_random
from minicnn.backend.numpy import recurrent as exact_recurrent
from minicnn.backend.numpy import softmax as exact_softmax
from tests.backend.checks import distinct
from tests.backend.numba.test_optimizers import RULES, arrays_of
from tests.backend.numba.test_optimizers import run as run_rule

ONE, NONE, SAME = (1, 1), ((0, 0), (0, 0)), ((1, 1), (1, 1))
KEY = (3, 4)
EXACT = 0.0


class Work(NamedTuple):
    """Arrays, a kernel's results of them, those of the definition, and the error allowed.

    The error is the largest one, in parts of the largest number.
    """

    found: Callable[..., tuple]
    expected: Callable[..., tuple]
    arrays: tuple
    allowed: float = 2e-6


def normal(*shape, seed=0):
    return np.random.default_rng((seed, *shape)).standard_normal(shape).astype("float32")


# Input, filters, kernel size, strides, padding, groups, pooled, the error allowed.
CONVOLUTIONS = {
    "Winograd": ((65, 25, 26, 9), 17, (3, 3), ONE, SAME, 1, False, 2e-5),
    "Winograd, pool": ((66, 25, 27, 8), 8, (3, 3), ONE, NONE, 1, True, 2e-5),
    "Winograd, many channels": ((5, 5, 6, 209), 225, (3, 3), ONE, NONE, 1, False, 2e-5),
    "direct": ((41, 11, 10, 17), 40, (5, 5), ONE, NONE, 1, False, 2e-6),
    "direct, strides": ((65, 9, 12, 24), 24, (3, 2), (2, 2), SAME, 1, False, 2e-6),
    "direct, pool": ((67, 9, 12, 24), 24, (3, 2), ONE, NONE, 1, True, 2e-6),
    "few channels": ((41, 27, 28, 1), 33, (3, 3), ONE, NONE, 1, False, 2e-6),
    "few channels, pool": ((67, 27, 29, 1), 33, (3, 3), ONE, SAME, 1, True, 2e-6),
    "im2col": ((101, 20, 13, 6), 3, (5, 4), (2, 1), NONE, 1, False, 4e-6),
    "depthwise": ((37, 13, 12, 9), 9, (3, 3), ONE, SAME, 9, False, 5e-6),
    "depthwise, 3 x 4": ((37, 13, 12, 9), 9, (3, 4), ONE, SAME, 9, False, 5e-6),
    "depthwise, strides": ((37, 23, 22, 20), 20, (3, 3), (2, 2), SAME, 20, False, 5e-6),
    "depthwise, few channels": ((77, 13, 12, 5), 5, (3, 3), ONE, SAME, 5, False, 5e-6),
    "one by one": ((40, 11, 12, 48), 101, ONE, ONE, NONE, 1, False, 4e-6),
}


def convolution(shape, filters, size, strides, padding, groups, pooled, allowed) -> Work:
    kernel = normal(*size, shape[-1] // groups, filters) / np.float32(np.prod(size) ** 0.5)
    where = strides, padding, ONE, groups
    pixels, _ = exact_layers.conv_layer(normal(*shape)[:1], kernel, None, *where, "linear", pooled)
    arrays = normal(*shape), kernel, normal(filters), normal(shape[0], *pixels.shape[1:])

    def found(x, kernel, bias, cotangent):
        y, argmax = conv.conv_layer(x, kernel, bias, *where, "linear", pooled)
        gradients = conv.conv_layer_gradients(cotangent, x, kernel, y, argmax, *where, "linear")
        return y, *gradients

    def expected(x, kernel, bias, cotangent):
        y, argmax = exact_layers.conv_layer(x, kernel, bias, *where, "linear", pooled)
        if pooled:  # the same choice where two pixels are almost equal
            _, argmax = conv.conv_layer(*arrays[:3], *where, "linear", pooled)
        arguments = cotangent, x, kernel, y, argmax, *where, "linear"
        return y, *exact_layers.conv_layer_gradients(*arguments)

    return Work(found, expected, arrays, allowed)


def same(ours, numpys, name, *arrays, allowed=2e-6, **settings) -> Work:
    """The function of that name in both modules."""

    def results(module):
        def run(*given):
            result = getattr(module, name)(*given, **settings)
            return result if isinstance(result, tuple) else (result,)

        return run

    return Work(results(ours), results(numpys), arrays, allowed)


def pooling(name, shape, size, strides, padding) -> Work:
    x, t = distinct(shape, np.random.default_rng(1), "float32"), normal(*shape)
    window = size, strides, padding
    y = exact_pool.max_pool(x, *window)
    arrays = {
        "max_pool": (x,),
        "max_pool_gather": (t, x),
        "max_pool_gradient": (normal(*y.shape), x),
        "average_pool": (t,),
    }
    work = same(pool, exact_pool, name, *arrays.get(name, (normal(*y.shape),)))
    shape = (shape,) if name == "average_pool_gradient" else ()
    return Work(
        lambda *a: work.found(*a, *shape, *window),
        lambda *a: work.expected(*a, *shape, *window),
        work.arrays,
    )


def sequences(cell, gates, states) -> Work:
    """203 sequences through the layer of a cell, and its gradients; a third of the steps masked."""
    (batch, steps, inputs, units), columns = (203, 5, 3, 7), 7 * gates
    mask = (normal(batch, steps) > -0.4).astype("float32")
    bias = normal(2, columns) if cell == "gru" else normal(columns)
    arrays = normal(batch, steps, inputs), normal(states, batch, units), normal(inputs, columns)
    arrays += normal(units, columns) / 3, bias, normal(states, batch, steps, units)

    def both(module):
        def run(x, first, *given):
            *weights, cotangent = given
            after, work = module.recurrent_layer(x, first, *weights, mask, cell)
            known = cotangent, after, work, x, first
            return after, *module.recurrent_layer_gradients(*known, *weights, mask, cell)

        return run

    return Work(both(recurrent), both(exact_recurrent), arrays, 5e-6)


def pool_2x2(shape) -> Work:
    x = distinct(shape, np.random.default_rng(2), "float32")

    def both(module):
        def run(x, cotangent):
            y, argmax = module.max_pool_2x2(x)
            return y, argmax, module.max_pool_2x2_gradient(cotangent, argmax, shape[1:3])

        return run

    cotangent = normal(shape[0], shape[1] // 2, shape[2] // 2, shape[3])
    return Work(both(max_pool_2x2), both(exact_pool), (x, cotangent), EXACT)


def dense(rows, terms, units, activation) -> Work:
    arrays = normal(rows, terms), normal(terms, units), normal(units), normal(rows, units + 1)
    y = products.dense_layer(*arrays[:3], activation)

    def both(module):
        def run(x, kernel, bias, cotangent):
            cotangent = cotangent[:, 1:]
            gradients = module.dense_layer_gradients(cotangent, x, kernel, y, activation)
            return module.dense_layer(x, kernel, bias, activation), *gradients

        return run

    return Work(both(products), both(exact_layers), arrays, 4e-6)


def batch_norm(shape, activation) -> Work:
    x, cotangent = normal(*shape) + np.float32(1), normal(*shape, seed=1)
    gamma, beta = normal(shape[-1]), normal(shape[-1], seed=1)
    y, mean, variance = normalization.batch_norm_layer(x, gamma, beta, 1e-3, activation)

    def both(module):
        def run(x, cotangent, gamma, beta):
            found = module.batch_norm_layer(x, gamma, beta, 1e-3, activation)
            arrays = cotangent, x, y, gamma, mean, variance
            gradients = module.batch_norm_layer_gradients(*arrays, 1e-3, activation)
            shifted = module.scale_and_shift(x, gamma, beta, activation)
            return *found, *gradients, shifted

        return run

    return Work(both(normalization), both(exact_layers), (x, cotangent, gamma, beta), 4e-6)


def rule_of(name) -> Work:
    shapes = [(9,), (401, 421), (3, 5)]
    kinds = arrays_of(name, shapes, 1)

    def both(module):
        def run(*flat):
            given = [list(flat[i : i + 3]) for i in range(0, len(flat), 3)]
            return tuple(x for kind in run_rule(module, name, given) for x in kind)

        return run

    arrays = tuple(x for kind in kinds for x in kind)
    return Work(both(optimizers), both(exact_optimizers), arrays)


X = (83, 1001)
ROWS = (701, 33)
WORK: dict[str, Callable[[], Work]] = {
    **{name: lambda case=case: convolution(*case) for name, case in CONVOLUTIONS.items()},
    **{
        name: lambda name=name: pooling(name, (23, 21, 22, 17), (3, 3), (2, 2), SAME)
        for name in (
            "max_pool max_pool_gather max_pool_gradient average_pool average_pool_gradient".split()
        )
    },
    "pool of vectors": lambda: pool_2x2((5, 71, 71, 25)),
    "pool of numbers": lambda: pool_2x2((5, 201, 203, 3)),
    "dense": lambda: dense(5101, 48, 101, "linear"),
    "dense, relu": lambda: dense(5101, 48, 101, "relu"),
    "dense, small batch": lambda: dense(37, 787, 301, "linear"),
    "dense, small batch, relu": lambda: dense(37, 787, 301, "relu"),
    "matmul": lambda: Work(
        lambda a, b: (products.matmul(a, b),),
        lambda a, b: (a @ b,),
        (normal(600, 301), normal(301, 163)),
    ),
    "batch normalization": lambda: batch_norm((40, 13, 13, 49), "linear"),
    "batch normalization, relu": lambda: batch_norm((40, 13, 13, 49), "relu"),
    "batch normalization, relu6": lambda: batch_norm((40, 13, 13, 49), "relu6"),
    "moments": lambda: same(
        normalization, exact_normalization, "moments", normal(25_001, 5), axes=0, allowed=1e-5
    ),
    "relu": lambda: same(activations, exact_activations, "relu", normal(*X)),
    "relu_gradient": lambda: same(
        activations, exact_activations, "relu_gradient", normal(*X, seed=1), normal(*X)
    ),
    "relu6": lambda: same(activations, exact_activations, "relu6", 5 * normal(*X)),
    "relu6_gradient": lambda: same(
        activations, exact_activations, "relu6_gradient", normal(*X, seed=1), 5 * normal(*X)
    ),
    "softsign": lambda: same(activations, exact_activations, "softsign", normal(*X)),
    **{
        name: lambda name=name: same(exponentials, exact_activations, name, normal(*X))
        for name in "sigmoid silu softplus log_sigmoid elu".split()
    },
    "gelu": lambda: same(exponentials, exact_activations, "gelu", normal(*X), approximate=False),
    "add_and_activate": lambda: same(
        arithmetic,
        exact_layers,
        "add_and_activate",
        normal(*X),
        normal(*X, seed=1),
        activation="relu",
    ),
    "add": lambda: same(arithmetic, np, "add", normal(*X), normal(*X, seed=1)),
    "add a row": lambda: same(arithmetic, np, "add", normal(2003, 43), normal(43)),
    "multiply by a row": lambda: same(arithmetic, np, "multiply", normal(2003, 43), normal(43)),
    "sum": lambda: same(arithmetic, np, "sum", normal(2003, 43), axis=0, allowed=4e-6),
    "argmax": lambda: same(reductions, np, "argmax", normal(3001, 113), axis=-1),
    **{
        name: lambda name=name: same(softmax, exact_softmax, name, normal(*ROWS))
        for name in ("softmax", "log_softmax")
    },
    **{
        f"{name}_gradient": lambda name=name: same(
            softmax,
            exact_softmax,
            f"{name}_gradient",
            normal(*ROWS, seed=1),
            getattr(exact_softmax, name)(normal(*ROWS)),
        )
        for name in ("softmax", "log_softmax")
    },
    "cross-entropy": lambda: same(
        losses, exact_losses, "sparse_softmax_cross_entropy", normal(*ROWS), np.arange(701) % 33
    ),
    "cross-entropy's gradient": lambda: same(
        losses,
        exact_losses,
        "sparse_softmax_cross_entropy_gradient",
        normal(701),
        normal(*ROWS),
        np.arange(701) % 33,
    ),
    "dropout": lambda: same(dropout, exact_random, "dropout", normal(503, 407), rate=0.3, key=KEY),
    "random_bits": lambda: Work(
        lambda: (random.random_bits(KEY, 50_003),),
        lambda: (exact_random.random_bits(KEY, 50_003),),
        (),
        EXACT,
    ),
    **{f"{name} steps": lambda name=name: rule_of(name) for name in RULES},
    "simple rnn": lambda: sequences("simple_rnn", 1, 1),
    "lstm": lambda: sequences("lstm", 4, 2),
    "gru": lambda: sequences("gru", 3, 1),
    "gru, reset before": lambda: sequences("gru_reset_before", 3, 1),
}


@pytest.fixture(autouse=True)
def _restore_threads():
    yield
    config.set_threads(None)


@pytest.mark.parametrize("name", WORK)
def test_many_pieces(name, assert_same_on_any_threads):
    work = WORK[name]()
    found = work.found(*work.arrays)
    expected = work.expected(*map(wide, work.arrays))
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        largest = np.abs(other).max()
        assert largest > 0
        assert np.abs(one - other).max() <= work.allowed * largest
    assert_same_on_any_threads(lambda: work.found(*work.arrays))


def wide(x):
    return x.astype("float64") if x.dtype == np.float32 else x


@pytest.mark.parametrize("threads", [1, 2])
def test_every_kernel_is_cut(threads):
    config.set_threads(threads)
    with recorded() as record:
        for make in WORK.values():
            work = make()
            work.found(*work.arrays)
    counts = record.counts()
    listed = {name for name, (by, _) in NOT_CUT.items() if TESTS in by}
    few = {n for n in (*kernels(), *cutting_functions()) if counts.get(n, 0) <= FEW}
    assert few == listed
