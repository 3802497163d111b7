"""Real Keras beside ours, in a process of its own that is started when it is first asked for."""
