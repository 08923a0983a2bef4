"""What came of a job: a model that has been trained, or what went wrong."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from torch import Tensor, nn

from src.config.errors import Interrupted
from src.config.schema import Run
from src.data.dataset import Dataset, Split
from src.data.preprocessing import stored
from src.data.transforms import Standardize
from src.models.build import takes_spec
from src.passwords import masked
from src.prediction.predictor import Predictor
from src.runs.build import build_augment, build_run_model, dtype_of, model_arguments, spec_of
from src.runs.evaluation import Predictions, operating_threshold, predicted
from src.runs.progress import Progress
from src.runs.results import UNCALIBRATED, Results, results_of
from src.runs.stop_reason import StopReason
from src.statistics.temperature import fit_temperature


@dataclass(frozen=True)
class Trained:
    """The weights of a run's best epoch, how it came there, and the data it was trained on."""

    run: Run
    weights: dict[str, Tensor]  # by the names of the model's state_dict; what is not named is as the model is built
    dataset: Dataset
    standardize: Standardize
    progress: Progress
    num_params: int
    val: Predictions | None = None  # of the plain images, where they are known already
    names_all: bool = False  # whether `weights` are all of the state_dict

    @property
    def stop_reason(self) -> StopReason:
        """Why the training ended."""
        assert self.progress.stop_reason is not None
        return self.progress.stop_reason

    @property
    def value(self) -> float:
        """The objective at the best epoch."""
        return self.progress.best_value

    def predictor(self, threshold: float | None = None) -> Predictor:
        """All that predictions need; `threshold`: of a binary task's decisions."""
        return replace(self._uncalibrated, threshold=threshold, temperature=self.temperature)

    @cached_property
    def temperature(self) -> float | None:
        """Fitted on val, if the run asks for it."""
        return None if self.run.calibrate is None else fit_temperature(self.raw_val.logits, self.raw_val.labels)

    @property
    def _uncalibrated(self) -> Predictor:
        run, dataset = self.run, self.dataset
        augment = build_augment(run, dataset)
        return Predictor(
            target=run.model["_target_"],
            arguments=model_arguments(run),
            spec=spec_of(run, dataset).state(with_quantiles=takes_spec(run.model["_target_"])),
            weights=self.weights
            if self.names_all
            else {n: value.cpu() for n, value in self.model.state_dict().items()},
            standardize=self.standardize.state(),
            preprocessor=stored(dataset.intake),
            task=dataset.task,
            classes=dataset.classes,
            threshold=None,
            target_scale=vars(dataset.target_scale) if dataset.target_scale else None,
            data=dataset.name,
            views=None
            if run.tta == 0 or augment is None
            else {"num": run.tta, "seed": run.seed, "augment": vars(augment)},
        )

    @cached_property
    def model(self) -> nn.Module:
        """The model with the best weights."""
        model = build_run_model(self.run, self.dataset).to(dtype_of(self.run))
        model.load_state_dict({**model.state_dict(), **self.weights})
        return model

    def predict(self, split: Split) -> Predictions:
        """Logits, calibrated if the run asks for it, and labels of `split`."""
        return self.raw(split).at(self.temperature)

    @property
    def of_val(self) -> Predictions:
        """Those of val."""
        return self.raw_val.at(self.temperature)

    def raw(self, split: Split) -> Predictions:
        """Logits, as the model gives them, and labels of `split`."""
        return predicted(self._uncalibrated, self.dataset, split)

    @cached_property
    def raw_val(self) -> Predictions:
        """Those of val."""
        return self.val if self.val is not None and self.run.tta == 0 else self.raw(self.dataset.val)

    def test_figures(self) -> dict[str, float]:
        """Figures of the test split, at 0.5 and at the threshold chosen on val."""
        task = self.dataset.task
        threshold = operating_threshold(self.run, task, self.of_val)
        return self.predict(self.dataset.test).figures(task, threshold)


@dataclass(frozen=True)
class Failed:
    """The error that ended a job, or the interruption that broke it off."""

    error: BaseException

    @property
    def stop_reason(self) -> StopReason:
        """Interrupted or failed."""
        broken_off = isinstance(self.error, (Interrupted, KeyboardInterrupt))
        return StopReason.INTERRUPTED if broken_off else StopReason.FAILED

    @property
    def reason(self) -> str:
        """The error in one line."""
        return masked(f"{type(self.error).__name__}: {self.error}")


@dataclass(frozen=True)
class Recalled:
    """What an earlier start recorded of a job that had ended then."""

    results: Results

    @property
    def stop_reason(self) -> StopReason:
        """As it was recorded."""
        return self.results.stop_reason

    @property
    def value(self) -> float:
        """As it was recorded."""
        return self.results.value


Outcome = Trained | Failed | Recalled


def evaluate_run(run: Run, folder: Path, trained: Trained) -> tuple[Results, dict[str, Predictions]]:
    """The results of a run that came to its end, and its predictions on val and, if it may read it, on test.

    There are none of a run without one finite epoch.
    """
    dataset, raw = trained.dataset, dict[str, Predictions]()
    if trained.progress.best_epoch is not None:
        raw["val"] = trained.raw_val
        if run.test:
            raw["test"] = trained.raw(dataset.test)
    temperature = trained.temperature if raw else None
    splits = {name: found.at(temperature) for name, found in raw.items()}
    before = {
        name: {} if temperature is None else {UNCALIBRATED: found.calibration_error} for name, found in raw.items()
    }
    threshold = operating_threshold(run, dataset.task, splits["val"]) if splits else None
    test = None
    if "test" in splits:
        test = splits["test"].bounded_figures(dataset.task, threshold, dataset.test.groups) | before["test"]
    results = results_of(
        run,
        folder,
        trained.progress,
        trained.num_params,
        dataset,
        val=splits["val"].figures(dataset.task, threshold) | before["val"] if splits else None,
        test=test,
        threshold=threshold,
        temperature=temperature,
    )
    return results, splits


def without_frames(error: BaseException) -> BaseException:
    """`error`, and what it came from, without the frames it passed through: they hold on to all that was computed there."""
    one: BaseException | None = error
    while one is not None:
        one.__traceback__, one = None, one.__cause__ or one.__context__
    return error
