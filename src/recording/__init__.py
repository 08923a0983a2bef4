"""What a run leaves, whichever engine trained it: figures, files, results."""
