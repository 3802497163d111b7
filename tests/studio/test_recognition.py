"""Test digits redrawn as strokes on the page's canvas are recognised by the page's own pipeline."""

import numpy as np
import pytest

from minicnn.datasets import mnist
from minicnn.studio import drawing
from tests.studio.strokes import skeletons, strokes

COUNT = 500
SIDE = 336
MARGIN = 16  # the pen stays inside
REDRAW = """async (digits) => {
    const { DrawingCanvas, SMALL_SIDE } = await import("/page/canvas.js");
    const { Connection, base64 } = await import("/page/socket.js");
    const connection = new Connection(`ws://${location.host}/socket`);
    const isOpen = new Promise((resolve) => connection.addEventListener("open", resolve));
    connection.open();
    await isOpen;
    const element = document.createElement("canvas");
    element.width = element.height = 336;
    document.body.append(element);
    const canvas = new DrawingCanvas(element);
    const found = [];
    for (const strokes of digits) {
        canvas.reset();
        for (const stroke of strokes) canvas.addStroke(stroke);
        const picture = { side: [SMALL_SIDE, SMALL_SIDE], ink: base64(canvas.ink()) };
        const { probabilities } = await connection.ask("draw", { picture, layers: [] });
        found.push(probabilities.data.indexOf(Math.max(...probabilities.data)));
    }
    element.remove();
    return found;
}"""


def test_digits_redrawn_as_strokes_are_recognised(page):
    rng = np.random.default_rng(14)
    _, (images, labels) = mnist.load_data()
    chosen = rng.choice(len(labels), COUNT, replace=False)
    lines = [strokes(s) for s in skeletons([enlarged(image) > 110 for image in images[chosen]])]
    found = np.array(page.evaluate(REDRAW, [placed(digit, rng) for digit in lines]))
    right = (found == labels[chosen]).mean()
    print(f"{right:.1%} of {COUNT} redrawn digits")
    assert right >= 0.97


def enlarged(image, times=3):
    """An image with more pixels, interpolated linearly, so that thin lines keep their form."""
    old = np.arange(28)
    new = (np.arange(28 * times) + 0.5) / times - 0.5
    weights = np.maximum(1 - abs(new[:, None] - old), 0)
    return weights @ image @ weights.T


def placed(lines, rng):
    """Lines scaled by 0.5 to 1.5 and shifted to any place of the canvas where they fit."""
    points = np.concatenate([np.array(line) for line in lines])
    low, high = points.min(0), points.max(0)
    room = SIDE - 2 * MARGIN
    scale = min(SIDE / 84 * rng.uniform(0.5, 1.5), room / max(high - low))
    start = MARGIN + rng.uniform(0, 1, 2) * (room - (high - low) * scale)
    return [((np.array(line) - low) * scale + start).round(1).tolist() for line in lines]


@pytest.mark.parametrize("size", [4, 12])
def test_mnist_s_own_digits_stay_as_they_are(size):
    """The treatment is the one that MNIST's digits have had."""
    _, (images, _) = mnist.load_data()
    pens = [drawing.pen_width(np.kron(i / 255, np.ones((4, 4)))) / 4 for i in images[:200]]
    low, high = drawing.PENS
    usual = [i for i, pen in zip(images, pens, strict=False) if low < pen < high]
    assert len(usual) > 40
    for image in usual:
        treated = drawing.treated(np.kron(image, np.ones((size, size), "uint8")))
        np.testing.assert_allclose(treated, image / image.max(), atol=1e-5)


@pytest.mark.parametrize("pen", [4, 8, 12, 20, 32])
def test_pens_of_all_widths_end_up_like_those_of_mnist(pen):
    canvas = np.zeros((112, 112), "uint8")
    canvas[20:100, 50 : 50 + pen] = 255
    canvas[20 : 20 + pen, 20:100] = 255
    width = drawing.pen_width(drawing.treated(canvas))
    assert drawing.PENS[0] * 0.8 <= width <= drawing.PENS[1] * 1.2


def test_where_a_digit_is_drawn_does_not_matter():
    rng = np.random.default_rng(0)
    digit = np.zeros((112, 112), "uint8")
    digit[40:80, 50:54] = 255
    digit[40:44, 50:70] = 255
    for shift in rng.integers(-30, 30, (20, 2)):
        moved = np.roll(digit, shift, (0, 1))
        np.testing.assert_array_equal(drawing.treated(moved), drawing.treated(digit))


@pytest.mark.parametrize("shape", [(28, 28), (32, 32), (16, 24), (64, 64)])
@pytest.mark.parametrize("ink", ["dot", "all", "line", "faint"])
def test_every_drawing_becomes_a_picture(shape, ink):
    canvas = np.zeros((112, 90), "uint8")
    canvas[
        {"dot": (3, 5), "all": ..., "line": (slice(None), 7), "faint": (9, slice(2, 80))}[ink]
    ] = 40 if ink == "faint" else 255
    assert drawing.has_ink(canvas)
    treated = drawing.treated(canvas, *shape)
    assert treated.shape == shape and treated.dtype == np.float32
    assert np.isfinite(treated).all() and treated.min() >= 0 and treated.max() <= 1.0001
    assert treated.sum() > 0
    assert drawing.untreated(canvas, *shape).shape == shape
