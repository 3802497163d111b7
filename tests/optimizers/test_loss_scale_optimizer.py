"""Loss scaling that finds its own factor."""

import numpy as np
import pytest

import minicnn
from minicnn import Variable, optimizers


def test_factor_and_weights_follow_keras(keras):
    rng = np.random.default_rng(0)
    ours, theirs = (
        library.optimizers.LossScaleOptimizer(
            library.optimizers.SGD(0.5, momentum=0.9), initial_scale=8.0, dynamic_growth_steps=3
        )
        for library in (minicnn, keras)
    )
    w, twin = Variable(np.ones(3, "float32")), keras.Variable(np.ones(3, "float32"))
    for step in range(20):
        gradient = rng.normal(size=3).astype("float32")
        if step in (2, 3, 11):
            gradient[1] = [np.nan, np.inf][step % 2]
        ours.apply([gradient], [w])
        theirs.apply([gradient], [twin])
        pairs = zip([w, *ours.variables], [twin, *theirs.variables], strict=True)
        for mine, other in pairs:
            one, two = mine.numpy(), other.numpy()
            np.testing.assert_allclose(one, two, rtol=1e-6, atol=1e-7, err_msg=other.path)
    assert int(ours.iterations) == 17
    assert float(ours.scale_loss(2.0)) == 2 * float(ours.dynamic_scale)


def test_config_is_that_of_keras(keras):
    ours, theirs = (
        library.optimizers.LossScaleOptimizer(library.optimizers.Adam(name="inner"), name="outer")
        for library in (minicnn, keras)
    )
    assert optimizers.serialize(ours) == keras.optimizers.serialize(theirs)
    again = optimizers.deserialize(optimizers.serialize(ours))
    assert again.get_config() == ours.get_config()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dynamic": False}, "set `loss_scale_factor`"),
        ({"clipnorm": 1.0}, "`clipnorm` on the `inner_optimizer`"),
        ({"foo": True, "bar": 3}, "arguments: `foo`, `bar`"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        optimizers.LossScaleOptimizer(optimizers.SGD(), **settings)


def test_the_learning_rate_is_that_of_the_inner_optimizer():
    optimizer = optimizers.LossScaleOptimizer(optimizers.SGD(0.5, loss_scale_factor=4.0))
    optimizer.learning_rate = 0.25
    assert float(optimizer.inner_optimizer.learning_rate) == 0.25
    assert optimizer.inner_optimizer.loss_scale_factor is None
    assert optimizer.scale_loss(1.0) == 2.0**15
