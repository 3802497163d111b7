"""Writes what happens to a network's model, for the program that prints one quantity of it."""

from __future__ import annotations

import re
from typing import Any

from compare.cases import network_data
from compare.cases.case import LibraryObject
from compare.cases.kinds.network_life import CHANGED, FREE_STEPS
from compare.cases.network import Event, Network

BEGIN = """y = {labels}
{weights}

def compile():
    model.compile(
        optimizer={optimizer},
        loss={loss},
        metrics={metrics},
        weighted_metrics={weighted_metrics},
        run_eagerly=keras.config.backend() == "tensorflow",  # whose graphs see no later changes
    )


compile()
"""
WATCH = """

class Watch(keras.callbacks.Callback):
    step, losses, changes = 0, [], []

    def on_train_batch_begin(self, batch, logs=None):
        self.step += 1
        if self.step > {free}:
            renew({renewed} * self.step){new_rate}{freeze}
        self.before = [np.array(w) for w in model.weights]

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(logs["loss"])
        self.changes.append([np.array(w) - b for w, b in zip(model.weights, self.before)])


watch = Watch()
"""
NEW_RATE = """
        if self.step == {changed}:
            model.optimizer.learning_rate = {rate}"""
FREEZE = """
        if self.step == {changed}:
            model.get_layer("frozen").trainable = False"""
FIT = """{watch}before = [np.array(w) for w in model.weights]
history = model.fit(
    x, y, batch_size={batch}, epochs={epochs}, shuffle=False, verbose=0, callbacks=[{callbacks}],
    validation_data={validation}{weights},
)
change = [np.array(w) - b for w, b in zip(model.weights, before)]
"""
STOP = 'keras.callbacks.EarlyStopping("loss", min_delta=1e6, restore_best_weights=True)'
TRAIN = """losses, changes = [], []
for step in range({steps}):
    before = [np.array(w) for w in model.weights]
    losses.append(model.train_on_batch({x}, y[:{batch}]{weights}))
    changes.append([np.array(w) - b for w, b in zip(model.weights, before)])
"""
OTHERS = {
    "start": """model.optimizer.build(model.trainable_variables)
model.optimizer.iterations.assign({iterations})
""",
    "evaluate": "logs = model.evaluate(x, y, batch_size={batch}, verbose=0{weights})\n",
    "predict": "output = model.predict(x, batch_size={batch}, verbose=0)\n",
    "renew": "renew({seed})\n",
    "freeze": 'model.get_layer("frozen").trainable = not {frozen}\ncompile()\n',
    "set_rate": "model.optimizer.learning_rate = {rate}\n",
    "save": 'model.save("model.keras")\nmodel = keras.saving.load_model("model.keras")\n',
    "save_weights": """model.save_weights("model.weights.h5")
model = type(model).from_config(model.get_config())
model.load_weights("model.weights.h5")
compile()
""",
}
LABELS = {
    "numbers": "{}",
    "positive": "np.abs({})",
    "signs": "np.sign({})",
    "flags": "np.float32({} > 0)",
    "one_hot": "{0}\ny = np.float32(y == y.max(-1, keepdims=True))",
    "classes": "{}.argmax(-1)",
}
# The patterns of quantities, and where the program has them.
FOUND = (
    (r"change of weight (\d+) .* in all steps", "change[{0}]"),
    (r"history of (.*)", "history.history[{0!r}]"),
    (r"loss after step (\d+)", "watch.losses[{0} - 1]"),
    (r"change of weight (\d+) .* in step (\d+)", "{where}changes[{1} - 1][{0}]"),
    (r"loss in step (\d+)", "np.ravel(losses[{0} - 1])[0]"),
    (r"metric (\d+) in step (\d+)", "losses[{1} - 1][{0}]"),
    (r"loss of all rows", "np.ravel(logs)[0]"),
    (r"metric (\d+) of all rows", "logs[{0}]"),
    (r"output", "output"),
)


def text(network: Network, quantity: str) -> tuple[str, str]:
    """The lines until this quantity is there, and the expression for it."""
    number, _, what = quantity.partition(": ")
    events = network.events[: int(number.split()[0])]
    lines = [_begin(network), *(_event(network, event) for event in events)]
    where = "watch." if events[-1].settings.get("watched") else ""
    for pattern, found in FOUND:
        if match := re.fullmatch(pattern, what):
            return "".join(lines), found.format(*match.groups(), where=where)
    raise ValueError(f"Unknown quantity: {quantity}")


def first_rows(network: Network, x: str, count: int) -> str:
    """The first rows of the inputs."""
    return f"{x}[:{count}]" if len(network.inputs) == 1 else f"[part[:{count}] for part in {x}]"


def called(thing: LibraryObject) -> str:
    """The call that makes an object."""
    settings = ", ".join(f"{key}={setting(value)}" for key, value in thing.settings.items())
    return f"keras.{thing.name}({settings})"


def setting(value: Any) -> str:
    """The value of a setting."""
    return called(value) if isinstance(value, LibraryObject) else repr(value)


def _begin(network: Network) -> str:
    shape = ", ".join(map(str, (network_data.LABELS, network.rows, *network.output)))
    weights = f"sample_weight = np.abs(numbers({network_data.SAMPLE_WEIGHTS}, {network.rows}))\n"
    metrics = [called(each) for each in network.metrics]
    return BEGIN.format(
        labels=LABELS[network.labels].format(f"numbers({shape})"),
        weights=weights if network.weighted else "",
        optimizer=called(network.optimizer),
        loss=called(network.loss),
        metrics=f"[{', '.join(metrics[:1])}]",
        weighted_metrics=f"[{', '.join(metrics[1:])}]",
    )


def _event(network: Network, event: Event) -> str:
    if event.name == "fit":
        return _fit(network, **event.settings)
    weights = ", sample_weight=sample_weight" if network.weighted else ""
    if event.name == "train":
        rows = first_rows(network, "x", network.batch)
        weights += f"[:{network.batch}]" if weights else ""
        return TRAIN.format(x=rows, batch=network.batch, weights=weights, **event.settings)
    return OTHERS[event.name].format(batch=network.batch, weights=weights, **event.settings)


def _fit(
    network: Network,
    epochs: int = 1,
    watched: bool = False,
    new_rate: float | None = None,
    freeze: bool = False,
    class_weight: bool = False,
    validation: int = 0,
    stop: bool = False,
) -> str:
    weights = ", sample_weight=sample_weight" if network.weighted else ""
    if class_weight:
        weights = f", class_weight={network_data.class_weights(network)}"
    watch = WATCH.format(
        free=FREE_STEPS,
        renewed=network_data.RENEWED,
        new_rate="" if new_rate is None else NEW_RATE.format(rate=new_rate, changed=CHANGED),
        freeze=FREEZE.format(changed=CHANGED) if freeze else "",
    )
    rows = f"({first_rows(network, 'x', validation)}, y[:{validation}])"
    return FIT.format(
        watch=watch if watched else "",
        batch=network.batch,
        epochs=epochs,
        callbacks=", ".join(["watch"] * watched + [STOP] * stop),
        validation=rows if validation else None,
        weights=weights,
    )
