"""`explain_update`: its lines end in the weight that the optimizer really makes."""

import numpy as np
import pytest

import minicnn as keras
from minicnn import optimizers
from minicnn.analysis import explain_update
from minicnn.analysis.explanations.update_rules import UPDATE_RULES

OPTIMIZERS = [
    lambda: optimizers.SGD(0.1),
    lambda: optimizers.SGD(0.1, momentum=0.9),
    lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    lambda: optimizers.Adam(0.01),
    lambda: optimizers.Adam(0.01, amsgrad=True, clipnorm=0.5),
    lambda: optimizers.AdamW(0.01, weight_decay=0.2),
    lambda: optimizers.Nadam(0.01),
    lambda: optimizers.Adamax(0.01, clipvalue=0.3),
    lambda: optimizers.RMSprop(0.01),
    lambda: optimizers.RMSprop(0.01, momentum=0.5, centered=True, loss_scale_factor=4.0),
    lambda: optimizers.Adagrad(0.1),
    lambda: optimizers.Adadelta(1.0),
    lambda: optimizers.Lion(0.01),
    lambda: optimizers.Ftrl(0.1, l1_regularization_strength=0.01, beta=0.1),
    lambda: optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)),
]


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_the_last_line_is_the_weight_after_the_step(make):
    random = np.random.default_rng(2)
    weights = [keras.Variable(random.normal(size=s), name=f"w{len(s)}") for s in ((3,), (2, 4))]
    optimizer = make()
    for _ in range(4):
        grads = [random.normal(size=w.shape).astype("float32") for w in weights]
        index = (1, int(random.integers(4)))
        found = explain_update(optimizer, weights[1], index, grads[1])
        state = [v.numpy().copy() for v in optimizer.variables]
        assert found.value == weights[1].numpy()[index]
        before = weights[1].numpy()
        for v, value in zip(optimizer.variables, state, strict=True):
            np.testing.assert_array_equal(v.numpy(), value)
        optimizer.apply(grads, weights)
        after = weights[1].numpy()[index]
        assert after != before[index]
        assert found.result == pytest.approx(after, rel=2e-6, abs=2e-6)
        assert found.result - found.value == pytest.approx(after - before[index], rel=2e-3)


def test_every_optimizer_of_the_table_is_tried():
    tried = {type(make()).update_step for make in OPTIMIZERS}
    assert tried == set(UPDATE_RULES)


def test_adam_by_hand():
    w = keras.Variable([[2.0]], name="w")
    found = explain_update(optimizers.Adam(0.1), w, (0, 0), [[4.0]])
    values = {step.name: step.value for step in found.steps}
    assert values["mean m"] == pytest.approx(0.4)
    assert values["mean square v"] == pytest.approx(0.016)
    assert values["rate α of step 1"] == pytest.approx(0.1 * 0.001**0.5 / 0.1)
    assert found.result == pytest.approx(1.9)  # the first step has the length of the rate


def test_what_is_not_explained_says_so():
    w = keras.Variable([1.0, 2.0])
    with pytest.raises(ValueError, match=r"no explanation of a step of Lamb\. There is one of Ada"):
        explain_update(optimizers.Lamb(), w, 0, [1.0, 1.0])
    with pytest.raises(ValueError, match="depends on other gradients"):
        explain_update(optimizers.SGD(global_clipnorm=1.0), w, 0, [1.0, 1.0])
    with pytest.raises(ValueError, match="shape of the weights"):
        explain_update(optimizers.SGD(), w, 0, [1.0])
    with pytest.raises(IndexError, match="no element"):
        explain_update(optimizers.SGD(), w, 2, [1.0, 1.0])
