"""The record: what a run leaves on disk, whichever engine trains it. The first listener."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple, Self

import yaml

from src.disk import flush_files, whole_file
from src.prediction.predictor import FILE
from src.runs.background import Background
from src.runs.evaluation import PREDICTIONS, predictions_frame
from src.runs.files import (
    CONFIG,
    FACTS,
    HISTORY,
    IDENTITY,
    RESULTS,
    read_history,
    read_json,
    write_history,
    write_json,
    write_jsons,
    write_text,
)
from src.runs.identity import Identity, read_config
from src.runs.job import Job
from src.runs.listener import Listener
from src.runs.outcome import Failed, Outcome, Recalled, Trained, evaluate_run
from src.runs.results import Results, results_of_broken

SHARE = 0.01  # of the training's time may go into histories on their way; the end writes them in any case

TOGETHER = 64  # runs that are concluded at once


class Record:
    """Keeps each job's folder: configuration, identity and facts from the first moment, history, results, weights.

    What takes long is done in `background`; `results_`: what became of each job, by number.
    """

    def __init__(self, background: Background) -> None:
        self.background = background
        self.results_: dict[int, Results] = {}
        self._histories: dict[int, list[dict[str, float]]] = {}
        self._due: dict[int, float] = {}  # by job, when its history is written again
        self._written = SimpleQueue[Path]()  # and not yet flushed
        self._ended = SimpleQueue[tuple[Job, Trained | Failed]]()  # and not yet concluded

    def begin(self, job: Job, facts: Mapping[str, str]) -> None:
        """From here on the folder says what is trained in it; what an earlier start said of its end does not count."""
        job.folder.mkdir(parents=True, exist_ok=True)
        identity = Identity.of(job.run, facts.get("data_digest", ""))
        identity.check(job.folder, again="another folder begins anew")
        identity.hold(job.folder)
        (job.folder / RESULTS).unlink(missing_ok=True)
        values = yaml.dump(job.run.kept(), sort_keys=False, Dumper=yaml.CSafeDumper)
        write_text(job.folder / CONFIG, values, flush=False)
        write_json(job.folder / FACTS, dict(facts), flush=False)
        self._to_flush(job, IDENTITY, CONFIG, FACTS)
        self.background.submit(self._flush)  # the training waits for no disk
        self._histories[job.number], self._due[job.number] = [], 0.0

    def epoch(self, job: Job, row: Mapping[str, float]) -> None:
        """Add to the history; `history.csv` follows, as often as its writing costs little."""
        self._histories[job.number].append(dict(row))
        now = time.perf_counter()
        if now >= self._due[job.number]:
            self._write_history(job)
            cost = time.perf_counter() - now
            self._due[job.number] = now + max(1.0, cost * len(self._histories) / SHARE)

    def end(self, job: Job, outcome: Outcome) -> None:
        """Results and weights, in the background: once they are there, the run has ended."""
        assert not isinstance(outcome, Recalled)  # that is what this one tells the others
        self._ended.put((job, outcome))
        self.background.submit(self._end)

    def _end(self) -> None:
        """Conclude all that have ended by now: the disk takes little longer for the files of many than for those of one."""
        ended = [self._ended.get() for _ in range(min(TOGETHER, self._ended.qsize()))]
        concluded = [(job, self._conclude(job, outcome)) for job, outcome in ended]
        self._flush()
        write_jsons({job.folder / RESULTS: results.kept for job, results in concluded})
        self.results_ |= {job.number: results for job, results in concluded}

    def _conclude(self, job: Job, outcome: Trained | Failed) -> Results:
        self._write_history(job)
        self._histories.pop(job.number, None)
        try:
            results = self._concluded(job, outcome) if isinstance(outcome, Trained) else _broken(job, outcome)
        except Exception as error:  # a model that cannot be evaluated, say: the others go on
            results = _broken(job, Failed(error))
        self._to_flush(job, HISTORY, FILE, PREDICTIONS)
        return results

    def _concluded(self, job: Job, trained: Trained) -> Results:
        results, splits = evaluate_run(job.run, job.folder, trained)
        if splits:
            kept = {name: value for name, value in job.run.kept()["model"].items() if name != "_target_"}
            replace(trained.predictor(results.threshold), arguments=kept).save(job.folder / FILE)
        if splits and job.run.tracking.save_model:
            with whole_file(job.folder / PREDICTIONS, flush=False) as part:
                predictions_frame(splits, trained.dataset).to_parquet(part)
        return results

    def _to_flush(self, job: Job, *names: str) -> None:
        for name in names:
            self._written.put(job.folder / name)

    def _flush(self) -> None:
        """What is written so far, of all jobs at once."""
        if written := [self._written.get() for _ in range(self._written.qsize())]:
            flush_files(written)

    def _write_history(self, job: Job) -> None:
        if history := self._histories.get(job.number):
            write_history(job.folder, history)


class Recorded(NamedTuple):
    """What an earlier start left of a run."""

    results: Results
    facts: dict[str, str]
    history: list[dict[str, float]]

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Of the run in `folder`, if it has results. DamagedError, naming a file that is not what was written."""
        results = Results.read(folder)
        if results is None:
            return None
        read_config(folder)
        return cls(results, read_json(folder / FACTS), read_history(folder))


def recall(job: Job, listeners: list[Listener], recorded: Recorded) -> None:
    """Tell `listeners` again what an earlier start recorded of a job that ended then."""
    for listener in listeners:
        listener.begin(job, recorded.facts)
    for row in recorded.history:
        for listener in listeners:
            listener.epoch(job, row)
    for listener in listeners:
        listener.end(job, Recalled(recorded.results))


def _broken(job: Job, failed: Failed) -> Results:
    return results_of_broken(job.run.seed, job.folder, failed.stop_reason, failed.reason)
