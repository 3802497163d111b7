"""Random changes of images: the same as Keras's for the same draws, and draws of the same kind."""

import json

import numpy as np
import pytest

import minicnn
from minicnn import tree

RANDOM = np.random.default_rng(11)
PIXELS = RANDOM.uniform(0, 255, (3, 8, 7, 3)).astype("float32")
LABELS = np.eye(3, dtype="float32")
ONE = {"value_range": (0, 1)}

# The layer, its settings, and whether its pixels are from 0 to 1.
LAYERS = [
    ("RandomHue", {"factor": 0.4}),
    ("RandomHue", {"factor": (0.9, 1.0), **ONE}),
    ("RandomSaturation", {"factor": (0.1, 0.4)}),
    ("RandomSaturation", {"factor": (0.5, 0.8), **ONE}),
    ("RandomGrayscale", {"factor": 0.5}),
    ("RandomColorDegeneration", {"factor": 0.8}),
    ("RandomColorDegeneration", {"factor": (0.2, 0.7), **ONE}),
    ("RandomInvert", {"factor": (0.5, 0.5)}),
    ("RandomPosterization", {"factor": 4}),
    ("RandomPosterization", {"factor": (3, 3), **ONE}),
    ("Solarization", {"addition_factor": 0.3, "threshold_factor": (0.2, 0.6)}),
    ("Solarization", {"addition_factor": 0.3, "threshold_factor": 0.9, **ONE}),
    ("RandomSharpness", {"factor": 0.9}),
    ("RandomSharpness", {"factor": (0.2, 0.3), **ONE}),
    ("RandomGaussianBlur", {"factor": (0.6, 0.6), "kernel_size": 5}),
    ("RandomErasing", {"factor": (0.6, 0.6), "scale": (0.1, 0.5)}),
    ("RandomErasing", {"factor": 1.0, "fill_value": 9.0}),
    ("RandomShear", {"x_factor": 0.3, "y_factor": (0.1, 0.2)}),
    ("RandomShear", {"x_factor": 0.3, "fill_mode": "constant", "fill_value": 8.0}),
    ("RandomPerspective", {"factor": (0.7, 0.7), "scale": 0.6, "fill_value": 3.0}),
    ("CutMix", {"factor": (0.4, 0.9)}),
    ("MixUp", {"alpha": 0.6}),
    ("RandomBrightness", {"factor": 0.4}),
    ("RandomContrast", {"factor": (0.2, 0.4)}),
    ("RandomFlip", {}),
    ("RandomTranslation", {"height_factor": 0.3, "width_factor": 0.2}),
    ("RandomRotation", {"factor": 0.2}),
    ("RandomZoom", {"height_factor": 0.3, "width_factor": 0.2}),
    ("RandAugment", {"factor": 0.5, "num_ops": 11}),
    ("RandAugment", {"factor": (0.2, 0.7), "num_ops": 3, **ONE}),
    ("AugMix", {"factor": 0.4}),
    ("AugMix", {"factor": 0.4, "all_ops": False, "chain_depth": 2, "num_chains": 2}),
]
STILL = [("AutoContrast", {}), ("AutoContrast", ONE), ("Equalization", {}), ("Equalization", ONE)]
STILL += [("Equalization", {"bins": 16})]
over_layers = pytest.mark.parametrize(("name", "settings"), LAYERS, ids=str)


def pixels(settings, first=False):
    x = PIXELS / 255 if settings.get("value_range") == (0, 1) else PIXELS
    return np.moveaxis(x, -1, 1) if first else x


def as_numbers(transformation):
    """Tensors as arrays, all else as it is."""
    return tree.map_structure(lambda x: np.asarray(x) if hasattr(x, "dtype") else x, transformation)


@over_layers
@pytest.mark.parametrize("first", [False, True])
def test_the_same_change_by_the_same_draw(keras, name, settings, first):
    form = {"data_format": "channels_first" if first else "channels_last"}
    form = {} if name == "Solarization" and not first else form
    theirs, ours = (getattr(k.layers, name)(**settings, **form) for k in (keras, minicnn))
    x = pixels(settings, first)
    for _ in range(3):
        drawn = as_numbers(theirs.get_random_transformation(x, training=True))
        expected = np.asarray(theirs.transform_images(x, drawn))
        if first and name in ("RandAugment", "AugMix"):
            # Keras's AutoContrast takes channels for rows there.
            last = getattr(minicnn.layers, name)(**settings, data_format="channels_last")
            expected = last.transform_images(np.moveaxis(x, 1, -1), drawn)
            expected = np.moveaxis(np.asarray(expected), -1, 1)
        found = np.asarray(ours.transform_images(x, drawn))
        assert found.dtype == expected.dtype
        tolerance = 2e-3 if x.max() > 1 else 1e-5
        differing = np.abs(found - expected) > tolerance
        # A table of steps may take the other one where rounding decides.
        steps = name in ("RandAugment", "AugMix", "RandomPosterization", "Solarization")
        assert differing.mean() <= (0.01 if steps else 0)


def described(transformation):
    """Keys, shapes and types of a draw."""
    found = tree.flatten_with_path(as_numbers(transformation))
    return {path: (np.shape(x), getattr(x, "dtype", None)) for path, x in found}


@over_layers
@pytest.mark.parametrize("batched", [True, False])
def test_draws_have_the_same_keys(keras, name, settings, batched):
    if name == "AugMix":  # its chains are random
        return
    x = pixels(settings) if batched else pixels(settings)[0]
    theirs, ours = (
        getattr(k.layers, name)(**settings).get_random_transformation(x, training=True)
        for k in (keras, minicnn)
    )
    if name == "RandomRotation":
        theirs.pop("rotation_matrix")  # follows from the angle
    if not isinstance(theirs, dict):
        assert np.shape(theirs) == np.shape(ours)
        return
    theirs, ours = described(theirs), described(ours)
    assert {path[:2] for path in ours} <= {path[:2] for path in theirs}
    for path in set(ours) & set(theirs):
        if "batch_masks" not in path and "fill_value" not in path:
            assert ours[path][0] == theirs[path][0], path


@pytest.mark.parametrize(("name", "settings"), STILL, ids=str)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_layers_that_draw_nothing(keras, name, settings, training, dtype):
    x = pixels(settings).copy()
    x[1, :, :, 0] = x[1, 0, 0, 0]  # a channel with one value only
    if dtype == "uint8" and settings.get("value_range"):
        return
    x = x.astype(dtype)
    expected, found = (
        np.asarray(getattr(k.layers, name)(**settings)(x, training=training))
        for k in (keras, minicnn)
    )
    assert (found.dtype == expected.dtype) or not training
    np.testing.assert_allclose(found, expected, atol=1e-3 if not settings else 1e-4, rtol=1e-5)


@over_layers
@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_nothing_changes_outside_training(keras, name, settings, dtype):
    x = pixels(settings).astype(dtype)
    expected, found = (
        np.asarray(getattr(k.layers, name)(**settings)(x, training=False)) for k in (keras, minicnn)
    )
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, x)


@pytest.mark.parametrize(
    ("name", "settings"),
    [*STILL, ("RandomColorJitter", {"contrast_factor": 0.4, "hue_factor": 0.3, "seed": 1})],
    ids=str,
)
def test_channels_first_is_channels_last_turned(name, settings):
    x = pixels(settings)
    last, first = (
        getattr(minicnn.layers, name)(**settings, data_format=f"channels_{where}")
        for where in ("last", "first")
    )
    found = first(np.moveaxis(x, -1, 1), training=True)
    expected = np.asarray(last(x, training=True))
    np.testing.assert_allclose(np.moveaxis(np.asarray(found), 1, -1), expected, atol=1e-3)


@over_layers
def test_bytes_are_changed_like_floats(name, settings):
    if settings.get("value_range") == (0, 1):
        return
    x = PIXELS.astype("uint8")
    layer = getattr(minicnn.layers, name)(**settings, seed=3)
    drawn = layer.get_random_transformation(x, training=True)
    found = np.asarray(layer.transform_images(x, drawn))
    floats = np.asarray(layer.transform_images(x.astype("float32"), drawn))
    assert found.dtype == ("uint8" if name == "RandomGrayscale" else "float32")
    np.testing.assert_allclose(found, floats, atol=1.0 if name == "RandomGrayscale" else 1e-4)


@over_layers
def test_one_image_is_a_batch_of_one(name, settings):
    x = pixels(settings)[:1]
    make = getattr(minicnn.layers, name)
    if name == "CutMix":  # one image has no other one
        np.testing.assert_array_equal(make(**settings, seed=3)(x[0], training=True), x[0])
        return
    batch, single = make(**settings, seed=3), make(**settings, seed=3)
    if name == "RandomErasing" and "fill_value" not in settings:
        return  # the noise of another shape
    found = np.asarray(single(x[0], training=True))
    np.testing.assert_allclose(found, np.asarray(batch(x, training=True))[0], atol=1e-4)


@over_layers
def test_a_seed_gives_the_same_changes(name, settings):
    x = pixels(settings)
    make = getattr(minicnn.layers, name)
    one, other = make(**settings, seed=5), make(**settings, seed=5)
    several = [np.asarray(one(x, training=True)) for _ in range(4)]
    for expected in several:
        np.testing.assert_array_equal(other(x, training=True), expected)
    if settings.get("factor") != (3, 3):
        assert any((x != several[0]).any() for x in several[1:])


@over_layers
def test_configs_cross_over(keras, name, settings):
    theirs, ours = (getattr(k.layers, name)(**settings, seed=4) for k in (keras, minicnn))
    expected, found = (json.loads(json.dumps(x.get_config())) for x in (theirs, ours))
    for config in (expected, found):
        config.pop("name"), config.pop("dtype")
    assert found == expected
    again = type(ours).from_config(ours.get_config())
    assert again.get_config() == ours.get_config()


@over_layers
def test_half_precision_and_double(name, settings):
    x = pixels(settings)
    for dtype in ("mixed_float16", "float64"):
        layer = getattr(minicnn.layers, name)(**settings, seed=1, dtype=dtype)
        found = layer(x, training=True)
        assert found.dtype == layer.compute_dtype
        assert np.isfinite(np.asarray(found, "float64")).all()
        assert layer(minicnn.KerasTensor(x.shape)).dtype == layer.compute_dtype


@over_layers
def test_bad_ranks_and_boxes(name, settings):
    layer = getattr(minicnn.layers, name)(**settings)
    with pytest.raises(ValueError, match="rank 3 or 4"):
        layer(np.ones((3, 3)))
    with pytest.raises(ValueError, match="'images'"):
        layer({"labels": LABELS})
    if layer.moves:
        with pytest.raises(ValueError, match="bounding boxes"):
            layer({"images": pixels(settings), "bounding_boxes": {}})
    masks = np.ones((3, 8, 7, 1))
    if not layer.takes_masks:
        with pytest.raises(ValueError, match="segmentation masks"):
            layer({"images": pixels(settings), "segmentation_masks": masks})


@pytest.mark.parametrize("name", ["CutMix", "MixUp"])
def test_labels_are_mixed_as_by_keras(keras, name):
    theirs, ours = (getattr(k.layers, name)() for k in (keras, minicnn))
    drawn = as_numbers(theirs.get_random_transformation(PIXELS, training=True))
    whole = np.asarray(ours.transform_labels(LABELS.astype("int32"), drawn))
    np.testing.assert_array_equal(whole, ours.transform_labels(LABELS, drawn))
    for labels in (LABELS, RANDOM.random((3, 1)).astype("f4")):
        expected = np.asarray(theirs.transform_labels(labels, drawn))
        np.testing.assert_allclose(ours.transform_labels(labels, drawn), expected, atol=1e-6)


@pytest.mark.parametrize("name", ["CutMix", "MixUp"])
def test_labels_say_how_much_of_each_image_there_is(name):
    """Images of one value each, so that the mean of a mixture says what its labels must be."""
    values = np.array([10.0, 40.0, 90.0])
    images = np.broadcast_to(values[:, None, None, None], (3, 40, 40, 1))
    layer = getattr(minicnn.layers, name)(seed=2)
    for _ in range(5):
        data = {"images": images, "labels": LABELS, "other": 3}
        mixed = layer(data, training=True)
        means = np.asarray(mixed["images"]).mean(axis=(1, 2, 3))
        # Borders of rectangles lie between pixels.
        np.testing.assert_allclose(np.asarray(mixed["labels"]) @ values, means, atol=5.0)
        np.testing.assert_allclose(np.asarray(mixed["labels"]).sum(1), 1, atol=1e-6)
        assert mixed["other"] == 3 and data["labels"] is LABELS
    np.testing.assert_array_equal(layer(data, training=False)["labels"], LABELS)


@pytest.mark.parametrize("name", ["CutMix", "MixUp"])
def test_whole_numbers_as_labels_are_refused(name):
    with pytest.raises(ValueError, match="one_hot"):
        getattr(minicnn.layers, name)()(
            {"images": PIXELS, "labels": np.array([0, 1, 2])}, training=True
        )


@pytest.mark.parametrize("name", ["RandomShear", "RandomPerspective", "RandomElasticTransform"])
def test_masks_move_with_their_images(name):
    settings = {"RandomShear": {"x_factor": 0.4, "fill_mode": "constant"}}.get(name, {})
    layer = getattr(minicnn.layers, name)(**settings, interpolation="nearest", seed=3)
    masks = RANDOM.integers(0, 4, (3, 12, 12, 1)).astype("float32")
    data = layer({"images": masks, "segmentation_masks": masks}, training=True)
    np.testing.assert_array_equal(data["images"], data["segmentation_masks"])
    assert (np.asarray(data["images"]) != masks).any()


DRAWN = {
    "RandomHue": ({"factor": (0.2, 0.6)}, "factor"),
    "RandomSaturation": ({"factor": (0.2, 0.6)}, "factor"),
    "RandomColorDegeneration": ({"factor": (0.2, 0.6)}, "factor"),
    "RandomInvert": ({"factor": (0.2, 0.6)}, "apply_inversion"),
    "RandomPosterization": ({"factor": (2, 6)}, "shift_factor"),
    "RandomSharpness": ({"factor": (0.2, 0.6)}, "factor"),
    "RandomGaussianBlur": ({"factor": (0.2, 0.6)}, "should_apply_blur"),
    "RandomErasing": ({"scale": (0.2, 0.6), "fill_value": 0}, "batch_masks"),
    "RandomPerspective": ({"factor": 0.7, "scale": 0.5}, "end_points"),
    "RandomShear": ({"x_factor": (0.2, 0.4), "y_factor": 0.6}, "shear_factor"),
    "CutMix": ({"factor": (0.3, 0.3)}, "mix_weight"),
    "MixUp": ({"alpha": 0.3}, "mix_weight"),
}


@pytest.mark.parametrize("name", DRAWN)
def test_draws_have_the_same_distribution(keras, name):
    """Kolmogorov and Smirnov's distance of 4,000 draws: chance exceeds this once in 10⁶."""
    settings, key = DRAWN[name]
    images = np.zeros((4000, 5, 4, 1), "float32")
    first, second = (
        np.asarray(
            getattr(k.layers, name)(**settings, seed=9).get_random_transformation(images)[key]
        ).astype("float64")
        for k in (keras, minicnn)
    )
    for one, other in zip(
        first.reshape(4000, -1).T[:40:7], second.reshape(4000, -1).T[:40:7], strict=False
    ):
        both = np.sort(np.concatenate([one, other]))
        below = [np.searchsorted(np.sort(x), both, side="right") / len(x) for x in (one, other)]
        assert np.abs(below[0] - below[1]).max() < 0.061


@pytest.mark.parametrize(
    "layer",
    [
        ("RandomGaussianBlur", {}),
        ("RandomElasticTransform", {}),
        ("RandomErasing", {}),
        ("CutMix", {}),
        ("MixUp", {}),
        ("RandAugment", {"value_range": (0, 1)}),
        ("AugMix", {"value_range": (0, 1)}),
        ("RandomColorJitter", {**ONE, "hue_factor": 0.5, "contrast_factor": 0.5}),
    ],
    ids=str,
)
def test_each_step_of_a_training_draws_anew(layer):
    """Replayed steps (from the third on) compute what steps that are executed compute."""
    name, settings = layer
    x, y = PIXELS.repeat(8, 0) / 255, RANDOM.random((24, 1))

    def losses(replay):
        before = minicnn.config.replay()
        minicnn.config.set_replay(replay)
        try:
            minicnn.utils.set_random_seed(1)
            model = minicnn.Sequential(
                [
                    minicnn.Input((8, 7, 3)),
                    getattr(minicnn.layers, name)(**settings, seed=1),
                    minicnn.layers.Flatten(),
                    minicnn.layers.Dense(1),
                ]
            )
            model.compile("sgd", "mse")
            return model.fit(x, y, batch_size=3, epochs=2, verbose=0, shuffle=False).history["loss"]
        finally:
            minicnn.config.set_replay(before)

    assert losses(True) == losses(False)


def test_jitter_is_its_parts_one_after_another(keras):
    parts = {"brightness": 0.2, "contrast": 0.3, "saturation": 0.4, "hue": 0.1}
    layer = minicnn.layers.RandomColorJitter(**{f"{k}_factor": v for k, v in parts.items()}, seed=1)
    drawn = layer.get_random_transformation(PIXELS, training=True)
    assert list(drawn) == [f"random_{kind}" for kind in parts]
    expected = PIXELS
    for kind, value in parts.items():
        part = getattr(keras.layers, f"Random{kind.title()}")(value)
        numbers = as_numbers(drawn[f"random_{kind}"])
        expected = np.asarray(part.transform_images(expected, numbers))
    np.testing.assert_allclose(layer.transform_images(PIXELS, drawn), expected, atol=5e-3)


@pytest.mark.parametrize(
    ("name", "settings", "sentence"),
    [
        ("RandomHue", {"factor": 1.5}, r"\[0, 1\].*RandomHue"),
        ("RandomHue", {"factor": (0.1, 0.2, 0.3)}, "two numbers"),
        ("RandomSaturation", {"factor": 0.1, "value_range": 3}, "value_range"),
        ("RandomGrayscale", {"factor": 1.2}, "between 0 and 1"),
        ("RandomPosterization", {"factor": 9}, r"\[1, 8\]"),
        ("RandomGaussianBlur", {"kernel_size": 4}, "odd number"),
        ("RandomGaussianBlur", {"kernel_size": (3, 3, 3)}, "odd number"),
        ("RandomPerspective", {"scale": 1.5}, "scale"),
        ("RandomErasing", {"fill_value": (1, 2)}, "three numbers"),
        ("RandomShear", {"x_factor": -0.3}, "x_factor"),
        ("Solarization", {"threshold_factor": 2}, "threshold_factor"),
        ("AutoContrast", {"value_range": (1, 2, 3)}, "value_range"),
        ("CutMix", {"factor": -1}, "factor"),
    ],
)
def test_bad_settings(name, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        getattr(minicnn.layers, name)(**settings)


def test_unknown_sampling():
    for settings in ({"interpolation": "cubic"}, {"fill_mode": "none"}):
        with pytest.raises(NotImplementedError, match="Unknown"):
            minicnn.layers.RandomElasticTransform(**settings)
