"""Layers that prepare data: numbers to vectors, rescaling, and changes of images."""

from minicnn.layers.preprocessing.category_encoding import CategoryEncoding
from minicnn.layers.preprocessing.center_crop import CenterCrop
from minicnn.layers.preprocessing.discretization import Discretization
from minicnn.layers.preprocessing.normalization import Normalization
from minicnn.layers.preprocessing.random_brightness import RandomBrightness
from minicnn.layers.preprocessing.random_contrast import RandomContrast
from minicnn.layers.preprocessing.random_crop import RandomCrop
from minicnn.layers.preprocessing.random_flip import RandomFlip
from minicnn.layers.preprocessing.random_rotation import RandomRotation
from minicnn.layers.preprocessing.random_translation import RandomTranslation
from minicnn.layers.preprocessing.random_zoom import RandomZoom
from minicnn.layers.preprocessing.rescaling import Rescaling
from minicnn.layers.preprocessing.resizing import Resizing
