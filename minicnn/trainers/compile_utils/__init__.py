"""What `compile` was told about losses and metrics, matched to the model's outputs."""

from minicnn.trainers.compile_utils.compile_loss import CompileLoss
from minicnn.trainers.compile_utils.compile_metrics import CompileMetrics
from minicnn.trainers.compile_utils.identifiers import check_identifiers, get_loss, get_metric

__all__ = ["CompileLoss", "CompileMetrics", "check_identifiers", "get_loss", "get_metric"]
