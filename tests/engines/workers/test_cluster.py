"""A cluster that `ray start` has made, whether it asks for Ray's token or not."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.doors import REPOSITORY

JOIN = """
import sys
from rich.console import Console
from src.engines.workers.cluster import cluster, machines, reach
reach(sys.argv[1])
with cluster(sys.argv[1], Console()):
    print(len(machines()), "machine")
"""


@pytest.mark.slow
@pytest.mark.parametrize("asks", [True, False])
def test_a_cluster_of_ray_start_is_joined(tmp_path: Path, asks: bool):
    (tmp_path / ".ray").mkdir()
    token = tmp_path / ".ray" / "auth_token"  # which any `ray.init` leaves in the home
    if asks:
        token.write_text("a" * 64, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    place = [f"--port={port}", "--node-ip-address=127.0.0.1", "--num-cpus=1", "--include-dashboard=false"]
    start = [Path(sys.executable).with_name("ray"), "start", "--head", "--block", "--disable-usage-stats", *place]
    env = {**os.environ, "HOME": str(tmp_path)}
    with (tmp_path / "log").open("wb") as log:
        head = subprocess.Popen(start, env=env, stdout=log, stderr=log)
    try:
        ends = time.monotonic() + 60
        while b"This command will now block" not in (said := (tmp_path / "log").read_bytes()):
            assert head.poll() is None, said
            assert time.monotonic() < ends, said
            time.sleep(0.2)
        token.write_text("a" * 64, encoding="utf-8")
        join = [sys.executable, "-c", JOIN, f"127.0.0.1:{port}"]
        done = subprocess.run(join, env=env, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False)
        assert "1 machine" in done.stdout, done.stderr
    finally:
        head.terminate()
        head.wait(60)
