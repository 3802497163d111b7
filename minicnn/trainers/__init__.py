"""The training loop: what `compile`, `fit`, `evaluate` and `predict` do, for models of any kind."""

from minicnn.trainers.trainer import Trainer

__all__ = ["Trainer"]
