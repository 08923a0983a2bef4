"""A trained model with all that makes predictions of raw rows: preprocessing, scaling, threshold, classes."""
