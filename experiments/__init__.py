"""Claims that anyone can run, see and doubt; imported by nobody."""
