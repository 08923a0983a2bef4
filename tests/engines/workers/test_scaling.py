"""The benchmark of scale runs: the real driver and record hear what made-up workers say."""

from tests import doors


def test_made_up_workers_are_heard_to_the_end(tmp_path):
    keys = ("jobs=20", "workers=5", "epochs=3", "tracking=false")
    done = doors.run("-m", "benchmarks.scaling", "simulated", *keys, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "20 jobs of 3 epochs by 5 workers" in done.stdout
