"""Tests of how much float32 explains of a sum: more for more terms, and by their size."""

import numpy as np
import pytest

from compare.cases.case import Case, LibraryObject
from compare.cases.network import Network, Step
from compare.errors import UNIT
from compare.fuzz import network_verdict
from compare.fuzz.network_verdict import DIFFERS, HOLDS
from compare.fuzz.reference import reference
from compare.libraries.minicnn import MiniCNN
from compare.libraries.sums import PRODUCTS, REDUCTIONS, errors_of_sums
from compare.libraries.truth import Truth
from compare.parity import result_of
from minicnn import ops
from minicnn.ops.nn.convolution import conv_input_gradient, conv_kernel_gradient
from minicnn.ops.numpy.einstein import _einsum

RANDOM = np.random.default_rng(0)


def error_of(function, *tensors, **settings):
    """The error in units, and the exact result."""
    primitive = function.primitive
    exact = primitive(*tensors, **settings)
    exact = [x.numpy() for x in (exact if isinstance(exact, tuple) else (exact,))]
    return errors_of_sums(primitive, tensors, settings, exact)[0], exact[0]


@pytest.mark.parametrize("mean", [0.0, 0.1, 3.0])
@pytest.mark.parametrize("n", [171, 2000, 8112])
def test_it_is_the_error_of_adding_one_term_after_the_other(n, mean):
    """Terms that cancel, terms that do not, and what lies between."""
    x = RANDOM.normal(mean, 1, (n, 200)).astype("float32")
    one_by_one = np.cumsum(x, axis=0, dtype="float32")[-1]
    explained, exact = error_of(ops.sum, x.astype("float64"), axis=0)
    off = (one_by_one - exact) / (UNIT * explained)
    # Roundings are spread evenly, so 1/√3 of the largest; that is half a unit to one of a number.
    assert 0.5 / 3**0.5 * 0.8 < np.sqrt(np.mean(off**2)) < 1 / 3**0.5 * 1.2
    assert (np.abs(off) < 3).all()


WINDOW = {"strides": 2, "padding": "same"}
X, KERNEL = RANDOM.normal(size=(3, 7, 6, 4)), RANDOM.normal(size=(3, 2, 4, 5))
Y = RANDOM.normal(size=(3, 4, 3, 5))
CALLS = {
    "sum": (ops.sum, (X,), {"axis": (0, 2)}, 18),
    "mean": (ops.mean, (X,), {"axis": 1}, 7),
    "moments": (ops.moments, (X,), {"axes": (0, 1, 2)}, 126),
    "matmul": (ops.matmul, (X, RANDOM.normal(size=(3, 1, 4, 5))), {}, 4),
    "tensordot": (ops.tensordot, (X, RANDOM.normal(size=(6, 4, 2))), {"axes": 2}, 24),
    "_einsum": (_einsum, ([X, KERNEL],), {"subscripts": "bhwc,klcf->bkf"}, 7 * 6 * 2 * 4),
    "conv": (ops.conv, (X, KERNEL), {}, 24),
    "conv_transpose": (
        ops.conv_transpose,
        (Y, RANDOM.normal(size=(2, 2, 4, 5))),
        {"strides": 2},
        5,
    ),
    "conv_input_gradient": (
        conv_input_gradient,
        (RANDOM.normal(size=(3, 5, 5, 5)), KERNEL),
        {"input_shape": (3, 7, 6, 4)},
        3 * 25 * 6 * 4 * 5 / (7 * 6 * 4 * 3),
    ),
    "conv_kernel_gradient": (
        conv_kernel_gradient,
        (X, Y),
        {"kernel_shape": (3, 2, 4, 5), **WINDOW},
        36,
    ),
}


@pytest.mark.parametrize("n", [171, 7104])
def test_equal_terms_are_rounded_alike(n):
    """A few large terms and many small ones, as in the variance of what a ReLU lets pass."""
    x = np.where(RANDOM.uniform(size=(n, 60)) < 0.1, RANDOM.normal(1, 0.3, (n, 60)), 0.0)
    with Truth().settings():
        moments = [t.numpy() for t in ops.moments(x, axes=0)]
        explained = errors_of_sums(ops.moments.primitive, (x,), {"axes": 0}, moments)
    narrow = x.astype("float32")
    squares = ((narrow - moments[0]) ** 2).astype("float32")
    for units, exact, terms in zip(explained, moments, (narrow, squares), strict=True):
        total = np.zeros(60, "float32")
        for row in terms:
            total = total + row
        off = np.abs(total.astype("float64") / n - exact) / UNIT
        assert (off <= 1.1 * units + exact).all()
        assert (units < n * np.abs(exact)).all()  # the bound for any roundings at all


@pytest.mark.parametrize("name", [*PRODUCTS, *REDUCTIONS])
def test_every_sum_knows_its_terms(name):
    """From ones, each result and each sum of squares is the number of terms n."""
    function, tensors, settings, n = CALLS[name]
    assert function.primitive.name == name
    ones = [
        [np.ones_like(i) for i in x] if isinstance(x, list) else np.ones_like(x) for x in tensors
    ]
    with Truth().settings():
        explained, exact = error_of(function, *ones, **settings)
        scale = n if name in ("mean", "moments") else 1
        inside = exact == exact.max()
        many = exact[inside] * scale
        expected = np.sqrt(n * (many**2 / 3 + many / 2)) / scale
        np.testing.assert_allclose(explained[inside], expected, 1e-12)


def test_what_is_no_sum_has_none():
    assert error_of(ops.exp, X)[0] == 0.0
    assert not error_of(ops.sum, X[..., :1], axis=-1)[0].any()
    assert not np.any(error_of(ops.sum, X[:0], axis=0)[0])
    assert not np.any(error_of(ops.matmul, X[..., :0], X[..., :0].swapaxes(2, 3))[0])


HINGE = Network(
    inputs=((22,),),
    steps=(Step("Dense", {"units": 15}),),
    output=(15,),
    batch=171,
    loss=LibraryObject("losses.CategoricalHinge"),
    labels="one_hot",
    optimizer=LibraryObject("optimizers.Adadelta"),
    rows=171,
)


def test_a_bug_just_above_the_limit_of_a_long_sum_is_seen():
    """The gradient of a bias is a sum over the batch that nearly cancels."""
    case = Case("networks", "network", settings={"network": HINGE})
    right, known = result_of(MiniCNN(), case), reference(case)
    (name,) = [n for n in right if n.startswith("gradient") and n.endswith("bias")]
    limit = known.limits[name]
    assert 2e-6 < limit < 1e-4  # more than roundings of the result, less than one of the 171 terms
    for factor, expected in ((0.5, HOLDS), (1.5, DIFFERS)):
        wrong = dict(right)
        truth = known.values[name]
        wrong[name] = truth + factor * limit * np.abs(truth).max() * np.eye(1, truth.size)[0]
        found = network_verdict.examine(HINGE, lambda case, found=wrong: found, known)
        assert found.what == expected, found.shown
