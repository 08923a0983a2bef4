"""Perceptron Lab: experiments with perceptrons and multilayer perceptrons."""
