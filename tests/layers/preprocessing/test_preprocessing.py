"""Layers that prepare data. What they compute, `compare parity` holds to real Keras."""

import numpy as np
import pytest

from minicnn import Sequential, Tensor, layers, ops, saving

IMAGES = np.random.default_rng(0).uniform(0, 255, (6, 7, 5, 3)).astype("float32")
RANDOM = [
    layers.RandomBrightness(0.3, seed=1),
    layers.RandomContrast((0.2, 0.4), seed=1),
    layers.RandomCrop(4, 3, seed=1),
    layers.RandomFlip(seed=3),
    layers.RandomRotation(0.2, seed=1),
    layers.RandomTranslation(0.3, 0.2, seed=1),
    layers.RandomZoom(0.3, seed=1),
]
NAMES = [type(layer).__name__ for layer in RANDOM]


@pytest.mark.parametrize("layer", RANDOM, ids=NAMES)
def test_random_layers_do_nothing_outside_training(layer):
    np.testing.assert_array_equal(layer(IMAGES, training=False), IMAGES)
    assert not np.array_equal(layer(IMAGES, training=True), IMAGES)


@pytest.mark.parametrize("layer", RANDOM, ids=NAMES)
def test_the_same_seed_draws_the_same(layer):
    first, second = (type(layer).from_config(layer.get_config()) for _ in range(2))
    np.testing.assert_array_equal(first(IMAGES, training=True), second(IMAGES, training=True))
    assert not np.array_equal(first(IMAGES, training=True), first(IMAGES, training=True))


@pytest.mark.parametrize("layer", RANDOM, ids=NAMES)
def test_one_image_is_a_batch_of_one(layer):
    single, batch = (type(layer).from_config(layer.get_config()) for _ in range(2))
    alone = single(IMAGES[0], training=True)
    np.testing.assert_allclose(alone, batch(IMAGES[:1], training=True)[0], rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("layer", RANDOM, ids=NAMES)
def test_other_ranks_are_refused(layer):
    with pytest.raises(ValueError, match="rank 3 or 4"):
        layer(np.ones((2, 2)))


@pytest.mark.parametrize("layer", RANDOM, ids=NAMES)
def test_in_a_model_and_in_a_file(layer, tmp_path):
    model = Sequential([layers.Input((7, 5, 3)), type(layer).from_config(layer.get_config())])
    model.save(tmp_path / "model.keras")
    first, again = (saving.load_model(tmp_path / "model.keras") for _ in range(2))
    found = first(IMAGES, training=True)
    assert found.shape[1:] == model.output_shape[1:]
    np.testing.assert_array_equal(again(IMAGES, training=True), found)


def test_masks_move_with_the_images_and_stay_whole_numbers():
    mask = (IMAGES[..., :1] > 128).astype("float32")
    data = {"images": IMAGES, "segmentation_masks": mask, "labels": np.arange(6)}
    moved = layers.RandomRotation((0.5, 0.5))(data, training=True)
    turned = IMAGES[:, ::-1, ::-1]
    np.testing.assert_allclose(moved["images"], turned, rtol=1e-3, atol=0.1)
    np.testing.assert_array_equal(moved["segmentation_masks"], mask[:, ::-1, ::-1])
    np.testing.assert_array_equal(moved["labels"], np.arange(6))
    brighter = layers.RandomBrightness((0.1, 0.1))(data, training=True)
    np.testing.assert_array_equal(brighter["segmentation_masks"], mask)


def test_boxes_are_refused_by_layers_that_move_pixels():
    data = {"images": IMAGES, "bounding_boxes": {"boxes": np.ones((6, 1, 4))}}
    with pytest.raises(ValueError, match="moves pixels but no bounding boxes"):
        layers.RandomFlip()(data, training=True)
    kept = layers.RandomBrightness(0.1)(data, training=True)["bounding_boxes"]
    np.testing.assert_array_equal(kept["boxes"], np.ones((6, 1, 4)))


def test_a_crop_is_a_window_of_its_images():
    crop = np.asarray(layers.RandomCrop(4, 3, seed=5)(IMAGES, training=True))
    windows = [IMAGES[:, i : i + 4, j : j + 3] for i in range(4) for j in range(3)]
    assert sum(np.array_equal(crop, window) for window in windows) == 1


@pytest.mark.parametrize("factor", [2.0, (0.1, 0.2, 0.3), "0.1", None, (-1.5, 0.0)])
def test_factors_out_of_range(factor):
    with pytest.raises(ValueError, match=r"number \(or a list of two numbers\)"):
        layers.RandomBrightness(factor)


def test_unknown_names():
    with pytest.raises(NotImplementedError, match="Unknown `fill_mode` mirror"):
        layers.RandomZoom(0.1, fill_mode="mirror")
    with pytest.raises(ValueError, match="Unknown arg for output_mode: hot"):
        layers.CategoryEncoding(3, output_mode="hot")


def test_resizing_keeps_whole_numbers():
    y = layers.Resizing(3, 4)(Tensor(IMAGES.astype("uint8")))
    assert (y.dtype, y.shape) == ("uint8", (6, 3, 4, 3))


@pytest.mark.parametrize("axis", [-1, (1, 2), None])
def test_adapting_to_batches_is_adapting_to_all(axis):
    whole, parts = layers.Normalization(axis=axis), layers.Normalization(axis=axis)
    whole.adapt(IMAGES)
    parts.adapt(IMAGES[i : i + 4] for i in (0, 4))
    for name in ("mean", "variance"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-6)
    y = np.asarray(whole(IMAGES))
    reduced = {-1: (0, 1, 2), (1, 2): (0, 3), None: (0, 1, 2, 3)}[axis]
    np.testing.assert_allclose(y.mean(reduced), 0, atol=1e-5)
    np.testing.assert_allclose(y.var(reduced), 1, atol=1e-4)
    back = layers.Normalization(axis=axis, invert=True)
    back.adapt(IMAGES)
    np.testing.assert_allclose(back(y), IMAGES, rtol=1e-4, atol=1e-3)


def test_a_normalization_in_a_file(tmp_path):
    layer = layers.Normalization()
    layer.adapt(IMAGES)
    model = Sequential([layers.Input((7, 5, 3)), layer])
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        saving.load_model(tmp_path / "model.keras")(IMAGES), model(IMAGES)
    )


def test_adapt_refuses_what_does_not_fit():
    layer = layers.Normalization()
    layer.build((None, 3))
    with pytest.raises(ValueError, match="incompatible shape"):
        layer.adapt(np.ones((4, 5)))
    with pytest.raises(ValueError, match="it cannot adapt"):
        layers.Normalization(mean=0.0, variance=1.0).adapt(np.ones((4, 5)))


def test_weights_of_numbers_count():
    y = layers.CategoryEncoding(4, output_mode="count")(
        ops.array([[0, 2, 2]]), count_weights=np.array([[0.5, 1.0, 2.0]])
    )
    np.testing.assert_array_equal(y, [[0.5, 0, 3, 0]])


@pytest.mark.keras
def test_files_go_both_ways(keras, tmp_path):
    def made(library):
        norm = library.layers.Normalization()
        norm.adapt(IMAGES)
        parts = [
            library.layers.RandomFlip(seed=3),
            library.layers.Resizing(4, 4),
            library.layers.CenterCrop(3, 3),
            library.layers.RandomZoom(0.1, seed=2),
        ]
        return library.Sequential([library.Input((7, 5, 3)), norm, *parts])

    import minicnn

    theirs, ours = made(keras), made(minicnn)
    theirs.save(tmp_path / "theirs.keras")
    ours.save(tmp_path / "ours.keras")
    expected = theirs(IMAGES, training=False)
    for model in (
        saving.load_model(tmp_path / "theirs.keras"),
        keras.saving.load_model(tmp_path / "ours.keras"),
    ):
        np.testing.assert_allclose(model(IMAGES, training=False), expected, rtol=1e-4, atol=1e-5)
