"""Pooling layers: the maximum or mean of windows, or of all positions, of each channel."""

from minicnn.layers.pooling.adaptive_average_pooling1d import AdaptiveAveragePooling1D
from minicnn.layers.pooling.adaptive_average_pooling2d import AdaptiveAveragePooling2D
from minicnn.layers.pooling.adaptive_average_pooling3d import AdaptiveAveragePooling3D
from minicnn.layers.pooling.adaptive_max_pooling1d import AdaptiveMaxPooling1D
from minicnn.layers.pooling.adaptive_max_pooling2d import AdaptiveMaxPooling2D
from minicnn.layers.pooling.adaptive_max_pooling3d import AdaptiveMaxPooling3D
from minicnn.layers.pooling.average_pooling1d import AveragePooling1D
from minicnn.layers.pooling.average_pooling2d import AveragePooling2D
from minicnn.layers.pooling.average_pooling3d import AveragePooling3D
from minicnn.layers.pooling.global_average_pooling1d import GlobalAveragePooling1D
from minicnn.layers.pooling.global_average_pooling2d import GlobalAveragePooling2D
from minicnn.layers.pooling.global_average_pooling3d import GlobalAveragePooling3D
from minicnn.layers.pooling.global_max_pooling1d import GlobalMaxPooling1D
from minicnn.layers.pooling.global_max_pooling2d import GlobalMaxPooling2D
from minicnn.layers.pooling.global_max_pooling3d import GlobalMaxPooling3D
from minicnn.layers.pooling.max_pooling1d import MaxPooling1D
from minicnn.layers.pooling.max_pooling2d import MaxPooling2D
from minicnn.layers.pooling.max_pooling3d import MaxPooling3D

AvgPool1D = AveragePooling1D
AvgPool2D = AveragePooling2D
AvgPool3D = AveragePooling3D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
MaxPool1D = MaxPooling1D
MaxPool2D = MaxPooling2D
MaxPool3D = MaxPooling3D
