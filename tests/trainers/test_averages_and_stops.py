"""When averages of weights are put in their place: every way for `fit` to end, beside real Keras.

Stops, averages, validation, accumulation of gradients and the first epoch are combined: all of them
touch the end of an epoch or of the training.
"""

import itertools

import numpy as np
import pytest

import minicnn

ROWS, BATCH, EPOCHS = 11, 4, 3  # three steps in an epoch, the last one smaller
RNG = np.random.default_rng(11)
X = RNG.normal(size=(ROWS, 3)).astype("float32")
Y = RNG.normal(size=(ROWS, 2)).astype("float32")
START = [RNG.normal(size=shape).astype("float32") for shape in ((3, 2), (2,))]
AVERAGES = {
    "no average": {},
    "average": {"use_ema": True, "ema_momentum": 0.75},
    "average often": {"use_ema": True, "ema_momentum": 0.75, "ema_overwrite_frequency": 2},
}
ACCUMULATIONS = (None, 2)
VALIDATIONS = (False, True)
FIRST_EPOCHS = (0, 1)


def never(k):
    return []


def early(k):
    return [k.callbacks.EarlyStopping("loss", min_delta=1e6, patience=1)]


def early_with_best_weights(k):
    return [k.callbacks.EarlyStopping("loss", min_delta=1e6, patience=1, restore_best_weights=True)]


def in_an_epoch(k):
    class Stop(k.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.steps = getattr(self, "steps", 0) + 1
            if self.steps == 4:
                self.model.stop_training = True

    return [Stop()]


def after_the_last_epoch(k):
    class Stop(k.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == EPOCHS - 1

    return [Stop()]


def swapped(k):
    return [k.callbacks.SwapEMAWeights(), *early(k)]


STOPS = (never, early, early_with_best_weights, in_an_epoch, after_the_last_epoch)
LIVES = list(itertools.product(STOPS, AVERAGES, ACCUMULATIONS, VALIDATIONS, FIRST_EPOCHS))
LIVES += [(swapped, "average", None, validation, 0) for validation in VALIDATIONS]


def trained(k, stop, average, accumulation, validation, first_epoch):
    """All that a training leaves: the history, weights, the optimizer's state and an evaluation."""
    model = k.Sequential([k.Input((3,)), k.layers.Dense(2)])
    model.set_weights(START)
    optimizer = k.optimizers.SGD(
        0.25, momentum=0.5, gradient_accumulation_steps=accumulation, **AVERAGES[average]
    )
    model.compile(optimizer, "mse", run_eagerly=k is not minicnn)
    history = model.fit(
        X,
        Y,
        batch_size=BATCH,
        epochs=EPOCHS,
        initial_epoch=first_epoch,
        validation_data=(X[::-1], Y) if validation else None,
        callbacks=stop(k),
        shuffle=False,
        verbose=0,
    )
    seen = dict(history.history, epochs=history.epoch)
    arrays = {f"weight {i}": w for i, w in enumerate(model.get_weights())}
    arrays |= {f"state {i}": v.numpy() for i, v in enumerate(model.optimizer.variables)}
    arrays["loss afterwards"] = model.evaluate(X, Y, verbose=0)
    return {name: np.asarray(value, "float64") for name, value in {**seen, **arrays}.items()}


def name_of(life):
    stop, average, accumulation, validation, first_epoch = life
    return "-".join(
        [
            stop.__name__,
            average,
            *["accumulated"] * bool(accumulation),
            *["validated"] * validation,
            *["resumed"] * first_epoch,
        ]
    )


@pytest.mark.parametrize("life", LIVES, ids=name_of)
def test_training_ends_as_in_keras(keras, life):
    ours, theirs = trained(minicnn, *life), trained(keras, *life)
    assert list(ours) == list(theirs)
    for name, expected in theirs.items():
        np.testing.assert_allclose(ours[name], expected, rtol=2e-5, atol=1e-6, err_msg=name)
