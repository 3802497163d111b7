"""Times minicnn, real Keras and PyTorch. Run it as `make bench` or `python -m benchmarks`."""
