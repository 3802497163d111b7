"""Errors that more than one floor of the library knows."""


class ConfigError(TypeError):
    """A config describes an object of an unknown class, or one that its class cannot make."""
