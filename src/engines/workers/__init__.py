"""Engines elsewhere: Ray carries jobs to them, and their events back to the driver, which has the source and the record."""
