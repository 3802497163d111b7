"""Tests of the argument `seed`, which cases cannot see, as they share random numbers."""

import numpy as np
import pytest

from compare.cases import arguments, catalogue
from compare.cases.catalogue.layers import layer as layer_case
from compare.cases.catalogue.preprocessing import COLOURS
from compare.cases.kinds.layers import as_arguments
from compare.libraries.minicnn import MiniCNN
from minicnn import initializers, layers, optimizers

SEEDED = {n: t for t, n in arguments.public().items() if "seed" in arguments.parameters(t)}
# Of these the catalogue's first cases leave nothing to draw, or hide what is drawn.
DRAWN = ("AugMix", "CutMix", "MixUp", "RandAugment", "RandomElasticTransform")
FIRST = {MiniCNN().find(f"layers.{name}"): layer_case(name, COLOURS) for name in DRAWN}
FIRST[layers.RandomPosterization] = layer_case("RandomPosterization", COLOURS, factor=(1, 8))
for case in catalogue.cases():
    if case.kind == "layers" and case.inputs:
        FIRST.setdefault(MiniCNN().find(f"layers.{case.name}"), case)


def drawn(name, seed):
    """What a layer makes of its first case in training, or an initializer of a shape.

    Of a function: what it makes of images.
    """
    if name.startswith("initializers."):
        return SEEDED[name](seed=seed)((4, 5)).numpy()
    if name.startswith("ops.image."):
        return SEEDED[name](np.arange(96, dtype="float32").reshape(2, 4, 4, 3), seed=seed).numpy()
    library, settings = MiniCNN(), {"seed": seed}
    if "dropout" in arguments.parameters(SEEDED[name]):  # which is off by default
        settings["dropout"] = 0.5
    if name.endswith("Cell"):
        values, layer = [np.ones((2, 3, 5), "f")], layers.RNN(SEEDED[name](units=4, **settings))
    else:
        case = FIRST[SEEDED[name]]
        values = library.values(case.inputs, case.label)
        layer = SEEDED[name](**{**library.resolve(dict(case.settings)), **settings})
    inputs = as_arguments(layer, [library.tensor(x) for x in values])
    layer(*inputs)
    layer.set_weights([np.full(w.shape, 0.25) for w in layer.weights])
    return np.stack([layer(*inputs, training=True).numpy() for _ in range(4)])


@pytest.mark.parametrize("name", SEEDED)
def test_equal_seeds_draw_equal_numbers_and_others_draw_others(name):
    np.testing.assert_array_equal(drawn(name, 3), drawn(name, 3))
    assert any((drawn(name, 3) != drawn(name, seed)).any() for seed in (4, 5, 6))


def test_nothing_else_has_a_seed():
    kinds = {name.rpartition(".")[0] for name in SEEDED}
    assert kinds == {"layers", "initializers", "ops.image"}
    assert {name for name in SEEDED if name.startswith("ops.")} == {"ops.image.elastic_transform"}
    assert not hasattr(optimizers.SGD(), "seed")
    assert initializers.GlorotUniform(seed=1).get_config()["seed"] == 1
