"""Callbacks: objects called at the beginning and end of steps, epochs and runs."""

from minicnn.callbacks.backup_and_restore import BackupAndRestore
from minicnn.callbacks.callback import Callback
from minicnn.callbacks.callback_list import CallbackList
from minicnn.callbacks.csv_logger import CSVLogger
from minicnn.callbacks.early_stopping import EarlyStopping
from minicnn.callbacks.gradient_history import GradientHistory
from minicnn.callbacks.history import History
from minicnn.callbacks.lambda_callback import LambdaCallback
from minicnn.callbacks.learning_rate_scheduler import LearningRateScheduler
from minicnn.callbacks.model_checkpoint import ModelCheckpoint
from minicnn.callbacks.monitor_callback import MonitorCallback
from minicnn.callbacks.progbar_logger import ProgbarLogger
from minicnn.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from minicnn.callbacks.remote_monitor import RemoteMonitor
from minicnn.callbacks.swap_ema_weights import SwapEMAWeights
from minicnn.callbacks.tensorboard import TensorBoard
from minicnn.callbacks.terminate_on_nan import TerminateOnNaN
from minicnn.common import keras_names

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "GradientHistory",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "MonitorCallback",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
]

__getattr__ = keras_names.missing_in(__name__)
