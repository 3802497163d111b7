"""Convolution by hand: a 3 × 3 image under a 2 × 2 kernel.

The kernel is laid on the image at every place where it fits. At each place, numbers that lie on
each other are multiplied, and the products are added up:

    y[i, j] = b + Σ x[i + p, j + q] · w[p, q]         sum over the kernel's rows p and columns q

        image x        kernel w      bias b
        1  2  3
        4  5  6         1  2          10
        7  8  9         3  4
"""

import numpy as np
import pytest

import minicnn as keras

X = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
W = [[1, 2], [3, 4]]
B = 10


def image(rows):
    """As layers take it: (images, rows, columns, channels), here one image of one channel."""
    return keras.ops.reshape(keras.ops.array(rows, "float32"), (1, len(rows), len(rows[0]), 1))


def matrix(tensor):
    """The only image, of one channel, as rows and columns."""
    return tensor.numpy()[0, :, :, 0].tolist()


@pytest.fixture
def layer(backend):
    layer = keras.layers.Conv2D(filters=1, kernel_size=2)
    layer.build((1, 3, 3, 1))
    layer.set_weights([np.reshape(W, (2, 2, 1, 1)), [B]])
    return layer


def test_outputs(layer):
    # top left:      1·1 + 2·2 + 4·3 + 5·4 = 1 + 4  + 12 + 20 = 37, and 10 is 47
    # top right:     2·1 + 3·2 + 5·3 + 6·4 = 2 + 6  + 15 + 24 = 47, and 10 is 57
    # bottom left:   4·1 + 5·2 + 7·3 + 8·4 = 4 + 10 + 21 + 32 = 67, and 10 is 77
    # bottom right:  5·1 + 6·2 + 8·3 + 9·4 = 5 + 12 + 24 + 36 = 77, and 10 is 87
    assert matrix(layer(image(X))) == [[47, 57], [77, 87]]


def test_gradients(layer):
    """How much a loss L changes with each number, where g = ∂L/∂y is known from the layer above.

    g =  1   2
         3  -1
    """
    x, g = image(X), image([[1, 2], [3, -1]])
    with keras.GradientTape() as tape:
        tape.watch(x)
        y = layer(x)
    dw, db, dx = tape.gradient(y, [layer.kernel, layer.bias, x], output_gradients=g)

    # A weight w[p, q] has met one pixel at each of the four places, times g of that place:
    #   ∂L/∂w[p, q] = Σ g[i, j] · x[i + p, j + q]
    #
    # w[0, 0] met 1, 2, 4, 5:   1·1 + 2·2 + 3·4 - 1·5 = 12
    # w[0, 1] met 2, 3, 5, 6:   1·2 + 2·3 + 3·5 - 1·6 = 17
    # w[1, 0] met 4, 5, 7, 8:   1·4 + 2·5 + 3·7 - 1·8 = 27
    # w[1, 1] met 5, 6, 8, 9:   1·5 + 2·6 + 3·8 - 1·9 = 32
    assert dw.numpy()[:, :, 0, 0].tolist() == [[12, 17], [27, 32]]

    # The bias is added at each place:   1 + 2 + 3 - 1 = 5
    assert db.numpy().tolist() == [5]

    # A pixel gets g · w from every place at which it was under the kernel. The middle, 5, was under
    # w[1, 1] at the top left, w[1, 0] at the top right, w[0, 1] and w[0, 0] below:
    #   1·4 + 2·3 + 3·2 - 1·1 = 15
    # A corner was under the kernel once:      top left 1·1,  bottom right -1·4
    # The middle of an edge was under it twice: top 1·2 + 2·1 = 4, left 1·3 + 3·1 = 6, ...
    assert matrix(dx) == [[1, 4, 4], [6, 15, 6], [9, 9, -4]]


def test_padding_keeps_the_size(backend):
    """With "same", zeros are added so that there are as many outputs as pixels.

    A 2 × 2 kernel needs one more row and column. They go to the bottom and to the right.
    """
    layer = keras.layers.Conv2D(1, 2, padding="same", use_bias=False)
    layer.build((1, 3, 3, 1))
    layer.set_weights([np.reshape(W, (2, 2, 1, 1))])
    # top right:     3·1 + 0·2 + 6·3 + 0·4 = 21
    # bottom left:   7·1 + 8·2 + 0·3 + 0·4 = 23
    # bottom right:  9·1                   = 9
    assert matrix(layer(image(X))) == [[37, 47, 21], [67, 77, 33], [23, 26, 9]]


def test_strides_leave_places_out(backend):
    """With stride 2 the kernel moves two steps at a time: only every second output is computed."""
    layer = keras.layers.Conv2D(1, 1, strides=2)
    layer.build((1, 3, 3, 1))
    layer.set_weights([np.reshape([[10]], (1, 1, 1, 1)), [0]])
    assert matrix(layer(image(X))) == [[10, 30], [70, 90]]


def test_channels_are_added_up(backend):
    """Each filter has a kernel for every channel of the input; its output is the sum over them."""
    layer = keras.layers.Conv2D(filters=2, kernel_size=1, use_bias=False)
    pixel = keras.ops.array([[[[3.0, 5.0]]]])  # one pixel with two channels
    layer.build(pixel.shape)
    # kernel[0, 0, channel, filter]: filter 0 has the weights (1, 2), filter 1 has (10, 20)
    layer.set_weights([np.reshape([[1, 10], [2, 20]], (1, 1, 2, 2))])
    # filter 0: 3·1 + 5·2 = 13,   filter 1: 3·10 + 5·20 = 130
    assert layer(pixel).numpy().ravel().tolist() == [13, 130]
