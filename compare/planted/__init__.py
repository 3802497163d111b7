"""Planted bugs: wrong lines, switched on in memory one at a time, that the cases must catch."""

from compare.planted.bugs import BUGS
from compare.planted.switch import Bug, switched_on

__all__ = ["BUGS", "Bug", "switched_on"]
