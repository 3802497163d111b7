"""Planted bugs in what happens around a step: compiling, saving, masks, late steps, the end."""

from __future__ import annotations

from compare.mutants.planted.places import LAYERS, OPTIMIZERS, TRAINERS
from compare.mutants.planted.switch import FORWARD, OPTIMIZER, Bug

PROGRAMS = ("training.one output: combination", "training.two outputs")
BUGS = [
    Bug(
        "the factors of the losses are lost by saving",
        FORWARD,
        TRAINERS + "compiled",
        '"loss_weights": loss_weights,',
        '"loss_weights": None,',
        PROGRAMS,
    ),
    Bug(
        "weighted metrics are not weighted after saving",
        FORWARD,
        TRAINERS + "compiled",
        '"metrics": metrics,\n                "weighted_metrics": weighted_metrics,',
        '"metrics": weighted_metrics,\n                "weighted_metrics": metrics,',
        PROGRAMS,
    ),
    Bug(
        "a frozen layer is saved as one that is trained",
        FORWARD,
        LAYERS + "base.layer_config",
        'config = {"trainable": self.trainable, "dtype"',
        'config = {"trainable": True, "dtype"',
        ("trainable=False", *PROGRAMS),
    ),
    Bug(
        "the averages of the weights are not used after an early stop",
        OPTIMIZER,
        TRAINERS + "trainer",
        "if self.optimizer is not None and epochs > 0 and self.optimizer.built:",
        "if self.optimizer and not self.stop_training and self.optimizer.built:",
        ("training.an early stop",),
    ),
    Bug(
        "a validation goes on with the rows after the last one",
        FORWARD,
        TRAINERS + "trainer",
        "        batches.begin_again()",
        "        pass",
        PROGRAMS,
    ),
    Bug(
        "class weights count twice",
        FORWARD,
        TRAINERS + "data_adapters.array_data_adapter",
        "sample_weight = _weights_of_classes(y, class_weight, sample_weight)",
        "sample_weight = _weights_of_classes(y, class_weight, sample_weight) ** 2",
        PROGRAMS,
    ),
    Bug(
        "dropout drops the mask",
        FORWARD,
        LAYERS + "regularization.base_dropout",
        "self.supports_masking = True",
        "self.supports_masking = False",
        ("masks.Dropout", "masks.SpatialDropout"),
    ),
    Bug(
        "the counter of steps stops at 1000",
        OPTIMIZER,
        OPTIMIZERS + "optimizer",
        "self._iterations.assign(int(self._iterations) + 1)",
        "self._iterations.assign(min(int(self._iterations) + 1, 1000))",
        ("iterations=1000",),
    ),
    Bug(
        "the correction of Adam's averages ends at step 1000",
        OPTIMIZER,
        OPTIMIZERS + "update_rules",
        "t = optimizer.beta_1, optimizer.beta_2, int(optimizer.iterations) + 1",
        "t = optimizer.beta_1, optimizer.beta_2, min(int(optimizer.iterations) + 1, 1000)",
        ("iterations=1000000",),
    ),
]
