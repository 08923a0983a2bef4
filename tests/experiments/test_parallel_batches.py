"""Shards of a batch in real processes; sabotaged by a mean that forgets how many rows each shard has."""

from experiments.parallel_batches import findings
from src.claims import verdict_of


def test_no_prediction_fails(lab):
    assert verdict_of(findings(lab)) != "does not hold"
    assert (lab.folder / "parallel_batches.png").is_file()


def test_it_does_not_hold_without_the_weights_of_uneven_shards(lab):
    assert verdict_of(findings(lab, rule="plain mean")) == "does not hold"
