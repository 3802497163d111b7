"""What a wrong gradient may look like: each function tries one explanation and says it, or None."""
