"""Perceptrons, multilayer perceptrons and what they are made of. Importing the tables among them imports no torch."""
