"""A layer as plain data: the arguments and the input shapes from which it can be made again."""

from __future__ import annotations

from typing import Any

from minicnn import dtype_policies, regularizers, tree
from minicnn.common.python_utils import default, is_default
from minicnn.common.shapes import standardize_shape
from minicnn.layers.base.settings import settings_config


class LayerConfig:
    """`get_config` of a layer, and its build config."""

    settings: tuple[str, ...] | None = None
    """Constructor arguments that `get_config` saves; None means those recorded at construction."""

    @default
    def get_config(self) -> dict[str, Any]:
        """The arguments from which `from_config` makes the same layer again, with new weights."""
        self._check_super_called()
        config = {"trainable": self.trainable, "dtype": dtype_policies.serialize(self.dtype_policy)}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        if self.settings is not None:
            return {"name": self.name, **config, **settings_config(self, *self.settings)}
        if not is_default(self.get_config):
            return {"name": self.name, **config}
        return {**super().get_config(), **config}

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes that the layer was built for, for a file."""
        shapes = self._build_shapes_dict
        if shapes is None:
            return None
        return (
            {"input_shape": next(iter(shapes.values()))}
            if len(shapes) == 1
            else {"shapes_dict": shapes}
        )

    def _keep_build_config(self, config: dict[str, Any]) -> None:
        """Keeps the shapes of a file until the first call, where nothing is built for them."""
        shapes = config.get("shapes_dict") or {"input_shape": config.get("input_shape")}
        if is_default(self.build) and not self._built and None not in shapes.values():
            self._build_shapes_dict = tree.map_shape_structure(standardize_shape, shapes)

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Builds the layer for the shapes of `get_build_config`."""
        if not config:
            return
        if "input_shape" in config:
            self.build(config["input_shape"])
        elif "shapes_dict" in config:
            if is_default(self.build):
                self.build(next(iter(config["shapes_dict"].values()), None))
            else:
                self.build(**config["shapes_dict"])
        self.built = True
