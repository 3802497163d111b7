import numpy as np
import pytest

pictures = pytest.importorskip("minicnn.cli.pictures")
NAMES = ("zero", "one", "two")


@pytest.fixture
def figures(monkeypatch):
    """The figures that would be saved."""
    saved = []
    monkeypatch.setattr(pictures, "_save", lambda figure, path: saved.append(figure))
    return saved


def draw(rng, path, count, wrong):
    """Draw predictions for labels 0, 1, 2, 0, ...; `wrong` gives how sure each mistake is."""
    labels = np.arange(count) % 3
    probabilities = np.full((count, 3), 0.1)
    probabilities[np.arange(count), labels] = 0.8
    for image, sureness in wrong.items():
        probabilities[image] = 0.1
        probabilities[image, (labels[image] + 1) % 3] = sureness
    pictures.predictions(rng.random((count, 28, 28, 1)), labels, probabilities, NAMES, path)


def captions(figure):
    return [(axes.get_xlabel(), axes.xaxis.label.get_color()) for axes in figure.axes]


def test_right_is_blue_and_wrong_is_red_with_both_labels(rng, tmp_path, figures):
    draw(rng, tmp_path / "p.png", 60, {1: 0.5, 40: 0.9, 50: 0.6})
    found = captions(figures[0])
    assert len(found) == 25
    assert found[:3] == [
        ("zero (zero)", pictures.RIGHT),
        ("two (two)", pictures.RIGHT),
        ("zero (zero)", pictures.RIGHT),
    ]
    assert found[-3:] == [
        ("two (one)", pictures.WRONG),  # image 40, the surest
        ("zero (two)", pictures.WRONG),  # image 50
        ("two (one)", pictures.WRONG),  # image 1
    ]
    assert {color for _, color in found[:22]} == {pictures.RIGHT}
    assert "3 of 60 are wrong" in figures[0].get_suptitle()


def test_mistakes_fill_two_rows_at_most(rng, tmp_path, figures):
    draw(rng, tmp_path / "p.png", 60, dict.fromkeys(range(30, 50), 0.7))
    colors = [color for _, color in captions(figures[0])]
    assert colors == [pictures.RIGHT] * 15 + [pictures.WRONG] * 10


@pytest.mark.parametrize("count", [3, 25])
def test_few_images_and_no_mistakes(rng, tmp_path, figures, count):
    draw(rng, tmp_path / "p.png", count, {})
    assert sum(bool(axes.images) for axes in figures[0].axes) == count
    assert f"All {count} test images are right" in figures[0].get_suptitle()


def test_learning_curves_show_the_history(tmp_path, figures):
    history = {
        "loss": [0.5, 0.2],
        "val_loss": [0.4, 0.1],
        "accuracy": [0.8, 0.9],
        "val_accuracy": [0.85, 0.95],
    }
    pictures.learning_curves(history, tmp_path / "curves.png")
    shown = {
        (axes.get_title(loc="left"), tuple(line.get_ydata()))
        for axes in figures[0].axes
        for line in axes.lines
    }
    assert shown == {
        ("Loss", (0.5, 0.2)),
        ("Loss", (0.4, 0.1)),
        ("Accuracy", (0.8, 0.9)),
        ("Accuracy", (0.85, 0.95)),
    }


def test_a_picture_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "curves.png"
    history = {key: [1.0] for key in ("loss", "val_loss", "accuracy", "val_accuracy")}
    pictures.learning_curves(history, path)
    before = path.read_bytes()
    assert before.startswith(b"\x89PNG")

    def fail(self, file, **_):
        file.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(pictures.Figure, "savefig", fail)
    with pytest.raises(KeyboardInterrupt):
        pictures.learning_curves(history, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
