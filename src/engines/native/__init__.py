"""Many models on the cores of a CPU, each trained by a compiled loop of its own."""
