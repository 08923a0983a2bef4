"""Keys that users of other frameworks type, and what does here what they do there: told where such a key is not known.

Most are lightning-hydra-template's. A block's entry is that of all keys in it that have none of their own.
"""

HERE = {
    "callbacks": "a run commits each epoch and stops by patience, and trainer.callbacks takes more by _target_",
    "callbacks.early_stopping.monitor": "objective is what patience watches",
    "callbacks.early_stopping.patience": "patience is its name here",
    "callbacks.model_checkpoint.monitor": "objective says which epoch is kept",
    "ckpt_path": "resume=RUN goes on with a run, by its folder's name or its MLflow id",
    "data.batch_size": "batch_size stands alone",
    "data.data_dir": "data.path is a file, data.root a folder of images",
    "data.num_workers": "the data are in memory, or read ahead as they need",
    "data.persistent_workers": "the data are in memory, or read ahead as they need",
    "data.pin_memory": "the data are in memory, or read ahead as they need",
    "data.train_val_test_split": "data.val_fraction and data.test_fraction are shares of the rows",
    "datamodule": "data=NAME picks a source, data.KEY sets it, and batch_size stands alone",
    "debug": (
        "trainer.fast_dev_run=true, trainer.limit_train_batches=0.1, trainer.overfit_batches=3, trainer.detect_anomaly=true "
        "and trainer.profiler=simple can be set one by one"
    ),
    "extras": "--cfg job prints the configuration, and tags are what you like",
    "hparams_search": "+search=quick is a search, in a command with -m",
    "learning_rate": "optimizer.lr is its name here",
    "logger": "tracking.KEY sets what MLflow gets, and trainer.logger takes others by _target_",
    "lr": "optimizer.lr is its name here",
    "max_epochs": "epochs is its name here",
    "mode": "trainer.fast_dev_run=true, trainer.overfit_batches=3 and the like can be set one by one",
    "model.compile": "trainer.compile is its name here",
    "model.lr": "optimizer.lr is its name here",
    "model.net": "model.widths=[256,64] are the widths of the hidden layers",
    "model.optimizer": "optimizer=adamw picks one, and optimizer.lr, optimizer.weight_decay and optimizer.momentum set it",
    "model.optimizer.lr": "optimizer.lr is its name here",
    "model.optimizer.weight_decay": "optimizer.weight_decay is its name here",
    "model.scheduler": "schedule=cosine picks one, and schedule.KEY sets it",
    "model.weight_decay": "optimizer.weight_decay is its name here",
    "momentum": "optimizer.momentum is its name here",
    "name": "tracking.experiment and tracking.run_name are names here",
    "optimized_metric": "objective is its name here",
    "optimizer.learning_rate": "optimizer.lr is its name here",
    "paths": "data.path is where the data are, hydra.run.dir a run's folder, tracking.uri its store",
    "print_config": "--cfg job prints the configuration",
    "profiler": "trainer.profiler is its name here",
    "strategy": "trainer.strategy is its name here",
    "tags": "tracking.tags.NAME=VALUE sets one",
    "task_name": "tracking.experiment is its name here",
    "test_after_training": "test is its name here",
    "train": "src.predict evaluates a run that has been trained, run=RUN input=FILE",
    "trainer.amp_backend": "trainer.precision=16-mixed is all there is to it",
    "trainer.amp_level": "trainer.precision=16-mixed is all there is to it",
    "trainer.auto_lr_find": "lr_find=true is a range test",
    "trainer.gpus": "trainer.accelerator=gpu and trainer.devices=N are its names here",
    "trainer.resume_from_checkpoint": "resume=RUN goes on with a run, by its folder's name or its MLflow id",
    "trainer.stochastic_weight_avg": "ema=0.999 averages them, and trainer.callbacks takes Lightning's callback by _target_",
    "trainer.terminate_on_nan": "a loss that is not finite ends a run as diverged",
    "trainer.tpu_cores": "trainer.accelerator=tpu and trainer.devices=N are its names here",
    "trainer.track_grad_norm": "diagnostics=true has the norms of each layer",
    "trainer.weights_summary": "trainer.enable_model_summary is its name here",
    "weight_decay": "optimizer.weight_decay is its name here",
}
TRAINER = "trainer.accelerator=gpu, trainer.devices=4 and trainer.strategy=ddp are set one by one"


def here(key: str) -> str | None:
    """What is typed here for `key`; None if nothing is known of it."""
    parts = key.split(".")
    blocks = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((HERE[block] for block in blocks if block in HERE), None)
