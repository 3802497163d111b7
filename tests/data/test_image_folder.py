"""Images of a folder: against real Keras, by hand, and what is wrong with folders."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn as keras
from minicnn import config, tree

image = pytest.importorskip("PIL.Image")
from_directory = keras.utils.image_dataset_from_directory


@pytest.fixture
def folder(tmp_path, rng):
    """Images of several sizes and kinds: three cats, two dogs, one of them deeper, and a text."""
    kinds = {
        "cats/b.png": (9, 7, 3),
        "cats/a.bmp": (5, 12, 3),
        "cats/deep/c.PNG": (30, 20, 3),
        "dogs/z.png": (8, 8, 4),
        "dogs/y.gif": (6, 11),
    }
    for name, shape in kinds.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image.fromarray(rng.integers(0, 256, shape).astype("uint8")).save(path)
    (tmp_path / "dogs/readme.txt").write_text("no image")
    (tmp_path / ".hidden").mkdir()
    return tmp_path


SETTINGS = {
    "default": {},
    "sorted": {"shuffle": False},
    "single": {"shuffle": False, "batch_size": None},
    "categorical": {"shuffle": False, "label_mode": "categorical", "batch_size": 2},
    "binary": {"shuffle": False, "label_mode": "binary"},
    "images only": {"shuffle": False, "label_mode": None},
    "no labels": {"shuffle": False, "labels": None},
    "own labels": {"shuffle": False, "labels": [4, 3, 4, 3, 9], "label_mode": "int"},
    "rgba": {"shuffle": False, "color_mode": "rgba"},
    "other order": {"shuffle": False, "class_names": ["dogs", "cats"]},
    "some classes": {"shuffle": False, "class_names": ["dogs"]},
    "bicubic": {"shuffle": False, "interpolation": "bicubic"},
    "nearest": {"shuffle": False, "interpolation": "nearest"},
    "lanczos": {"shuffle": False, "interpolation": "lanczos3"},
    "cropped": {"shuffle": False, "crop_to_aspect_ratio": True},
    "padded": {"shuffle": False, "pad_to_aspect_ratio": True},
    "channels first": {"shuffle": False, "data_format": "channels_first"},
    "number as size": {"shuffle": False, "image_size": 6},
    "to train on": {"validation_split": 0.4, "subset": "training", "seed": 5},
    "to validate on": {"validation_split": 0.4, "subset": "validation", "seed": 5},
    "both": {"validation_split": 0.4, "subset": "both", "seed": 5},
}


@pytest.mark.keras
@pytest.mark.parametrize("name", SETTINGS)
def test_as_in_keras(name, folder, capsys):
    tf_keras = pytest.importorskip("keras")
    settings = {"image_size": (10, 14), "seed": 3, **SETTINGS[name]}
    if name == "rgba":  # which TensorFlow reads only from PNG
        (folder / "cats/a.bmp").unlink()
        (folder / "dogs/y.gif").unlink()
    judge = tf_keras.utils.image_dataset_from_directory(folder, **settings)
    printed = capsys.readouterr().out
    own = from_directory(folder, **settings)
    assert capsys.readouterr().out == printed
    pairs = zip(own, judge, strict=True) if isinstance(own, list) else [(own, judge)]
    for mine, theirs in pairs:
        assert mine.class_names == theirs.class_names
        assert mine.file_paths == theirs.file_paths
        assert len(mine) == len(theirs)
        # TensorFlow takes the weights of "bicubic" from a table of 1,024 places
        same_parts(rows(mine), rows(theirs), 0.3 if name == "bicubic" else 1e-3)


def rows(dataset):
    """Single elements in an order that does not depend on the shuffling, as tuples of arrays."""
    elements = [e if isinstance(e, tuple) else (e,) for e in dataset.as_numpy_iterator()]
    if elements[0][0].ndim == 4:
        elements = [row for e in elements for row in zip(*e, strict=True)]
    return sorted(elements, key=lambda e: float(e[0].astype("float64").sum()))


def same_parts(own, judge, most):
    for mine, theirs in zip(own, judge, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            assert np.asarray(a).shape == np.asarray(b).shape
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=most)
        assert mine[0].dtype == "float32"


@pytest.mark.keras
def test_jpeg_and_grey_are_within_the_decoders_rounding(folder, rng):
    """Two decoders of JPEG, and two conversions to grey, differ by a few of 255 levels."""
    tf_keras = pytest.importorskip("keras")
    (folder / "cats/a.bmp").unlink()  # from BMP and GIF, TensorFlow reads no grey
    (folder / "dogs/y.gif").unlink()
    smooth = np.add.outer(np.arange(16), np.arange(20))[..., None] * np.array([3, 5, 7])
    image.fromarray(smooth.astype("uint8")).save(folder / "cats/d.jpg", quality=95)
    for mode, most in {"rgb": 6, "grayscale": 6}.items():
        settings = {"image_size": (16, 20), "shuffle": False, "color_mode": mode}
        own, judge = (
            k.utils.image_dataset_from_directory(folder, **settings) for k in (keras, tf_keras)
        )
        a, b = (next(iter(d.as_numpy_iterator()))[0] for d in (own, judge))
        assert abs(a - b).max() <= most


def test_no_file_is_read_before_its_batch(folder, monkeypatch):
    from minicnn.data import image_folder

    read = []
    pixels = image_folder.pixels
    monkeypatch.setattr(image_folder, "pixels", lambda p, mode: read.append(p) or pixels(p, mode))
    images = from_directory(folder, batch_size=2, verbose=False, seed=1)
    assert images.element_spec[0].shape == (None, 256, 256, 3)
    assert read == []
    next(iter(images))
    assert len(read) == 2
    read.clear()
    assert len(list(images)) == 3
    assert len(read) == 5


def test_each_epoch_has_another_order_and_the_same_seed_the_same(folder):
    def orders():
        images = from_directory(folder, batch_size=None, image_size=2, seed=2, verbose=False)
        return [[x.numpy().sum() for x, _ in images] for _ in range(4)]

    first = orders()
    assert first == orders()
    assert len({tuple(order) for order in first}) > 1


def test_sixteen_bits_are_brought_to_eight(tmp_path):
    (tmp_path / "a").mkdir()
    deep = (np.arange(256, dtype="uint16") * 257).reshape(16, 16)
    image.fromarray(deep).save(tmp_path / "a/deep.png")
    ((x, _),) = from_directory(tmp_path, image_size=16, color_mode="grayscale", verbose=False)
    assert np.array_equal(x.numpy().ravel(), np.arange(256))


class TestErrors:
    def test_a_directory_without_images(self, tmp_path):
        (tmp_path / "empty").mkdir()
        with pytest.raises(ValueError, match=f"No images found in directory {tmp_path}. Allowed"):
            from_directory(tmp_path)

    def test_no_directory(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="nowhere does not exist"):
            from_directory(tmp_path / "nowhere")
        (tmp_path / "file").touch()
        with pytest.raises(FileNotFoundError, match="file is a file, not a folder"):
            from_directory(tmp_path / "file")

    @pytest.mark.parametrize("content", [b"", b"no image", None])
    def test_an_unreadable_file_is_named(self, folder, content):
        bad = folder / "dogs/bad.png"
        bad.write_bytes((folder / "cats/b.png").read_bytes()[:60] if content is None else content)
        images = from_directory(folder, shuffle=False, verbose=False)
        with pytest.raises(ValueError, match=f"Cannot read the image {bad}: .*remove it"):
            list(images)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"class_names": ["cats", "cows"]}, r"Expected: \['cats', 'dogs'\].*'cows'"),
            ({"class_names": ["cats", "cats"]}, "did not match"),
            ({"labels": [1, 2]}, r"len\(labels\) is 2 while we found 5 files"),
            ({"labels": "other"}, "`labels` argument should be"),
            ({"labels": [1] * 5, "class_names": ["cats"]}, "only pass `class_names` if"),
            ({"label_mode": "binary", "class_names": ["cats"]}, "exactly 2 class_names"),
            ({"format": "torch"}, "`format` should be"),
            ({"label_mode": "one-hot"}, "label_mode=one-hot"),
            ({"color_mode": "cmyk"}, "color_mode=cmyk"),
            ({"interpolation": "bilinaer"}, "bilinear"),
            ({"image_size": (1, 2, 3)}, "tuple of 2 integers"),
            ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "Only one of"),
            ({"validation_split": 2, "subset": "both"}, "between 0 and 1"),
            ({"validation_split": 0.2}, "`subset` is set"),
            ({"validation_split": 0.2, "subset": "both"}, "provide a `seed`"),
            ({"validation_split": 0.2, "subset": "test", "seed": 1}, "received: test"),
            ({"validation_split": 0.1, "subset": "both", "seed": 1}, "No validation images"),
        ],
    )
    def test_arguments(self, folder, settings, message):
        with pytest.raises(ValueError, match=message):
            from_directory(folder, **settings)


def test_a_network_learns_from_a_folder(tmp_path, rng):
    for name, level in {"dark": 40, "light": 200}.items():
        (tmp_path / name).mkdir()
        for i in range(12):
            picture = rng.integers(level, level + 40, (6, 8, 3)).astype("uint8")
            keras.utils.save_img(tmp_path / name / f"{i}.png", picture, scale=False)
    training, validation = from_directory(
        tmp_path,
        validation_split=0.25,
        subset="both",
        seed=1,
        image_size=8,
        batch_size=4,
        label_mode="binary",
        verbose=False,
    )
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Rescaling(1 / 255, offset=-0.5),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.1), "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(training, validation_data=validation, epochs=8, verbose=0).history
    assert history["val_accuracy"][-1] == 1
    assert config.image_data_format() == "channels_last"


@pytest.mark.parametrize("label_mode", ["int", None])
def test_the_order_changes_in_each_epoch_or_stays_with_grain(tmp_path, label_mode):
    for number in range(12):
        (tmp_path / "abc"[number % 3]).mkdir(exist_ok=True)
        image = np.full((2, 2, 3), 20 * number)
        keras.utils.save_img(tmp_path / "abc"[number % 3] / f"{number}.png", image, scale=False)
    settings = {"image_size": (2, 2), "label_mode": label_mode, "seed": 1, "verbose": False}
    for format, orders in {"tf": 3, "grain": 1}.items():
        images = from_directory(tmp_path, **settings, format=format)
        passes = [[np.asarray(tree.flatten(b)[0]).tolist() for b in images] for _ in range(3)]
        assert len({str(one) for one in passes}) == orders
