"""Single images from and to files, against real Keras and by hand."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest

import minicnn as keras

image = pytest.importorskip("PIL.Image")
MODES = ("grayscale", "rgb", "rgba")


@pytest.fixture
def judge():
    return pytest.importorskip("keras").utils


@pytest.fixture
def path(tmp_path, rng):
    name = tmp_path / "picture.png"
    image.fromarray(rng.integers(0, 256, (11, 17, 3)).astype("uint8")).save(name)
    return name


@pytest.mark.keras
@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"])
@pytest.mark.parametrize("mode", MODES)
def test_load_as_in_keras(judge, path, mode, method, keep):
    settings = {
        "color_mode": mode,
        "target_size": (6, 20),
        "interpolation": method,
        "keep_aspect_ratio": keep,
    }
    own, right = keras.utils.load_img(path, **settings), judge.load_img(path, **settings)
    assert own.mode == right.mode
    for data_format in ("channels_last", "channels_first"):
        a = keras.utils.img_to_array(own, data_format)
        b = judge.img_to_array(right, data_format)
        assert a.dtype == b.dtype == "float32"
        assert np.array_equal(a, b)


@pytest.mark.keras
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_arrays_as_pictures_as_in_keras(judge, channels, scale, rng):
    for x in (rng.uniform(0, 255, (5, 4, channels)), np.full((5, 4, channels), 7.0)):
        own, right = keras.utils.array_to_img(x, scale=scale), judge.array_to_img(x, scale=scale)
        assert own.mode == right.mode
        assert np.array_equal(np.asarray(own), np.asarray(right))
        first = keras.utils.array_to_img(x.transpose(2, 0, 1), "channels_first", scale=scale)
        assert np.array_equal(np.asarray(first), np.asarray(own))


@pytest.mark.keras
@pytest.mark.parametrize("shape", [(9, 14, 3), (2, 9, 14, 3), (30, 4, 1)])
def test_smart_resize_as_in_keras(shape, rng):
    judge = pytest.importorskip("keras").preprocessing.image
    x = rng.uniform(size=shape).astype("float32")
    own = keras.preprocessing.image.smart_resize(x, (6, 7))
    assert isinstance(own, np.ndarray)
    np.testing.assert_allclose(own, judge.smart_resize(x, (6, 7)), atol=1e-5)
    assert isinstance(
        keras.preprocessing.image.smart_resize(keras.ops.array(x), (6, 7)), keras.Tensor
    )


@pytest.mark.parametrize("target", ["path", "string", "file"])
def test_saved_and_loaded_again(tmp_path, rng, target):
    x = rng.integers(0, 256, (4, 6, 3)).astype("float32")
    name = tmp_path / "x.png"
    place = {"path": name, "string": str(name), "file": io.BytesIO()}[target]
    keras.utils.save_img(place, x, file_format="png" if target == "file" else None, scale=False)
    if target == "file":
        place.seek(0)
    assert np.array_equal(keras.utils.img_to_array(keras.utils.load_img(place)), x)


def test_a_failed_save_leaves_the_old_file(path):
    before = path.read_bytes()
    with pytest.raises(ValueError, match="channel number: 2"):
        keras.utils.save_img(path, np.ones((2, 2, 2)))
    with pytest.raises(KeyError):
        keras.utils.save_img(path, np.ones((2, 2, 3)), file_format="nothing")
    assert path.read_bytes() == before
    with pytest.warns(UserWarning, match="converting to RGB"):
        keras.utils.save_img(path.with_suffix(".jpg"), np.ones((2, 2, 4)))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda p: keras.utils.load_img(p, "cmyk"), ValueError, "color_mode='cmyk'"),
        (
            lambda p: keras.utils.load_img(p, target_size=(2, 2), interpolation="best"),
            ValueError,
            "best",
        ),
        (lambda p: keras.utils.load_img(3), TypeError, "path-like"),
        (lambda p: keras.utils.load_img(io.BytesIO(b"x")), ValueError, "the given bytes"),
        (lambda p: keras.utils.load_img(p.with_name("none.png")), FileNotFoundError, "none.png"),
        (lambda p: keras.utils.load_img(Path(__file__)), ValueError, "test_image.py"),
        (lambda p: keras.utils.array_to_img(np.ones((2, 2))), ValueError, r"rank 3.*\(2, 2\)"),
        (lambda p: keras.utils.img_to_array(np.ones(3)), ValueError, r"\(3,\)"),
    ],
)
def test_one_clear_error(path, call, kind, message):
    with pytest.raises(kind, match=message):
        call(path)


def test_without_pillow_the_error_says_what_to_install(path, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    for call in (
        lambda: keras.utils.load_img(path),
        lambda: keras.utils.image_dataset_from_directory(tmp_path),
    ):
        with pytest.raises(ImportError, match=r'pip install "minicnn\[images\]"'):
            call()


def test_names_of_keras_preprocessing():
    preprocessing = keras.preprocessing
    assert preprocessing.image.load_img is keras.utils.load_img
    assert preprocessing.sequence.pad_sequences is keras.utils.pad_sequences
    assert preprocessing.image_dataset_from_directory is keras.utils.image_dataset_from_directory
