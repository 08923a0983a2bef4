"""What a run is, and folders that are never taken for another's."""

import pytest

from src.config.composition import compose_run
from src.config.schema import Run
from src.runs.identity import Identity, folder_id, free_keys, is_free

KEYS = ["data=breast_cancer", "tracking.enabled=false"]


def test_where_a_run_trains_and_is_written_down_does_not_decide():
    plain = Identity.of(compose_run(*KEYS))
    others = ["trainer.accelerator=cpu", "tracking.run_name=mine", "tracking.experiment=other", "trainer.devices=2"]
    assert {Identity.of(compose_run(*KEYS, other)).hash for other in others} == {plain.hash}


@pytest.mark.parametrize(
    "override",
    ["seed=1", "trainer.gradient_clip_val=1.0", "trainer.precision=64-true", "test=false", "optimizer.lr=0.5"],
)
def test_what_decides_a_number_does(override):
    plain, other = (Identity.of(compose_run(*KEYS, *given)) for given in ([], [override]))
    key = override.partition("=")[0]
    assert plain.hash != other.hash
    (difference,) = other.differences(plain)
    assert difference.startswith(f"{key}=")


def test_every_free_key_is_one_of_the_schema():
    keys = free_keys(Run)
    assert {"resume", "tracking", "trainer.accelerator"} <= set(keys)
    assert is_free("tracking.uri")
    assert not is_free("trainer.accelerators")


def test_where_data_lie_does_not_decide_what_they_hold_does():
    keys = ["data=pneumoniamnist", "tracking.enabled=false"]
    here, there = (Identity.of(compose_run(*keys, f"data.path={name}.npz"), "x") for name in ("here", "there"))
    assert here.hash == there.hash
    assert here.hash != Identity.of(compose_run(*keys, "data.path=here.npz"), "y").hash
    nested = ["data=modified", "data@data.source=phantom", "data.source.cache=elsewhere"]
    assert not any("cache" in key for key in Identity.of(compose_run(*nested)).settings)


def test_a_folder_keeps_its_run(tmp_path):
    run = compose_run(*KEYS)
    Identity.of(run, "one").hold(tmp_path)
    Identity.of(run, "one").check(tmp_path, again="x")
    Identity.of(run).check(tmp_path, again="x")  # before the data are read
    with pytest.raises(ValueError, match=r"data: the content of its files has changed.*type this"):
        Identity.of(run, "two").check(tmp_path, again="type this")
    with pytest.raises(ValueError, match=r"seed=1 \(was 0\)"):
        Identity.of(compose_run(*KEYS, "seed=1"), "one").check(tmp_path, again="type this")


def test_a_folder_has_an_id_of_its_own(tmp_path):
    first = folder_id(tmp_path / "one")
    Identity.of(compose_run(*KEYS), "one").hold(tmp_path / "one")
    assert folder_id(tmp_path / "one") == first != folder_id(tmp_path / "two")
