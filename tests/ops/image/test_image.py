import numpy as np
import pytest

from minicnn import KerasTensor, ops
from minicnn.ops.image import resizing
from minicnn.testing import check_gradients

image = ops.image

RESIZINGS = [
    ((7, 9), {}),
    ((3, 2), {}),
    ((3, 9), {"interpolation": "nearest"}),
    ((8, 3), {"interpolation": "nearest"}),
    ((7, 9), {"interpolation": "bicubic"}),
    ((3, 4), {"interpolation": "bicubic"}),
    ((7, 4), {"interpolation": "lanczos3"}),
    ((4, 9), {"interpolation": "lanczos5"}),
    ((3, 2), {"antialias": True}),
    ((3, 2), {"interpolation": "bicubic", "antialias": True}),
    ((4, 7), {"interpolation": "lanczos3", "antialias": True}),
    ((6, 2), {"crop_to_aspect_ratio": True}),
    ((4, 4), {"pad_to_aspect_ratio": True}),
    ((2, 6), {"pad_to_aspect_ratio": True, "fill_value": 2.0}),
]
over_resizings = pytest.mark.parametrize(("size", "settings"), RESIZINGS, ids=str)


@over_resizings
def test_resize_against_keras(size, settings, rng, keras):
    x = rng.random((2, 5, 6, 3)).astype("float32")
    expected = np.asarray(keras.ops.image.resize(x, size, **settings))
    y = image.resize(x, size, **settings)
    # TensorFlow looks the cubic kernel up in a table of 1024 values, unless it is widened.
    table = settings.get("interpolation") == "bicubic" and "antialias" not in settings
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-3 if table else 1e-5)
    assert y.dtype == "float32"
    np.testing.assert_array_equal(image.resize(x[0], size, **settings), y.array[0])
    moved = image.resize(np.moveaxis(x, -1, 1), size, data_format="channels_first", **settings)
    np.testing.assert_allclose(np.moveaxis(moved.array, 1, -1), y, rtol=1e-6, atol=1e-7)


@over_resizings
def test_resize_gradients_and_shape(size, settings, rng):
    x = rng.random((2, 5, 6, 2))
    check_gradients(image.resize, x, size=size, **settings)
    assert image.resize(KerasTensor(x.shape), size, **settings).shape == (2, *size, 2)
    unknown = KerasTensor((None, None, None, 2))
    assert image.resize(unknown, size, **settings).shape == (None, *size, 2)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
def test_resize_of_bytes_rounds_and_stays_in_range(interpolation, rng, keras):
    x = rng.integers(0, 256, (2, 5, 6, 3)).astype("uint8")
    y = image.resize(x, (7, 4), interpolation)
    assert y.dtype == "uint8"
    expected = np.asarray(keras.ops.image.resize(x, (7, 4), interpolation))
    assert np.abs(y.array.astype(int) - expected.astype(int)).max() <= (interpolation != "nearest")


@pytest.mark.parametrize(
    ("size", "settings", "words"),
    [
        ((0, 4), {}, "positive height and width"),
        ((3,), {}, "tuple of 2 integers"),
        ((3, 4), {"interpolation": "bilinar"}, "Did you mean 'bilinear'"),
        ((3, 4), {"fill_mode": "wrap"}, "`fill_mode`.*'constant'"),
        ((3, 4), {"pad_to_aspect_ratio": True, "crop_to_aspect_ratio": True}, "Only one of"),
    ],
)
def test_resize_misuse(size, settings, words):
    with pytest.raises(ValueError, match=words):
        image.resize(np.ones((5, 6, 3)), size, **settings)


BORDERS = [
    {"top": 1, "bottom": 2, "left": 0, "right": 1},
    {"top": 1, "target_height": 0, "right": 2, "target_width": 0},
    {"bottom": 2, "target_height": 0, "left": 1, "target_width": 0},
]


@pytest.mark.parametrize("borders", BORDERS, ids=str)
@pytest.mark.parametrize("kind", ["padding", "cropping"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_borders(borders, kind, data_format, rng, keras):
    shape = (2, 5, 6, 3) if data_format == "channels_last" else (2, 3, 5, 6)
    targets = {"target_height": 8, "target_width": 9}
    if kind == "cropping":
        targets = {"target_height": 2, "target_width": 3}
    settings = {"data_format": data_format}
    for name, value in borders.items():
        settings |= (
            {name: targets[name]} if name.startswith("target") else {f"{name}_{kind}": value}
        )
    name = "pad_images" if kind == "padding" else "crop_images"
    x = rng.standard_normal(shape)
    y = getattr(image, name)(x, **settings)
    np.testing.assert_array_equal(y, getattr(keras.ops.image, name)(x, **settings))
    check_gradients(getattr(image, name), x, **settings)
    assert getattr(image, name)(KerasTensor(shape), **settings).shape == y.shape


def test_borders_misuse():
    x = np.ones((5, 6, 3))
    with pytest.raises(ValueError, match="two of top_padding, bottom_padding, target_height"):
        image.pad_images(x, 1, 1, 1, 1, 8)
    with pytest.raises(ValueError, match="bottom_cropping must be >= 0"):
        image.crop_images(x, 4, 0, target_height=3, target_width=3)
    with pytest.raises(ValueError, match="`target_width` must be specified"):
        image.crop_images(KerasTensor((5, None, 3)), 0, 0, 0, 0)
    with pytest.raises(ValueError, match="Invalid images rank: expected rank 3"):
        image.pad_images(np.ones((5, 6)), 1, 1, 1, 1)


TRANSFORMS = {
    "moved": [1, 0, 1.3, 0, 1, -0.7, 0, 0],
    "turned": [0.8, -0.6, 1, 0.6, 0.8, -1, 0, 0],
    "zoomed": [1.5, 0, -2, 0, 0.7, 1, 0, 0],
    "in perspective": [1, 0.1, 0, 0.1, 1, 0, 0.02, 0.01],
    "with a horizon": [1, 0.1, 0, 0.1, 1, 2, -0.5, 0.5],  # c · (x, y) + 1 = 0, and -1, at pixels
}


@pytest.mark.parametrize("transform", list(TRANSFORMS.values()), ids=list(TRANSFORMS))
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("fill_mode", ["constant", "nearest", "wrap", "reflect"])
def test_affine_transform(transform, interpolation, fill_mode, rng, keras):
    x = rng.standard_normal((2, 5, 6, 3)).astype("float32")
    transform = np.array(transform, "float32")
    settings = {"interpolation": interpolation, "fill_mode": fill_mode, "fill_value": 0.5}
    y = image.affine_transform(x, transform, **settings)
    expected = keras.ops.image.affine_transform(x, transform, **settings)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)
    check_gradients(lambda x: image.affine_transform(x, transform, **settings), x[:, :, :, :1])
    moved = np.moveaxis(x, -1, 1)
    first = image.affine_transform(moved, transform, **settings, data_format="channels_first")
    np.testing.assert_array_equal(np.moveaxis(first.array, 1, -1), y)
    assert image.affine_transform(KerasTensor(x.shape), transform).shape == x.shape


def test_colours(rng, keras):
    # No two alike, and no hue where one colour takes over from another.
    x = ((rng.permutation(120) + 0.5) / 120).reshape(2, 4, 5, 3).astype("float32")
    for name in ("rgb_to_grayscale", "rgb_to_hsv", "hsv_to_rgb"):
        y = getattr(image, name)(x)
        np.testing.assert_allclose(y, getattr(keras.ops.image, name)(x), rtol=1e-4, atol=1e-6)
        check_gradients(getattr(image, name), x, order=1, tolerance=1e-6)
        first = getattr(image, name)(np.moveaxis(x, -1, 1), data_format="channels_first")
        np.testing.assert_allclose(np.moveaxis(first.array, 1, -1), y, rtol=1e-6)
        assert getattr(image, name)(KerasTensor(x.shape)).shape == y.shape
    np.testing.assert_allclose(image.hsv_to_rgb(image.rgb_to_hsv(x)), x, atol=1e-6)
    black_and_grey = np.array([[[0.0, 0, 0], [0.5, 0.5, 0.5]]], "float32")
    np.testing.assert_array_equal(image.rgb_to_hsv(black_and_grey), [[[0, 0, 0], [0, 0, 0.5]]])


def test_grey_keeps_bytes_and_refuses_other_channels():
    y = image.rgb_to_grayscale(np.full((2, 2, 3), 200, "uint8"))
    assert y.dtype == "uint8"
    assert set(y.numpy().ravel()) <= {199, 200}
    with pytest.raises(ValueError, match="expected 3"):
        image.rgb_to_grayscale(np.ones((2, 2, 4)))
    with pytest.raises(ValueError, match="expected float dtype"):
        image.rgb_to_hsv(np.ones((2, 2, 3), "uint8"))


@pytest.mark.parametrize(
    "settings",
    [{"size": 2}, {"size": (3, 2), "strides": 1, "padding": "same"}, {"size": 2, "strides": 3}],
    ids=str,
)
def test_patches(settings, rng, keras):
    x = rng.standard_normal((2, 6, 7, 3))
    y = image.extract_patches(x, **settings)
    np.testing.assert_allclose(y, keras.ops.image.extract_patches(x, **settings))
    assert image.extract_patches(x[0], **settings).shape == y.shape[1:]
    assert image.extract_patches(KerasTensor(x.shape), **settings).shape == y.shape
    check_gradients(image.extract_patches, x, order=1, **settings)


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("interpolation", resizing.INTERPOLATIONS)
def test_few_taps_are_the_product_with_the_matrix_of_weights(interpolation, antialias, rng):
    for old, new in ((7, 7), (5, 13), (13, 5), (40, 3), (1, 4), (4, 1), (100, 7)):
        x = rng.normal(size=(2, old, 3))
        found = resizing.resample(x, 1, new, interpolation, antialias)
        weights = resizing._weights(old, new, interpolation, antialias)
        expected = np.einsum("no,boc->bnc", weights, x)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)
