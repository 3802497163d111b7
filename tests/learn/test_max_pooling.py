"""Max-pooling by hand: of each 2 × 2 window the largest number stays.

1  5 | 2  0
3  4 | 8  6            5  8
-----+-----     →
7  0 | 1  2            9  4
9  6 | 4  3
"""

import pytest

import minicnn as keras

X = [[1, 5, 2, 0], [3, 4, 8, 6], [7, 0, 1, 2], [9, 6, 4, 3]]

pytestmark = pytest.mark.usefixtures("backend")


def gradient(layer, x, g):
    """∂L/∂x, where g = ∂L/∂y is known from the layer above; and y."""
    with keras.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    return tape.gradient(y, x, output_gradients=g), y


def test_the_largest_of_each_window_stays():
    x = keras.ops.reshape(keras.ops.array(X, "float32"), (1, 4, 4, 1))
    g = keras.ops.reshape(keras.ops.array([[10.0, 20.0], [30.0, 40.0]]), (1, 2, 2, 1))
    dx, y = gradient(keras.layers.MaxPooling2D(pool_size=2), x, g)

    # max(1, 5, 3, 4) = 5     max(2, 0, 8, 6) = 8
    # max(7, 0, 9, 6) = 9     max(1, 2, 4, 3) = 4
    assert y.numpy()[0, :, :, 0].tolist() == [[5, 8], [9, 4]]

    # Only the largest number of a window has a part in the output, with the factor 1. So it gets
    # the whole gradient of its window, and the other three get none.
    assert dx.numpy()[0, :, :, 0].tolist() == [
        [0, 10, 0, 0],
        [0, 0, 20, 0],
        [0, 0, 0, 0],
        [30, 0, 40, 0],
    ]


def row(numbers):
    """As one-dimensional layers take it: (rows, positions, channels), here one of each."""
    return keras.ops.reshape(keras.ops.array(numbers, "float32"), (1, len(numbers), 1))


def test_where_windows_overlap_gradients_add_up():
    """Windows of two that move by one: (1, 3) and (3, 2). The 3 is the largest of both."""
    layer = keras.layers.MaxPooling1D(pool_size=2, strides=1)
    dx, y = gradient(layer, row([1, 3, 2]), row([10, 20]))
    assert y.numpy().ravel().tolist() == [3, 3]
    assert dx.numpy().ravel().tolist() == [0, 10 + 20, 0]


def test_of_equal_numbers_the_first_gets_the_gradient():
    dx, y = gradient(keras.layers.MaxPooling1D(pool_size=3), row([4, 7, 7]), row([10]))
    assert y.numpy().ravel().tolist() == [7]
    assert dx.numpy().ravel().tolist() == [0, 10, 0]
