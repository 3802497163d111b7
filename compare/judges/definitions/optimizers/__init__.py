"""Definitions of optimizers and schedules, by their names below `keras.optimizers`."""

from __future__ import annotations

from compare.judges.definitions.optimizers import loss_scale, rules, schedules

DEFINITIONS = {**loss_scale.DEFINITIONS, **rules.DEFINITIONS, **schedules.DEFINITIONS}
