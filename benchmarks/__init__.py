"""Times minicnn and real Keras. Run it as `make bench` or `python -m benchmarks`."""
