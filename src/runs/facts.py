"""What a run is found by, beside its settings: tags of a user's own, its data, its seed, and where its numbers come from."""

from src.config.schema import Run
from src.data.dataset import Dataset
from src.passwords import masked
from src.runs.build import device_of
from src.runs.provenance import provenance


def facts_of(run: Run, dataset: Dataset) -> dict[str, str]:
    """Flat names and values, told to listeners as a run begins and kept in its folder."""
    return {
        **run.tracking.tags,
        "data": masked(dataset.source),
        "data_digest": dataset.digest,
        "data_warnings": masked("\n".join(dataset.warnings))[:5000],
        "simulated": str(dataset.simulated).lower(),
        "seed": str(run.seed),
        **provenance(device_of(run).type),
    }
