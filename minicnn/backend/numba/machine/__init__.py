"""What kernels need of the processor: vector instructions, threads, the cut of work into pieces."""
