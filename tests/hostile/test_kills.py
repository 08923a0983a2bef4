"""Kills at random moments: nothing is lost or doubled, and every number is that of what nothing killed, to the bit."""

import pytest

from benchmarks.kills import COMMANDS, kill

KILLS = 5  # of each; `python -m benchmarks.kills` kills 300 times, and asks MLflow too


@pytest.mark.slow
@pytest.mark.parametrize("kind", COMMANDS)
def test_what_was_killed_ends_as_what_was_not(kind: str):
    tally = kill(kind, KILLS, seed=0, tracking=False)
    assert tally.kills == KILLS
    assert tally.is_clean, tally
    assert tally.committed or kind == "search", "no kill fell between a commit and the end"  # trials begin anew
