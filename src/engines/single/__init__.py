"""One model through Lightning."""
