import numpy as np
import pytest

from minicnn import KerasTensor, ops
from minicnn.ops.nn.convolution import conv, conv_input_gradient, conv_kernel_gradient
from minicnn.ops.nn.output_shapes import compute_conv_transpose_padding_args_for_jax
from minicnn.testing import check_gradients
from tests.ops.nn.cases import WINDOWS, Window, over_windows


def _reference(x, kernel, window: Window):
    """Convolution as the formula has it, one output element at a time."""
    lengths, size = x.shape[1:-1], kernel.shape[:-2]
    rank = len(size)
    strides, dilation = (
        (v,) * rank if isinstance(v, int) else v for v in (window.strides, window.dilation_rate)
    )
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)]
    padding = window.padding.lower()
    if padding == "valid":
        pairs, outputs = [(0, 0)] * rank, None
    elif padding == "causal":
        pairs, outputs = [(r - 1, 0) for r in reach], None
    else:
        outputs = [-(-n // s) for n, s in zip(lengths, strides, strict=True)]
        total = [
            max((m - 1) * s + r - n, 0)
            for m, s, r, n in zip(outputs, strides, reach, lengths, strict=True)
        ]
        pairs = [(t // 2, t - t // 2) for t in total]
    padded = np.pad(x, [(0, 0), *pairs, (0, 0)])
    outputs = [(n - r) // s + 1 for n, r, s in zip(padded.shape[1:-1], reach, strides, strict=True)]
    filters, channels = kernel.shape[-1], kernel.shape[-2]
    groups = x.shape[-1] // channels
    y = np.zeros((x.shape[0], *outputs, filters))
    for f in range(filters):
        group = f // (filters // groups)
        for position in np.ndindex(*outputs):
            for tap in np.ndindex(*size):
                at = tuple(
                    p * s + k * d
                    for p, s, k, d in zip(position, strides, tap, dilation, strict=True)
                )
                seen = padded[(slice(None), *at, slice(group * channels, (group + 1) * channels))]
                y[(slice(None), *position, f)] += seen @ kernel[(*tap, slice(None), f)]
    return y


@over_windows
def test_formula(window, rng, backend):
    x, kernel = window.inputs(rng), window.kernel(rng)
    first = window.data_format == "channels_first"
    expected = _reference(np.moveaxis(x, 1, -1) if first else x, kernel, window)
    y = np.asarray(conv(x, kernel, **window.settings))
    np.testing.assert_allclose(np.moveaxis(y, 1, -1) if first else y, expected, atol=1e-12)


@over_windows
def test_gradients_of_first_and_second_order(window, rng):
    check_gradients(conv, window.inputs(rng), window.kernel(rng), **window.settings)


@over_windows
def test_symbolic_shape(window, rng):
    x, kernel = window.inputs(rng), window.kernel(rng)
    y = conv(x, kernel, **window.settings)
    known = conv(KerasTensor(x.shape), KerasTensor(kernel.shape), **window.settings)
    assert known.shape == y.shape
    channel_axis = 1 if window.data_format == "channels_first" else x.ndim - 1
    shape = tuple(n if i == channel_axis else None for i, n in enumerate(x.shape))
    unknown = conv(KerasTensor(shape), KerasTensor(kernel.shape), **window.settings)
    assert unknown.shape == tuple(n if i == channel_axis else None for i, n in enumerate(y.shape))


@over_windows
def test_the_two_gradients_are_adjoints(window, rng, backend):
    x, kernel = window.inputs(rng), window.kernel(rng)
    y = conv(x, kernel, **window.settings)
    g = rng.standard_normal(y.shape)
    back = conv_input_gradient(g, kernel, input_shape=x.shape, **window.settings)
    pairing = np.sum(np.asarray(y) * g)
    np.testing.assert_allclose(np.sum(np.asarray(back) * x), pairing, rtol=1e-10)
    back = conv_kernel_gradient(x, g, kernel_shape=kernel.shape, **window.settings)
    np.testing.assert_allclose(np.sum(np.asarray(back) * kernel), pairing, rtol=1e-10)


@over_windows
def test_float32_is_as_exact_as_its_reduction_allows(window, rng, backend):
    x, kernel = window.inputs(rng, "float32"), window.kernel(rng, "float32")
    y = conv(x, kernel, **window.settings)
    assert y.dtype == "float32"
    exact = conv(x.astype("float64"), kernel.astype("float64"), **window.settings)
    magnitude = conv(
        np.abs(x).astype("float64"), np.abs(kernel).astype("float64"), **window.settings
    )
    terms = np.prod(kernel.shape[:-1])
    bound = terms * np.finfo("float32").eps * np.asarray(magnitude) + 1e-30
    assert (np.abs(np.asarray(y, "float64") - np.asarray(exact)) <= bound).all()


def test_empty_batch(backend):
    y = conv(np.zeros((0, 5, 5, 2), "float32"), np.ones((3, 3, 2, 4), "float32"))
    assert y.shape == (0, 3, 3, 4)


def test_inputs_that_are_not_contiguous(rng, backend):
    x = rng.standard_normal((3, 12, 2, 5)).transpose(3, 1, 0, 2)[:, ::2]
    kernel = rng.standard_normal((3, 2, 4, 2)).transpose(1, 0, 3, 2)
    np.testing.assert_allclose(conv(x, kernel), conv(x.copy(), kernel.copy()), atol=1e-12)


def test_arguments_are_left_alone(rng, backend):
    window = WINDOWS["same"]
    x, kernel = window.inputs(rng), window.kernel(rng)
    before = x.copy(), kernel.copy()
    y = conv(x, kernel, **window.settings)
    conv_input_gradient(y, kernel, input_shape=x.shape, **window.settings)
    conv_kernel_gradient(x, y, kernel_shape=kernel.shape, **window.settings)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(kernel, before[1])
    assert not np.shares_memory(y.array, x)


# What TensorFlow computes on a CPU: no causal padding, no strides together with dilation.
KERAS_WINDOWS = {
    name: w for name, w in WINDOWS.items() if w.padding != "causal" and "3-D" not in name
}


@pytest.mark.parametrize("window", list(KERAS_WINDOWS.values()), ids=list(KERAS_WINDOWS))
def test_against_keras(window, rng, keras):
    x, kernel = window.inputs(rng, "float32"), window.kernel(rng, "float32")
    settings = window.settings
    if window.data_format == "channels_first":  # TensorFlow has it on the GPU only
        x, settings = np.moveaxis(x, 1, -1), {**settings, "data_format": "channels_last"}
    expected = keras.ops.conv(x, kernel, **settings)
    np.testing.assert_allclose(conv(x, kernel, **settings), expected, rtol=1e-4, atol=1e-5)


DEPTHWISE = [
    Window((2, 6, 7, 3), (3, 2), 2),
    Window((2, 6, 7, 3), (3, 3), 1, strides=2, padding="same"),
    Window((2, 6, 7, 2), (2, 2), 3, dilation_rate=2, padding="same"),
    Window((2, 9, 3), (3,), 2, strides=2),
]


@pytest.mark.parametrize("window", DEPTHWISE)
def test_depthwise(window, rng, keras):
    x, kernel = window.inputs(rng), window.kernel(rng)
    check_gradients(ops.depthwise_conv, x, kernel, **window.settings)
    y = np.asarray(ops.depthwise_conv(x, kernel, **window.settings))
    for c in range(x.shape[-1]):
        alone = conv(x[..., c : c + 1], kernel[..., c : c + 1, :], **window.settings)
        np.testing.assert_allclose(
            y[..., c * window.filters : (c + 1) * window.filters], alone, atol=1e-12
        )
    expected = keras.ops.depthwise_conv(x, kernel, **window.settings)
    np.testing.assert_allclose(y, expected, atol=1e-10)


@pytest.mark.parametrize("window", DEPTHWISE)
def test_separable(window, rng, keras):
    x, depthwise = window.inputs(rng), window.kernel(rng)
    rank = len(window.kernel_size)
    pointwise = rng.standard_normal((1,) * rank + (x.shape[-1] * window.filters, 4))
    check_gradients(ops.separable_conv, x, depthwise, pointwise, order=1, **window.settings)
    y = ops.separable_conv(x, depthwise, pointwise, **window.settings)
    expected = keras.ops.separable_conv(x, depthwise, pointwise, **window.settings)
    np.testing.assert_allclose(y, expected, atol=1e-10)
    drawn = ops.separable_conv(KerasTensor(x.shape), depthwise, pointwise, **window.settings)
    assert drawn.shape == y.shape


def _transposed(spatial, kernel, strides=1, padding="valid", output_padding=None, dilation=1):
    return {
        "x": (2, *spatial, 3),
        "kernel": (*kernel, 2, 3),
        "settings": {
            "strides": strides,
            "padding": padding,
            "output_padding": output_padding,
            "dilation_rate": dilation,
        },
    }


TRANSPOSED = [
    _transposed((4, 5), (3, 3)),
    _transposed((4, 5), (3, 2), padding="same"),
    _transposed((4, 5), (3, 3), 2),
    _transposed((4, 5), (3, 3), 2, "same"),
    _transposed((4, 5), (2, 2), 3),
    _transposed((4, 5), (2, 2), 3, "same"),
    _transposed((4, 3), (4, 4), 2, "same"),
    _transposed((4, 3), (3, 3), 2, "same", 1),
    _transposed((4, 3), (3, 3), (3, 2), "valid", (2, 1)),
    _transposed((4, 3), (5, 3), 3, "same", 0),
    _transposed((4, 3), (3, 3), 1, "valid", None, 2),
    _transposed((4,), (3,), 2, "same"),
    _transposed((2, 3, 2), (2, 2, 3), 2, "same"),
]


@pytest.mark.parametrize("case", TRANSPOSED, ids=str)
def test_transposed(case, rng, keras):
    x, kernel = rng.standard_normal(case["x"]), rng.standard_normal(case["kernel"])
    check_gradients(ops.conv_transpose, x, kernel, **case["settings"])
    y = ops.conv_transpose(x, kernel, **case["settings"])
    drawn = ops.conv_transpose(KerasTensor(x.shape), KerasTensor(kernel.shape), **case["settings"])
    assert drawn.shape == y.shape
    if case["settings"]["dilation_rate"] != 1:
        return  # TensorFlow does not compute it on a CPU
    expected = keras.ops.conv_transpose(x, kernel, **case["settings"])
    np.testing.assert_allclose(y, expected, atol=1e-10)


def test_transposed_channels_first(rng):
    x, kernel = rng.standard_normal((2, 4, 5, 3)), rng.standard_normal((3, 3, 2, 3))
    y = ops.conv_transpose(x, kernel, 2, "same")
    first = {"strides": 2, "padding": "same", "data_format": "channels_first"}
    moved = ops.conv_transpose(np.moveaxis(x, -1, 1), kernel, **first)
    np.testing.assert_allclose(np.moveaxis(moved, 1, -1), y)
    check_gradients(ops.conv_transpose, np.moveaxis(x, -1, 1), kernel, **first)


@pytest.mark.parametrize(
    ("x", "kernel", "settings", "words"),
    [
        ((1, 5, 5, 3), (3, 3, 2, 4), {}, "channels=3.*kernel input channels=2"),
        ((1, 5, 5, 4), (3, 3, 2, 3), {}, "2 groups.*3 filters"),
        ((5, 5, 3), (3, 3, 3, 4), {}, "needs inputs of 4 dimensions.*received.*5, 5, 3"),
        ((1, 2, 5, 3), (3, 3, 3, 4), {}, "zero or negative.*kernel_size.*padding='same'"),
        ((1, 5, 5, 3), (3, 3, 3, 4), {"padding": "sam"}, "'valid', 'same', 'causal'.*'sam'"),
        ((1, 5, 5, 3), (3, 3, 3, 4), {"strides": (1, 1, 1)}, "strides.*2 spatial.*\\(1, 1, 1\\)"),
        ((1, 5, 5, 3), (3, 3, 3, 4), {"strides": 0}, "`strides` must be positive"),
        ((1, 5, 5, 3), (3, 3, 3, 4), {"data_format": "last"}, "data_format.*last"),
    ],
)
def test_misuse(x, kernel, settings, words):
    with pytest.raises(ValueError, match=f"(?is){words}"):
        conv(np.zeros(x), np.zeros(kernel), **settings)
    with pytest.raises(ValueError, match=f"(?is){words}"):
        conv(KerasTensor(x), KerasTensor(kernel), **settings)


def test_transposed_with_too_much_output_padding():
    with pytest.raises(ValueError, match="`output_padding` must be smaller than `strides`"):
        ops.conv_transpose(np.zeros((1, 3, 3, 1)), np.zeros((2, 2, 1, 1)), 2, output_padding=2)


@pytest.mark.parametrize("case", [c for c in TRANSPOSED if len(c["x"]) == 4], ids=str)
def test_transposed_as_convolution_of_spread_inputs(case, rng):
    x, kernel = rng.standard_normal(case["x"]), rng.standard_normal(case["kernel"])
    s = case["settings"]
    pairs = compute_conv_transpose_padding_args_for_jax(x.shape, kernel.shape, **s)
    sh, sw = (s["strides"],) * 2 if isinstance(s["strides"], int) else s["strides"]
    spread = np.zeros((2, (x.shape[1] - 1) * sh + 1, (x.shape[2] - 1) * sw + 1, 3))
    spread[:, ::sh, ::sw] = x
    padded = np.pad(spread, [(0, 0), *pairs, (0, 0)])
    flipped = kernel[::-1, ::-1].swapaxes(2, 3)
    expected = conv(padded, flipped, dilation_rate=s["dilation_rate"])
    np.testing.assert_allclose(ops.conv_transpose(x, kernel, **s), expected, atol=1e-12)
