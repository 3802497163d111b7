collect_ignore = ["programs"]  # they are run by tests, and are none
