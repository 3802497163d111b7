"""The command line of `compare`: the parser of commands, their results, tables."""
