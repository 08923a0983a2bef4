"""A multirun: its jobs, their records and their leaderboard."""
