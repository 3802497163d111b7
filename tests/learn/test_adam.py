"""Adam by hand: two steps of one weight, w = 1, with the gradients 4 and 2.

    m ← β₁ m + (1 − β₁) g            a moving average of the gradient
    v ← β₂ v + (1 − β₂) g²           a moving average of its square
    m̂ = m / (1 − β₁ᵗ)                both began at zero and are too small at first:
    v̂ = v / (1 − β₂ᵗ)                this corrects it at step t = 1, 2, ...
    w ← w − lr · m̂ / √v̂

With lr = 0.1, β₁ = 0.5, β₂ = 0.75 and, to begin with, ε = 0.
"""

import numpy as np
import pytest

import minicnn as keras

SETTINGS = {"learning_rate": 0.1, "beta_1": 0.5, "beta_2": 0.75, "epsilon": 0.0}


def weights_after_each_step(gradients, **settings):
    w = keras.Variable([1.0])
    optimizer = keras.optimizers.Adam(**{**SETTINGS, **settings})
    path = []
    for gradient in gradients:
        optimizer.apply([[gradient]], [w])
        path.append(float(w[0]))
    return path


@pytest.fixture(params=["plain", "fused"], autouse=True)
def both_ways(request, backend):
    """`Adam.update_step`, the formula; and the kernel that does it for all variables at once."""
    keras.config.set_fusion(request.param == "fused")


def test_two_steps():
    # step 1, g = 4:   m = 0.5 · 0 + 0.5 · 4  = 2        m̂ = 2 / (1 - 0.5)  = 4
    #                  v = 0.75 · 0 + 0.25 · 16 = 4      v̂ = 4 / (1 - 0.75) = 16
    #                  w = 1 - 0.1 · 4 / √16 = 1 - 0.1 = 0.9
    # The first step is as long as the learning rate, for a small and for a large gradient.
    #
    # step 2, g = 2:   m = 0.5 · 2 + 0.5 · 2  = 2        m̂ = 2 / (1 - 0.25)   = 8/3
    #                  v = 0.75 · 4 + 0.25 · 4 = 4       v̂ = 4 / (1 - 0.5625) = 64/7
    #                  w = 0.9 - 0.1 · (8/3) / √(64/7) = 0.9 - 0.1 · √7 / 3 = 0.9 - 0.0881917
    first, second = weights_after_each_step([4.0, 2.0])
    assert first == pytest.approx(0.9, rel=1e-6)
    assert second == pytest.approx(0.9 - 0.1 * 7**0.5 / 3, rel=1e-6)
    assert second == pytest.approx(0.8118083, rel=1e-6)


@pytest.mark.parametrize("gradient", [1e-3, 4.0, 1e3])
def test_the_size_of_the_gradient_does_not_matter(gradient):
    assert weights_after_each_step([gradient])[0] == pytest.approx(0.9, rel=1e-6)
    assert weights_after_each_step([-gradient])[0] == pytest.approx(1.1, rel=1e-6)


def test_epsilon_shortens_steps_of_small_gradients():
    # ε keeps the division finite. It is added to √v, not to √v̂ (the paper's ε̂):
    #   w ← w − α · m / (√v + ε),   α = lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ) = 0.1 · 0.5 / 0.5 = 0.1
    # With ε = 2 and g = 4:   1 - 0.1 · 2 / (2 + 2) = 0.95
    assert weights_after_each_step([4.0], epsilon=2.0)[0] == pytest.approx(0.95, rel=1e-6)


def test_amsgrad_divides_by_the_largest_v_so_far():
    # step 1, g = 4:   m = 2,  v = 4, the largest so far
    # step 2, g = 0:   m = 0.5 · 2 = 1,  v = 0.75 · 4 = 3, but 4 was larger
    #   α = 0.1 · √(1 - 0.5625) / (1 - 0.25) = 0.1 · √7 / 3
    #   w = 0.9 - α · 1 / √4       without amsgrad: 0.9 - α · 1 / √3, a longer step
    alpha = 0.1 * 7**0.5 / 3
    with_it = weights_after_each_step([4.0, 0.0], amsgrad=True)[1]
    without = weights_after_each_step([4.0, 0.0])[1]
    np.testing.assert_allclose([with_it, without], [0.9 - alpha / 2, 0.9 - alpha / 3**0.5], 1e-6)
