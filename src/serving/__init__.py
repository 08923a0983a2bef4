"""A trained model as MLflow serves it: transforms and threshold inside."""
