"""More columns in summaries, and what notebooks show."""

import numpy as np
import pytest

import minicnn
from minicnn.analysis import activations, operations, receptive_field

layers = minicnn.layers


@pytest.fixture
def model():
    inner = minicnn.Sequential(
        [minicnn.Input((6, 6, 4)), layers.Conv2D(4, 3, padding="same", name="conv")], name="inner"
    )
    inputs = minicnn.Input((8, 8, 2), name="images")
    x = inner(layers.Conv2D(4, 3, name="first")(inputs))
    shared = layers.Dense(4, name="shared")
    return minicnn.Model(inputs, shared(shared(x)), name="net")


def cells(model, column, **settings):
    """The last column of a summary, by the name in the first."""
    lines = []
    model.summary(print_fn=lines.append, columns=column, **settings)
    rows = [line.split("│")[1:-1] for line in lines[0].splitlines() if line.startswith("│")]
    return {row[0].split("(")[0].strip(" └"): row[-1].strip() for row in rows if row[0].strip()}


def test_columns_are_those_of_the_analysis(model):
    x = np.random.default_rng(0).random((2, 8, 8, 2), "float32")
    wide = {"line_length": 160}
    counts = cells(model, [operations(model)], **wide)
    first, inner = 6 * 6 * 4 * 9 * 2, 6 * 6 * 4 * 9 * 4
    assert (counts["first"], counts["inner"]) == (f"{first:,}", f"{inner:,}")
    assert counts["shared"] == "576"  # in each of its calls
    assert cells(model, [operations(model)], expand_nested=True, **wide)["conv"] == f"{inner:,}"
    fields = cells(model, [receptive_field(model)], **wide)
    assert (fields["first"], fields["inner"]) == ("3 × 3", "5 × 5")
    found = activations(model, x)
    ranges = cells(model, [found], **wide)
    y = found["inner"]
    assert ranges["inner"] == f"{y.min():.3g} … {y.max():.3g}"
    assert " … " in ranges["shared"] and ranges["images"] == ""


def test_a_column_may_be_a_function(model):
    found = cells(model, {"Weights": lambda layer: len(layer.weights)})
    assert (found["first"], found["images"]) == ("2", "0")


def test_without_columns_nothing_is_new(model):
    texts = []
    model.summary(print_fn=texts.append)
    model.summary(print_fn=texts.append, columns=[])
    assert texts[0] == texts[1]


def test_other_columns_are_refused(model):
    with pytest.raises(TypeError, match=r"`columns` holds results of `minicnn\.analysis`"):
        model.summary(columns=["operation"])


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("operations", r"operations\(model\)"),
        ("receptive_field", r"receptive_field\(model\)"),
        ("output_range", r"activations\(model, x\)"),
    ],
)
def test_for_a_name_the_error_says_what_to_write(model, name, instead):
    with pytest.raises(TypeError, match=rf"instead of '{name}', write `columns=\[{instead}\]`"):
        model.summary(columns=[name])


def test_notebooks_show_tables(model):
    html = model._repr_html_()
    assert "Functional &quot;net&quot;" in html and "Total params" in html
    layer = model.get_layer("first")._repr_html_()
    assert "kernel_size" in layer and "(3, 3, 2, 4)" in layer
    assert "Not built yet" in layers.Dense(3)._repr_html_()
    tensor = minicnn.ops.convert_to_tensor([1.0, 2.0])
    assert "(2,) float32, 1 … 2" in tensor._repr_html_()
    assert "first/kernel" in model.get_layer("first").kernel._repr_html_()
    for result in (operations(model), receptive_field(model), receptive_field(model, "first")):
        assert result._repr_html_().count("<tr") >= 2


def test_html_is_escaped():
    class Odd(layers.Layer):
        def __init__(self, label):
            super().__init__(name="<b>")
            self.label = label

    html = Odd("<script>")._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;" in html


def test_history_as_html(model):
    model.compile("sgd", "mse")
    x = np.zeros((4, 8, 8, 2), "float32")
    history = model.fit(x, np.zeros((4, 6, 6, 4)), epochs=2, verbose=0)
    assert str(history.table()).splitlines()[1].split() == ["epoch", "loss"]
    assert history._repr_html_().count("<tr") == 3
