"""Layers that prepare data: numbers to vectors, rescaling, and changes of images."""

from minicnn.layers.preprocessing.augmentation_policies import AugMix, RandAugment
from minicnn.layers.preprocessing.category_encoding import CategoryEncoding
from minicnn.layers.preprocessing.center_crop import CenterCrop
from minicnn.layers.preprocessing.discretization import Discretization
from minicnn.layers.preprocessing.image_mixing import CutMix, MixUp, RandomErasing
from minicnn.layers.preprocessing.normalization import Normalization
from minicnn.layers.preprocessing.pipeline import Pipeline
from minicnn.layers.preprocessing.random_bends import RandomElasticTransform, RandomPerspective
from minicnn.layers.preprocessing.random_blurs import RandomGaussianBlur, RandomSharpness
from minicnn.layers.preprocessing.random_brightness import RandomBrightness
from minicnn.layers.preprocessing.random_colors import (
    RandomColorDegeneration,
    RandomColorJitter,
    RandomGrayscale,
    RandomHue,
    RandomInvert,
    RandomSaturation,
)
from minicnn.layers.preprocessing.random_contrast import RandomContrast
from minicnn.layers.preprocessing.random_crop import RandomCrop
from minicnn.layers.preprocessing.random_flip import RandomFlip
from minicnn.layers.preprocessing.random_rotation import RandomRotation
from minicnn.layers.preprocessing.random_shear import RandomShear
from minicnn.layers.preprocessing.random_translation import RandomTranslation
from minicnn.layers.preprocessing.random_zoom import RandomZoom
from minicnn.layers.preprocessing.rescaling import Rescaling
from minicnn.layers.preprocessing.resizing import Resizing
from minicnn.layers.preprocessing.tones import (
    AutoContrast,
    Equalization,
    RandomPosterization,
    Solarization,
)
