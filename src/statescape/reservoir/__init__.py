"""Networks that run: kernels, readouts, topologies, tasks, measures."""
