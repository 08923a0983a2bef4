"""Perceptrons, multilayer perceptrons, models of tables and images, and their parts. Importing the tables imports no torch."""
