"""Serialization: objects as plain data (dicts for JSON files), and back."""
