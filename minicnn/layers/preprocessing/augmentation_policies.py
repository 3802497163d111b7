"""Layers that apply randomly chosen changes, one after another: RandAugment and AugMix."""

from __future__ import annotations

from typing import Any

from minicnn import ops, random
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.image_layer import RandomImageLayer
from minicnn.layers.preprocessing.random_blurs import RandomSharpness
from minicnn.layers.preprocessing.random_brightness import RandomBrightness
from minicnn.layers.preprocessing.random_colors import RandomColorDegeneration
from minicnn.layers.preprocessing.random_contrast import RandomContrast
from minicnn.layers.preprocessing.random_rotation import RandomRotation
from minicnn.layers.preprocessing.random_shear import RandomShear
from minicnn.layers.preprocessing.random_translation import RandomTranslation
from minicnn.layers.preprocessing.tones import (
    AutoContrast,
    Equalization,
    RandomPosterization,
    Solarization,
)

# The layers, and how their arguments follow from `factor` and the other settings.
WARPS = {
    "random_shear": (RandomShear, ("x_factor", "y_factor")),
    "random_translation": (RandomTranslation, ("height_factor", "width_factor")),
    "random_rotation": (RandomRotation, ("factor",)),
}
COLORS = {
    "random_brightness": (RandomBrightness, ("factor",)),
    "random_color_degeneration": (RandomColorDegeneration, ("factor",)),
    "random_contrast": (RandomContrast, ("factor",)),
    "random_sharpness": (RandomSharpness, ("factor",)),
}
TONES = {
    "random_posterization": (RandomPosterization, ()),
    "solarization": (Solarization, ("addition_factor", "threshold_factor")),
    "auto_contrast": (AutoContrast, ()),
    "equalization": (Equalization, ()),
}


class AugmentationPolicy(RandomImageLayer):
    """Base of layers that choose among other layers."""

    takes_masks = False
    intervals = {"factor": (0, 1)}

    def make_layers(self, kinds: dict[str, tuple[type, tuple[str, ...]]]) -> None:
        """Sets an attribute for each of the layers; `layer_names` are all of them."""
        self.layer_names = list(kinds)
        for name, (kind, factors) in kinds.items():
            settings = dict.fromkeys(factors, self.factor)
            settings["dtype"], settings["data_format"] = self.dtype_policy, self.data_format
            if name in WARPS:
                settings["interpolation"] = self.interpolation
            else:
                settings["value_range"] = self.value_range
            if name == "random_posterization":
                settings["factor"] = max(1, int(8 * self.factor[1]))
            if issubclass(kind, RandomImageLayer):
                settings["seed"] = self.seed
            setattr(self, name, kind(**settings))

    def drawn_by(self, name: str, images: Any, seed: Any) -> Any:
        """What one of the layers draws."""
        return getattr(self, name).get_random_transformation(images, seed=seed)


class RandAugment(AugmentationPolicy):
    """Applies `num_ops` layers, chosen anew for each batch, in training.

    Of shear, translation, rotation, brightness, colour degeneration, contrast, sharpness,
    posterization, solarization, auto contrast and equalization, each with the strength `factor`.
    Source: Cubuk, Zoph, Shlens and Le, "RandAugment: practical automated data augmentation with a
    reduced search space" (2020).

    Args:
        value_range: the least and the largest number that a pixel may have.
        num_ops: how many layers are applied.
        factor: an interval within [0, 1], or a number f for (0, f).
        interpolation: "nearest" or "bilinear".
        seed: an integer for the same random numbers in each run.
        data_format: "channels_last" or "channels_first".

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.RandAugment(value_range=(0, 1), seed=1)
        >>> layer(keras.ops.ones((2, 6, 5, 3)), training=True).shape
        (2, 6, 5, 3)
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_ops: int = 2,
        factor: Any = 0.5,
        interpolation: str = "bilinear",
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.keep_settings(locals())
        tones = ("random_posterization", "solarization", "auto_contrast", "equalization")
        self.make_layers({**WARPS, **COLORS, **{name: TONES[name] for name in tones}})

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """Which layers are applied, and what each of them draws."""
        chosen = random.randint((self.num_ops,), 0, len(self.layer_names), seed=seed)
        transforms = {name: self.drawn_by(name, images, seed) for name in self.layer_names}
        return {"transforms": transforms, "layer_idxes": chosen}

    def change(self, images: Any, transformation: Any) -> Any:
        """Applies the chosen layers."""
        transforms = transformation["transforms"]
        names = list(transforms)
        for index in ops.convert_to_numpy(transformation["layer_idxes"]):
            name = names[int(index)]
            images = getattr(self, name).transform_images(images, transforms[name])
        return images


class AugMix(AugmentationPolicy):
    """Mixes images with several chains of random changes of them, in training.

    `w x + (1 − w) Σ mᵢ chainᵢ(x)`, w from Beta(α, α) and m from Dirichlet(α, …, α), the same for
    all images; each chain applies up to `chain_depth` layers.
    Source: Hendrycks et al., "AugMix: a simple data processing method to improve robustness and
    uncertainty" (2020).

    Args:
        value_range: the least and the largest number that a pixel may have.
        num_chains: how many chains.
        chain_depth: the number of layers of a chain, of which some may be none.
        factor: the strength of the layers: an interval within [0, 1], or a number f for (0, f).
        alpha: α.
        all_ops: whether to use layers that change brightness, colour, contrast and sharpness, too.
        interpolation: "nearest" or "bilinear".
        seed: an integer for the same random numbers in each run.
        data_format: "channels_last" or "channels_first".

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.AugMix(value_range=(0, 1), seed=1)
        >>> layer(keras.ops.ones((2, 6, 5, 3)), training=True).shape
        (2, 6, 5, 3)
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_chains: int = 3,
        chain_depth: int = 3,
        factor: Any = 0.3,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: str = "bilinear",
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.keep_settings(locals())
        self.make_layers({**WARPS, **TONES, **(COLORS if all_ops else {})})

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """The weights of the mixture, and the layers of each chain with what they draw."""
        parts = random.gamma((self.num_chains,), self.alpha, seed=seed)
        return {
            "chain_mixing_weights": parts / ops.sum(parts),
            "weight_sample": random.beta((), self.alpha, self.alpha, seed=seed),
            "chain_transforms": [self._chain(images, seed) for _ in range(self.num_chains)],
        }

    def _chain(self, images: Any, seed: Any) -> list[dict[str, Any]]:
        names = [*self.layer_names, None]
        shape = (self.chain_depth,)
        chosen = random.randint(shape, 0, len(names), seed=seed) if self.chain_depth > 0 else []
        return [
            {"layer_name": name, "transformation": self.drawn_by(name, images, seed)}
            for name in (names[int(i)] for i in chosen)
            if name
        ]

    def change(self, images: Any, transformation: Any) -> Any:
        """Mixes the images with their changed copies."""
        weights, share = (
            ops.cast(transformation[name], images.dtype)
            for name in ("chain_mixing_weights", "weight_sample")
        )
        mixed = ops.zeros_like(images)
        for i, chain in enumerate(transformation["chain_transforms"]):
            copy = images
            for step in chain:
                layer = getattr(self, step["layer_name"])
                copy = layer.transform_images(copy, step["transformation"])
            mixed = mixed + copy * weights[i]
        return ops.clip(share * images + (1 - share) * mixed, *self.value_range)
