"""Operations on images: colours, sizes, borders, transforms, patches."""

from minicnn.common import keras_names
from minicnn.ops.define.declare import operation_classes
from minicnn.ops.image.borders import crop_images, pad_images
from minicnn.ops.image.color import hsv_to_rgb, rgb_to_grayscale, rgb_to_hsv
from minicnn.ops.image.filters import elastic_transform, gaussian_blur, sobel_edges, ssim
from minicnn.ops.image.patches import extract_patches, extract_patches_3d
from minicnn.ops.image.resizing import resize, scale_and_translate
from minicnn.ops.image.warping import affine_transform, map_coordinates, perspective_transform

globals().update(operation_classes(globals()))

__getattr__ = keras_names.missing_in(__name__)
