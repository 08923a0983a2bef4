"""The first use on a machine says that it compiles, and for how long; those after it say nothing."""

import io

import torch
from rich.console import Console

from src.engines.native import compilation


def test_it_is_told_once_for_a_type(monkeypatch, tmp_path):
    monkeypatch.setattr(compilation, "cache_folder", lambda: tmp_path)
    said = []
    for _ in range(2):
        told = io.StringIO()
        compilation.make_ready(torch.float32, Console(file=told, width=200))
        said.append(told.getvalue().splitlines())
    first, second = said
    assert first[0] == "The compiled engine is compiled for this machine and float32, once."
    assert first[1].startswith("It was compiled in ")
    assert second == []
