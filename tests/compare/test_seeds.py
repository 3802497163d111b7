"""Tests of the argument `seed`, which cases cannot see, as they share random numbers."""

import numpy as np
import pytest

from compare.cases import arguments, catalogue
from compare.libraries.minicnn import MiniCNN
from minicnn import initializers, layers, optimizers

SEEDED = {n: t for t, n in arguments.public().items() if "seed" in arguments.parameters(t)}
FIRST = {}
for case in catalogue.cases():
    if case.kind == "layers" and case.inputs:
        FIRST.setdefault(MiniCNN().find(f"layers.{case.name}"), case)


def drawn(name, seed):
    """What a layer makes of its first case in training, or an initializer of a shape."""
    if name.startswith("initializers."):
        return SEEDED[name](seed=seed)((4, 5)).numpy()
    library, settings = MiniCNN(), {"seed": seed}
    if "dropout" in arguments.parameters(SEEDED[name]):  # which is off by default
        settings["dropout"] = 0.5
    if name.endswith("Cell"):
        x, layer = np.ones((2, 3, 5), "f"), layers.RNN(SEEDED[name](units=4, **settings))
    else:
        case = FIRST[SEEDED[name]]
        x = library.values(case.inputs, case.label)[0]
        layer = SEEDED[name](**{**library.resolve(dict(case.settings)), **settings})
    layer(library.tensor(x))
    layer.set_weights([np.full(w.shape, 0.25) for w in layer.weights])
    return np.stack([layer(library.tensor(x), training=True).numpy() for _ in range(4)])


@pytest.mark.parametrize("name", SEEDED)
def test_equal_seeds_draw_equal_numbers_and_others_draw_others(name):
    np.testing.assert_array_equal(drawn(name, 3), drawn(name, 3))
    assert any((drawn(name, 3) != drawn(name, seed)).any() for seed in (4, 5, 6))


def test_nothing_else_has_a_seed():
    kinds = {name.rpartition(".")[0] for name in SEEDED}
    assert kinds == {"layers", "initializers"}
    assert not hasattr(optimizers.SGD(), "seed")
    assert initializers.GlorotUniform(seed=1).get_config()["seed"] == 1
