"""Definitions of losses."""

DEFINITIONS = {}
