"""One page that tells what an experiment, a sweep or a run has come to, from its records alone."""
