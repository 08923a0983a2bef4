"""Arguments of Lightning's Trainer that would break what a run promises here, and what is to be used instead."""

from src.config.elsewhere import here

REFUSED = {
    "trainer.max_epochs": "epochs is its name here",
    "trainer.max_steps": "a run is counted in epochs",
    "trainer.check_val_every_n_epoch": "every epoch has its row of the history, with val",
    "trainer.val_check_interval": "every epoch has its row of the history, with val",
    "trainer.num_sanity_val_steps": "trainer.fast_dev_run goes through train and val in one batch",
    "trainer.reload_dataloaders_every_n_epochs": "the order of the rows is a function of the seed and the epoch",
    "trainer.use_distributed_sampler": "each batch is divided among the devices, with the numbers of one",
    "trainer.limit_test_batches": "Lightning tests nothing here, test=false leaves the test split alone",
    "trainer.limit_predict_batches": "Lightning predicts nothing here",
    "trainer.enable_checkpointing": "each epoch is committed, a ModelCheckpoint of your own goes into trainer.callbacks",
    "trainer.default_root_dir": "hydra.run.dir is the run's folder",
    "trainer.barebones": "it would leave out the record, benchmarks/single_run.py measures what that costs",
    "trainer.plugins": "trainer.precision, trainer.strategy and the environment choose them",
    "trainer.model_registry": "tracking.save_model keeps the model",
}


def refusal(key: str, value: object) -> str | None:
    """The line for a key that is refused, or that other tools have and is not known here; None for any other."""
    reason = REFUSED.get(key) or here(key)
    return reason and f"{key}: must be left out ({reason}), but got {value}."
