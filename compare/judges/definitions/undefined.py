"""The error of a name or an argument that has no definition."""


class Undefined(Exception):
    """There is no definition of this name, or not with these arguments."""
