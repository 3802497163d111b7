"""A dense layer by hand: y = relu(x · w + b), for two inputs of two numbers and three units.

x =  1  2        w =  1  0  -1        b =  -8  0  0
     3  4             2  1   1
"""

import numpy as np
import pytest

import minicnn as keras

X = [[1, 2], [3, 4]]
W = [[1, 0, -1], [2, 1, 1]]
B = [-8, 0, 0]


@pytest.fixture
def layer(backend):
    layer = keras.layers.Dense(units=3, activation="relu")
    layer.build((2, 2))
    layer.set_weights([np.array(W), np.array(B)])
    return layer


def test_outputs(layer):
    # x · w: each row of x with each column of w
    #   first input:    1·1 + 2·2 = 5      1·0 + 2·1 = 2     -1·1 + 2·1 = 1
    #   second input:   3·1 + 4·2 = 11     3·0 + 4·1 = 4     -1·3 + 4·1 = 1
    # + b:              -3  2  1   and   3  4  1
    # relu makes negative numbers zero.
    assert layer(keras.ops.array(X, "float32")).numpy().tolist() == [[0, 2, 1], [3, 4, 1]]


def test_gradients(layer):
    """How much a loss L changes with each number, where g = ∂L/∂y is known from the layer above.

    g =  1  2  3
         4  5  6
    """
    x, g = keras.ops.array(X, "float32"), keras.ops.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    with keras.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    dw, db, dx = tape.gradient(y, [layer.kernel, layer.bias, x], output_gradients=g)

    # relu: where the output was cut off at zero, nothing changes.   s =  0  2  3
    #                                                                     4  5  6
    #
    # ∂L/∂w = xᵀ · s: the weight from input i to unit j has met x[n, i] in each example n
    #   0·1 + 4·3 = 12     2·1 + 5·3 = 17     3·1 + 6·3 = 21
    #   0·2 + 4·4 = 16     2·2 + 5·4 = 24     3·2 + 6·4 = 30
    assert dw.numpy().tolist() == [[12, 17, 21], [16, 24, 30]]

    # ∂L/∂b: the sum over the examples      0 + 4     2 + 5     3 + 6
    assert db.numpy().tolist() == [4, 7, 9]

    # ∂L/∂x = s · wᵀ: each input gets from every unit the weight to it
    #   0·1 + 2·0 - 3·1 = -3     0·2 + 2·1 + 3·1 = 5
    #   4·1 + 5·0 - 6·1 = -2     4·2 + 5·1 + 6·1 = 19
    assert dx.numpy().tolist() == [[-3, 5], [-2, 19]]
