"""Times minicnn beside real Keras. Run it as `make bench` or `python -m benchmarks`."""
