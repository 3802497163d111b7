"""Keras's functions that read and prepare data: image files, sequences, time series."""

from minicnn.common import keras_names
from minicnn.data.image_folder import image_dataset_from_directory
from minicnn.data.time_series import timeseries_dataset_from_array
from minicnn.preprocessing import image, sequence

__all__ = ["image", "image_dataset_from_directory", "sequence", "timeseries_dataset_from_array"]

__getattr__ = keras_names.missing_in(__name__)
