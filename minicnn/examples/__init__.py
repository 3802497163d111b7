"""Networks that the command and the studio train."""
