"""How `check_backward` calls what students write, and what it says to what it cannot check."""

import numpy as np
import pytest

from minicnn.testing import CannotCheck, WrongGradient, check_backward

RANDOM = np.random.default_rng(1)
X, W = RANDOM.normal(size=(4, 3)), RANDOM.normal(size=(3, 2))


def product(x, w):
    return x @ w


def product_backward(dy, x, w):
    return dy @ w.T, x.T @ dy


class TestWaysOfWriting:
    def test_with_the_inputs(self):
        assert check_backward(product, product_backward, X, W).largest_error < 1e-14

    def test_with_a_cache(self):
        check_backward(
            lambda x, w: (x @ w, (x, w)), lambda dy, cache: product_backward(dy, *cache), X, W
        )

    def test_with_a_cache_that_is_an_array(self):
        check_backward(lambda x: (np.maximum(x, 0), x), lambda dy, x: dy * (x > 0), X)

    def test_with_an_object_that_remembers(self):
        class Layer:
            def forward(self, x):
                self.x = x
                return x**2

            def backward(self, dy):
                return 2 * dy * self.x

        layer = Layer()
        check_backward(layer.forward, layer.backward, X)

    def test_with_a_dict(self):
        check_backward(product, lambda dy, x, w: {"x": dy @ w.T, "w": x.T @ dy}, X, W)

    def test_several_results(self):
        check_backward(
            lambda x, w: (x @ w, x * 2, x**2),
            lambda dy, x, w: (dy[0] @ w.T + 2 * dy[1] + 2 * x * dy[2], x.T @ dy[0]),
            X,
            W,
        )

    def test_settings_and_labels_are_not_differentiated(self):
        report = check_backward(
            lambda x, power, index: x[index] ** power,
            lambda dy, x, power, index: np.eye(4)[:, index] @ dy * power * x ** (power - 1),
            X,
            3,
            np.array([2, 0]),
        )
        assert [row.name for row in report.rows] == ["x"]


class TestTruth:
    def test_the_complex_step_is_used_where_it_works(self):
        (row,) = check_backward(np.exp, lambda dy, x: dy * np.exp(x), X).rows
        assert row.method == "complex step"

    @pytest.mark.parametrize(
        ("forward", "slope"),
        [
            (lambda x: x * np.abs(x), lambda x: 2 * np.abs(x)),
            (lambda x: np.maximum(x, 0) ** 2 + np.real(x), lambda x: 2 * np.maximum(x, 0) + 1),
            (lambda x: np.array([[float(v) ** 2 for v in r] for r in x]), lambda x: 2 * x),
        ],
    )
    def test_differences_are_used_where_it_does_not(self, forward, slope):
        (row,) = check_backward(forward, lambda dy, x: dy * slope(x), X).rows
        assert row.method == "central differences"
        assert row.why

    def test_the_taylor_remainder(self):
        (row,) = check_backward(np.exp, lambda dy, x: dy * np.exp(x), X, truth="taylor").rows
        assert row.order > 1.9
        with pytest.raises(WrongGradient, match=r"order 1\.0"):
            check_backward(np.exp, lambda dy, x: dy * np.exp(x) * 1.001, X, truth="taylor")

    def test_the_same_seed_gives_the_same_text(self):
        texts = set()
        for _ in range(2):
            with pytest.raises(WrongGradient) as caught:
                check_backward(np.exp, lambda dy, x: dy, X, seed=3)
            texts.add(str(caught.value))
        assert len(texts) == 1

    def test_float32_is_said(self):
        report = check_backward(
            lambda x: x.real.astype("float32") ** 2, lambda dy, x: 2 * x * dy, X
        )
        assert "float32" in str(report)
        with pytest.raises(WrongGradient, match="float32"):
            check_backward(lambda x: x.real.astype("float32") ** 2, lambda dy, x: x * dy, X)

    def test_many_elements_are_sampled(self):
        x = RANDOM.normal(size=(80, 50))
        check_backward(np.square, lambda dy, x: 2 * x * dy, x)
        with pytest.raises(WrongGradient, match=r"0\.5 times the right one"):
            check_backward(np.square, lambda dy, x: x * dy, x)


class TestAlso:
    def test_ties(self):
        forward, backward = lambda x: x.max(0), lambda dy, x: dy * (x == x.max(0))
        x = np.array([[1.1, 0.0], [0.9, 0.4]])
        check_backward(forward, backward, x)
        with pytest.raises(WrongGradient, match="With equal inputs") as caught:
            check_backward(forward, backward, x, also="ties")
        assert caught.value.diagnosis.kind == "ties"

    def test_non_contiguous(self):
        def backward(dy, x):
            return dy * x if not x.flags.c_contiguous else 2 * dy * x

        check_backward(np.square, backward, X)
        with pytest.raises(WrongGradient, match="not contiguous"):
            check_backward(np.square, backward, X, also="non_contiguous")

    def test_empty(self):
        report = check_backward(product, product_backward, X, W, also="empty, non_contiguous")
        assert "an empty batch" in str(report)
        with pytest.raises(WrongGradient, match="With an empty batch"):
            check_backward(
                product, lambda dy, x, w: (dy @ w.T, x.T @ dy + (len(x) == 0)), X, W, also="empty"
            )

    def test_unknown(self):
        with pytest.raises(CannotCheck, match="`also` takes the words"):
            check_backward(product, product_backward, X, W, also="tie")


def random_backward(dy, x):
    return dy * np.random.random()


def changes_input(x):
    x *= 2
    return x


def changes_cotangent(dy, x):
    dy *= 2
    return dy


TOTAL = np.zeros((4, 3))


def accumulates(dy, x):
    TOTAL[...] += 2 * x * dy
    return TOTAL


BAD = [
    (np.square, lambda dy, x: dy, (np.arange(3),), CannotCheck, "array of floats"),
    (lambda x: x * np.random.random(), lambda dy, x: dy, (X,), CannotCheck, "is random"),
    (np.square, random_backward, (X,), WrongGradient, "Two calls of `backward`"),
    (np.square, accumulates, (X,), WrongGradient, "twice the first|Two calls"),
    (changes_input, lambda dy, x: 2 * dy, (X,), CannotCheck, "changes its input x in place"),
    (lambda x: 2 * x, changes_cotangent, (X,), WrongGradient, "changes the cotangent"),
    (product, lambda dy, x, w: dy @ w.T, (X, W), CannotCheck, "2 inputs that are floats: x, w"),
    (product, lambda dy, x, w: dy @ w, (X, W), CannotCheck, "`backward` raised ValueError"),
    (np.square, lambda dy, x: None, (X,), CannotCheck, "returned None"),
    (lambda x: None, lambda dy, x: dy, (X,), CannotCheck, "returned None"),
    (lambda x: np.argmax(x, 0), lambda dy, x: dy, (X,), CannotCheck, "returned int64 numbers"),
    (np.log, lambda dy, x: dy / x, (-np.abs(X),), CannotCheck, "NaN or infinite"),
    (np.square, lambda dy, x: (2 * x * dy)[:2], (X,), WrongGradient, r"\(2, 3\), but the input"),
    (3, lambda dy, x: dy, (X,), CannotCheck, "`forward` must be a function"),
]


@pytest.mark.parametrize(("forward", "backward", "inputs", "error", "text"), BAD)
def test_bad_input_has_a_sentence(forward, backward, inputs, error, text):
    with pytest.raises(error, match=text):
        check_backward(forward, backward, *(x.copy() for x in inputs))
