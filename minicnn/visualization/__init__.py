"""Pictures of models, their training and their data; each function returns a matplotlib figure.

Colours of signed values mean the same everywhere: red is positive, blue negative, white zero.
"""

try:
    import matplotlib
except ImportError:
    raise ImportError(
        "minicnn.visualization draws with matplotlib, which is missing: "
        "pip install 'minicnn[plots]'."
    ) from None

from minicnn.common import keras_names
from minicnn.visualization.confusion import plot_confusion
from minicnn.visualization.feature_maps import plot_feature_maps
from minicnn.visualization.filters import plot_filters
from minicnn.visualization.gradient_sizes import plot_gradients
from minicnn.visualization.history import plot_history
from minicnn.visualization.image_gallery import plot_image_gallery
from minicnn.visualization.picture import save
from minicnn.visualization.predictions import plot_predictions
from minicnn.visualization.saliency import plot_saliency

__all__ = [
    "plot_confusion",
    "plot_feature_maps",
    "plot_filters",
    "plot_gradients",
    "plot_history",
    "plot_image_gallery",
    "plot_predictions",
    "plot_saliency",
    "save",
]

__getattr__ = keras_names.missing_in(__name__)
