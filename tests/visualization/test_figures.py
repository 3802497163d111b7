"""What is drawn are the numbers: each picture is compared with the arrays it stands for."""

import numpy as np
import pytest

import minicnn as keras

pytest.importorskip("matplotlib")

from minicnn import analysis
from minicnn import visualization as draw
from minicnn.visualization.picture import RIGHT, WRONG

NAMES = ("zero", "one", "two")


@pytest.fixture
def model():
    L = keras.layers
    rows = [
        keras.Input((9, 7, 2)),
        L.Conv2D(5, 3, activation="relu", name="conv"),
        L.DepthwiseConv2D(2, depth_multiplier=2, name="depth"),
        L.Conv2DTranspose(3, 2, name="back"),
        L.GlobalAveragePooling2D(name="pool"),
        L.Dense(4, activation="softmax", name="digit"),
    ]
    model = keras.Sequential(rows, name="net")
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


@pytest.fixture
def x(rng):
    return rng.normal(size=(3, 9, 7, 2)).astype("float32")


def drawn(figure):
    """The matrices of the panels, without the scale of colours."""
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]


@pytest.mark.parametrize(("name", "count"), [("conv", 5), ("depth", 10), ("back", 3)])
def test_feature_maps_are_the_activations(model, x, name, count):
    figure = draw.plot_feature_maps(model, x, name, sample=1)
    y = analysis.activations(model, x)[name]
    maps = drawn(figure)
    assert len(maps) == count
    assert all(np.array_equal(m, y[1, ..., i]) for i, m in enumerate(maps))
    limits = {axes.images[0].get_clim() for axes in figure.axes if axes.images}
    (low, high), *others = limits
    assert not others
    assert -low == high == pytest.approx(float(abs(y[1]).max()))
    assert figure.get_suptitle().startswith(f"{name} (")
    assert figure.axes[-1].get_ylabel() == "activation"


def test_feature_maps_of_channels_first(rng):
    keras.config.set_image_data_format("channels_first")
    net = keras.Sequential([keras.Input((2, 9, 7)), keras.layers.Conv2D(4, 3, name="conv")])
    x = rng.normal(size=(1, 2, 9, 7)).astype("float32")
    maps = drawn(draw.plot_feature_maps(net, x))
    assert np.array_equal(np.stack(maps), analysis.activations(net, x)["conv"][0])


def test_at_most_so_many_maps_are_drawn(model, x):
    figure = draw.plot_feature_maps(model, x, "conv", most=2)
    assert len(drawn(figure)) == 2
    assert "2 of 5 maps of 7 × 5" in figure.get_suptitle()


def test_a_layer_without_images_or_an_unknown_one_is_refused(model, x):
    with pytest.raises(ValueError, match="'pool' returns"):
        draw.plot_feature_maps(model, x, "pool")
    with pytest.raises(ValueError, match="Did you mean 'conv'"):
        draw.plot_feature_maps(model, x, "comv")
    with pytest.raises(ValueError, match="Did you mean 'conv'"):
        draw.plot_filters(model, "comv")
    with pytest.raises(ValueError, match=r"'digit' \(Dense\) has no kernel of an image"):
        draw.plot_filters(model, "digit")
    with pytest.raises(ValueError, match=r"`sample` must lie in 0 … 2"):
        draw.plot_feature_maps(model, x, "conv", sample=3)


def test_filters_are_the_weights(model):
    kernel = model.get_layer("conv").kernel.numpy()
    maps = drawn(draw.plot_filters(model, "conv"))
    expected = [kernel[:, :, j, i] for i in range(5) for j in range(2)]
    assert np.array_equal(np.stack(maps), np.stack(expected))

    kernel = model.get_layer("depth").kernel.numpy()
    maps = drawn(draw.plot_filters(model, "depth"))
    expected = [kernel[:, :, i, j] for i in range(5) for j in range(2)]
    assert np.array_equal(np.stack(maps), np.stack(expected))

    kernel = model.get_layer("back").kernel.numpy()  # (height, width, filters, inputs)
    maps = drawn(draw.plot_filters(model, "back", most_filters=2, most_inputs=3))
    expected = [kernel[:, :, i, j] for i in range(2) for j in range(3)]
    assert np.array_equal(np.stack(maps), np.stack(expected))


def test_saliency_and_grad_cam(model, x):
    figure = draw.plot_saliency(model, x, class_index=[1, 2, 3], layer="conv", most=2)
    found = analysis.saliency(model, x, [1, 2, 3])
    heat = analysis.grad_cam(model, x, "conv", [1, 2, 3])
    panels = figure.axes[:6]
    for i in range(2):
        first, second, third = panels[3 * i : 3 * i + 3]
        assert first.get_title() == f"class {i + 1}"
        np.testing.assert_allclose(second.images[0].get_array(), found.maps[i], rtol=1e-5)
        np.testing.assert_allclose(third.images[1].get_array(), heat.heatmaps[i], rtol=1e-5)


def test_a_map_of_zeros_says_so_and_its_scale_begins_at_0(model, x):
    model.get_layer("digit").kernel.assign(np.zeros((3, 4)))
    figure = draw.plot_saliency(model, x[:1], layer="conv")
    assert figure.axes[2].get_title() == "Grad-CAM at conv: all 0"
    assert figure.axes[1].images[0].get_clim() == figure.axes[2].images[1].get_clim() == (0, 1)


@pytest.mark.parametrize("scores", [False, True])
def test_confusion_is_counted(rng, scores):
    true, predicted = rng.integers(0, 4, 50), rng.integers(0, 4, 50)
    counts = np.zeros((4, 4), int)
    for i, j in zip(true, predicted, strict=True):
        counts[i, j] += 1
    given = np.eye(4)[predicted] if scores else predicted
    figure = draw.plot_confusion(np.eye(4)[true] if scores else true, given)
    axes = figure.axes[0]
    assert np.array_equal(axes.images[0].get_array(), counts)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")
    assert f"{np.trace(counts) / 50:.1%} right" in axes.get_title()
    texts = {t.get_position(): t.get_text() for t in axes.texts}
    assert texts == {(j, i): str(counts[i, j]) for i, j in zip(*np.nonzero(counts), strict=True)}
    shares = drawn(draw.plot_confusion(true, predicted, normalize=True))[0]
    assert np.allclose(shares.sum(1), 1)


def test_confusion_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="3 labels and 2 predictions"):
        draw.plot_confusion([0, 1, 1], [0, 1])
    with pytest.raises(ValueError, match="3 classes, but 2 `class_names`"):
        draw.plot_confusion([0, 2], [0, 1], ["a", "b"])


def test_gradients_are_their_norms(model, x):
    y = np.array([0, 1, 2])
    figure = draw.plot_gradients(model, x, y)
    found = analysis.gradients(model, x, y)
    for axes, of_each in zip(figure.axes, (found.outputs, found.weights), strict=True):
        assert [t.get_text() for t in axes.get_yticklabels()] == list(of_each)
        widths = [bar.get_width() for bar in axes.patches]
        np.testing.assert_allclose(widths, [np.linalg.norm(g) for g in of_each.values()], rtol=1e-4)


def test_history():
    history = {
        "loss": [0.5, 0.2],
        "val_loss": [0.4, 0.1],
        "accuracy": [0.8, 0.9],
        "val_accuracy": [0.85, 0.95],
        "gradient_norm/dense": [1.0, 2.0],
    }
    figure = draw.plot_history(history)
    shown = {
        (axes.get_title(loc="left"), line.get_label(), tuple(line.get_ydata()))
        for axes in figure.axes
        for line in axes.lines
    }
    assert shown == {
        ("Loss", "training", (0.5, 0.2)),
        ("Loss", "validation", (0.4, 0.1)),
        ("Accuracy", "training", (0.8, 0.9)),
        ("Accuracy", "validation", (0.85, 0.95)),
    }
    with pytest.raises(ValueError, match="no epochs"):
        draw.plot_history({})


def predictions(rng, count, wrong):
    """A picture for labels 0, 1, 2, 0, ...; `wrong` gives how sure each mistake is."""
    labels = np.arange(count) % 3
    scores = np.full((count, 3), 0.1)
    scores[np.arange(count), labels] = 0.8
    for image, sureness in wrong.items():
        scores[image] = 0.1
        scores[image, (labels[image] + 1) % 3] = sureness
    return draw.plot_predictions(rng.random((count, 28, 28, 1)), labels, scores, NAMES)


def captions(figure):
    return [(axes.get_xlabel(), axes.xaxis.label.get_color()) for axes in figure.axes]


def test_right_is_blue_and_wrong_is_red_with_both_labels(rng):
    figure = predictions(rng, 60, {1: 0.5, 40: 0.9, 50: 0.6})
    found = captions(figure)
    assert len(found) == 25
    assert found[:3] == [("zero (zero)", RIGHT), ("two (two)", RIGHT), ("zero (zero)", RIGHT)]
    assert found[-3:] == [
        ("two (one)", WRONG),  # image 40, the surest
        ("zero (two)", WRONG),  # image 50
        ("two (one)", WRONG),  # image 1
    ]
    assert {color for _, color in found[:22]} == {RIGHT}
    assert "3 of 60 are wrong" in figure.get_suptitle()


def test_mistakes_fill_two_rows_at_most(rng):
    colors = [
        color for _, color in captions(predictions(rng, 60, dict.fromkeys(range(30, 50), 0.7)))
    ]
    assert colors == [RIGHT] * 15 + [WRONG] * 10


@pytest.mark.parametrize("count", [3, 25])
def test_few_images_and_no_mistakes(rng, count):
    figure = predictions(rng, count, {})
    assert len(drawn(figure)) == count
    assert f"All {count} images are right" in figure.get_suptitle()


def test_a_gallery_has_each_image_once(rng, tmp_path):
    images = rng.integers(0, 256, (7, 4, 5, 3)).astype("uint8")
    figure = draw.plot_image_gallery(images, path=tmp_path / "g.png")
    assert np.array_equal(np.stack(drawn(figure)), images)
    assert (tmp_path / "g.png").read_bytes().startswith(b"\x89PNG")
    first = np.moveaxis(images, -1, 1) / 255
    figure = draw.plot_image_gallery(
        first, value_range=(0, 1), data_format="channels_first", show=False, rows=2
    )
    assert abs(np.stack(drawn(figure)).astype(int) - images).max() <= 1
    with pytest.raises(ValueError, match="not both"):
        draw.plot_image_gallery(images, path="x.png", show=True)
    with pytest.raises(ValueError, match="label_map"):
        draw.plot_image_gallery(images, y_true=range(7))
    with pytest.raises(ValueError, match=r"\(4, 5, 3\)"):
        draw.plot_image_gallery(images[0])


@pytest.mark.keras
def test_a_gallery_has_keras_arguments():
    import inspect

    real = pytest.importorskip("keras").visualization.plot_image_gallery
    ours = inspect.signature(draw.plot_image_gallery).parameters.values()
    theirs = inspect.signature(real).parameters.values()
    assert [(p.name, p.default) for p in ours] == [(p.name, p.default) for p in theirs]


def test_a_picture_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "curves.png"
    figure = draw.plot_history({"loss": [1.0]})
    draw.save(figure, path)
    before = path.read_bytes()
    assert before.startswith(b"\x89PNG")

    def fail(file, **_):
        file.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(figure, "savefig", fail)
    with pytest.raises(KeyboardInterrupt):
        draw.save(figure, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_notebook_shows_a_picture():
    assert draw.plot_history({"loss": [1.0]})._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize("epochs", [1, 2, 30])
def test_epochs_are_whole_numbers_on_the_axis(epochs):
    figure = draw.plot_history({"loss": [0.5] * epochs, "val_loss": [0.4] * epochs})
    figure.canvas.draw()
    ticks = figure.axes[0].get_xticks()
    np.testing.assert_array_equal(ticks, np.round(ticks))
