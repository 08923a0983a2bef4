"""A hyperparameter search: what is searched, how, and what became of each trial."""
