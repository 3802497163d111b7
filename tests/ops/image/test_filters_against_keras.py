"""Warps, filters and similarity of images are those of Keras; their gradients those of float64."""

import numpy as np
import pytest

from minicnn import ops
from minicnn.testing import check_gradients

RANDOM = np.random.default_rng(7)
IMAGES = RANDOM.uniform(0, 1, (2, 7, 9, 3)).astype("float32")
SMALL = RANDOM.uniform(0, 1, (2, 4, 5, 2))
CORNERS = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 6.0], [8.0, 6.0]], "float32")
ENDS = np.stack([CORNERS, CORNERS])
ENDS = (ENDS + RANDOM.uniform(-1.5, 1.5, (2, 4, 2))).astype("float32")
STARTS = np.stack([CORNERS, CORNERS])
INSIDE = RANDOM.uniform(0, 1, (3, 4, 5)) * [[[6]], [[8]], [[2]]]
AROUND = INSIDE + RANDOM.uniform(-4, 4, (3, 4, 5))

WARPS = {
    "one perspective": ("perspective_transform", IMAGES, CORNERS, ENDS[0]),
    "each its own": ("perspective_transform", IMAGES, STARTS, ENDS),
    "one image": ("perspective_transform", IMAGES[0], CORNERS, ENDS[1]),
    "blur": ("gaussian_blur", IMAGES),
    "large blur": ("gaussian_blur", IMAGES, (5, 5), (2.0, 0.7)),
    "blur of even size": ("gaussian_blur", IMAGES, (4, 4), (1.3, 0.8)),
    "edges": ("sobel_edges", IMAGES),
    "similarity": ("ssim", IMAGES, IMAGES[::-1] * 0.5, 1.0, 5),
    "other similarity": ("ssim", IMAGES, IMAGES[::-1] + 0.2, 2.0, 4, 0.9, 0.02, 0.05),
    "similarity of two": ("ssim", IMAGES[0], IMAGES[1], 1.0, 7),
}


def both(keras, name, *args, **settings):
    """What Keras and minicnn compute."""
    expected = getattr(keras.ops.image, name)(*args, **settings)
    return np.asarray(expected), np.asarray(getattr(ops.image, name)(*args, **settings))


@pytest.mark.parametrize("case", WARPS)
def test_the_same_numbers(keras, case):
    expected, found = both(keras, *WARPS[case])
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, atol=2e-5)


@pytest.mark.parametrize("case", [name for name in WARPS if "other" not in name])
def test_channels_first(case):
    name, *args = WARPS[case]
    turned = [np.moveaxis(x, -1, -3) if np.ndim(x) > 2 and x.shape[-1] == 3 else x for x in args]
    last, first = (
        np.asarray(getattr(ops.image, name)(*given, data_format=form))
        for given, form in ((args, "channels_last"), (turned, "channels_first"))
    )
    axis = {"ssim": None, "sobel_edges": -2}.get(name, -1)
    expected = last if axis is None else np.moveaxis(last, axis, axis - 2)
    np.testing.assert_allclose(first, expected, atol=1e-6)


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("fill_mode", ["constant", "nearest", "wrap", "mirror", "reflect"])
def test_coordinates_inside(keras, fill_mode, order):
    expected, found = both(
        keras, "map_coordinates", IMAGES[0], INSIDE.astype("f4"), order, fill_mode, 0.3
    )
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("fill_mode", ["constant", "nearest", "wrap"])
def test_coordinates_outside(keras, fill_mode, order):
    expected, found = both(
        keras, "map_coordinates", IMAGES[0], AROUND.astype("f4"), order, fill_mode, 0.3
    )
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("fill_mode", "row"),
    [
        ("constant", "kkkkabcdkkkk"),
        ("nearest", "aaaaabcddddd"),
        ("wrap", "abcdabcdabcd"),
        ("mirror", "cdcbabcdcbab"),
        ("reflect", "dcbaabcddcba"),
    ],
)
@pytest.mark.parametrize("order", [0, 1])
def test_what_is_outside_of_a_row(fill_mode, row, order):
    """The rows in Keras's documentation; TensorFlow's backend differs for "mirror", "reflect"."""
    letters = {letter: 10.0 * i for i, letter in enumerate("abcdk")}
    inside = np.array([letters[x] for x in "abcd"])
    whole = np.array([letters[x] for x in row])
    places = np.arange(-4.0, 8.0)
    found = ops.image.map_coordinates(inside, places[None], order, fill_mode, letters["k"])
    np.testing.assert_allclose(found, whole, atol=1e-12)
    if order == 1:
        between = ops.image.map_coordinates(
            inside, places[None, :-1] + 0.25, order, fill_mode, letters["k"]
        )
        np.testing.assert_allclose(between, 0.75 * whole[:-1] + 0.25 * whole[1:], atol=1e-12)


def test_whole_numbers_are_rounded(keras):
    image = (IMAGES[0] * 255).astype("uint8")
    expected, found = both(keras, "map_coordinates", image, AROUND.astype("f4"), 1, "nearest")
    assert found.dtype == expected.dtype == "uint8"
    assert (found == expected).all()


def test_places_that_are_no_numbers_are_outside():
    place = np.array([[np.nan, np.inf, -np.inf, 1.0]])
    found = ops.image.map_coordinates(np.arange(3.0), place, 1, "constant", 7.0)
    assert np.isnan(found[0]) and found[3] == 1.0


METHODS = ("linear", "bilinear", "cubic", "lanczos3", "lanczos5")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("scale", [(0.6, 1.7), (2.3, 0.45)])
def test_scaled_and_moved(keras, method, antialias, scale):
    settings = {
        "output_shape": (2, 6, 11, 3),
        "scale": np.array(scale, "f4"),
        "translation": np.array([0.7, -1.2], "f4"),
        "spatial_dims": (1, 2),
        "method": method,
        "antialias": antialias,
    }
    expected, found = both(keras, "scale_and_translate", IMAGES, **settings)
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_scaled_whole_numbers():
    """They are rounded, and stay in the range that they had (Keras on TensorFlow refuses them)."""
    image = (IMAGES[0] * 255).astype("uint8")
    settings = ((9, 12, 3), [1.3, 1.5], [0.4, -2.0], (0, 1), "cubic")
    found = np.asarray(ops.image.scale_and_translate(image, *settings))
    floats = np.asarray(ops.image.scale_and_translate(image.astype("f8"), *settings))
    assert found.dtype == "uint8"
    assert (found == np.round(floats).clip(image.min(), image.max())).all()


def warped(x, coordinates):
    return ops.image.map_coordinates(x, coordinates, 1, "reflect")


PLACES = np.stack([RANDOM.integers(-2, 6, (3, 4)), RANDOM.integers(-3, 8, (3, 4))])
PLACES = PLACES + RANDOM.uniform(0.1, 0.9, PLACES.shape)


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        (warped, (SMALL[0, ..., 0], PLACES)),
        (lambda x: ops.image.gaussian_blur(x, (3, 5), (0.8, 1.4)), (SMALL,)),
        (lambda x, s: ops.image.gaussian_blur(x, (3, 3), s), (SMALL, np.array([0.8, 1.4]))),
        (ops.image.sobel_edges, (SMALL,)),
        (lambda x, y: ops.image.ssim(x, y, filter_size=3), (SMALL, SMALL[::-1] * 0.7)),
        (
            lambda x: ops.image.perspective_transform(x, CORNERS / 2, ENDS[0] / 2),
            (SMALL,),
        ),
        (lambda x: ops.image.elastic_transform(x, 1.0, 1.3, seed=3), (SMALL,)),
        (
            lambda x, s, t: ops.image.scale_and_translate(x, (4, 6), s, t, (0, 1), "cubic"),
            (SMALL[0, ..., 0], np.array([1.31, 0.77]), np.array([0.22, 0.41])),
        ),
    ],
)
def test_gradients(function, inputs):
    check_gradients(function, *inputs)


def test_a_field_of_zero_moves_nothing():
    found = ops.image.elastic_transform(IMAGES, alpha=0.0, sigma=1.0, seed=1)
    np.testing.assert_allclose(found, IMAGES, atol=1e-6)


def test_pixels_move_in_all_directions():
    """Down and to the right by different amounts, of the size that the definition says."""
    rows, columns = np.meshgrid(np.arange(60.0), np.arange(60.0), indexing="ij")
    ramps = np.stack([rows, columns], -1)
    moved = np.asarray(ops.image.elastic_transform(ramps, 4.0, 2.0, seed=5)) - ramps
    inner = moved[15:-15, 15:-15]
    # Noise N(0, σ²), blurred by a Gaussian: the deviation is σ / (2 σ √π), times α.
    np.testing.assert_allclose(inner.std(axis=(0, 1)), 4.0 / (2 * np.sqrt(np.pi)), rtol=0.35)
    assert abs(np.corrcoef(inner[..., 0].ravel(), inner[..., 1].ravel())[0, 1]) < 0.5


@pytest.mark.parametrize(
    ("name", "args", "sentence"),
    [
        ("gaussian_blur", (np.ones((3, 3)),), "rank 3"),
        ("elastic_transform", (np.ones((3, 3)),), "rank 3"),
        ("elastic_transform", (IMAGES, 1.0, 1.0, "cubic"), "interpolation"),
        ("elastic_transform", (IMAGES, 1.0, 1.0, "nearest", "none"), "fill_mode"),
        ("sobel_edges", (IMAGES[0],), "rank 4"),
        ("ssim", (IMAGES, IMAGES), "as large as its windows"),
        ("ssim", (IMAGES, IMAGES[0, 0]), "image2"),
        ("perspective_transform", (IMAGES, CORNERS[:3], CORNERS), "start_points shape"),
        ("perspective_transform", (IMAGES, CORNERS, ENDS), "same shape"),
        ("map_coordinates", (IMAGES, AROUND, 1), "same as the rank"),
        ("map_coordinates", (IMAGES[0, 0, 0], np.ones(1), 1), "at least rank 2"),
        ("map_coordinates", (IMAGES[0], AROUND, 1, "none"), "fill_mode"),
    ],
)
def test_bad_input(name, args, sentence):
    with pytest.raises(ValueError, match=sentence):
        getattr(ops.image, name)(*args)


def test_cubic_coordinates_are_refused():
    with pytest.raises(NotImplementedError, match="order=3"):
        ops.image.map_coordinates(IMAGES[0], AROUND, 3)
