"""Perceptrons, multilayer perceptrons, models of a table, and their parts. Importing the tables among them imports no torch."""
