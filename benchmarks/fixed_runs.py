"""Histories of a fixed list of runs, single, stacked, searched and resumed: a change of the code must leave every bit of them.

Command: python -m benchmarks.fixed_runs write=FILE      before the change
Command: python -m benchmarks.fixed_runs compare=FILE    after it, on the same machine: exit code 1 if a bit differs
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from src import runs

REPOSITORY = Path(__file__).resolve().parent.parent
OFF = "tracking.enabled=false"
DIGITS = ["+experiment=digits", "epochs=6", "model.dropout=0.2", OFF]
COMMANDS = {
    "single": [*DIGITS, "train_eval=true", "schedule=cosine", "augment=affine", "trainer.gradient_clip_val=1.0"],
    "single, float64": [*DIGITS, "trainer.precision=64-true", "trainer.accumulate_grad_batches=2"],
    "perceptron": ["data=breast_cancer", "model=perceptron", "optimizer=sgd", "epochs=8", "patience=2", OFF],
    "regression": ["data=diabetes", "model.norm=layer", "optimizer=nadam", "epochs=6", OFF],
    "stacked": ["-m", *DIGITS, "optimizer.lr=1e-3,1e-2,1.0", "seed=0,1,2", "hydra.launcher.slots=4", "patience=2"],
    "stacks": ["-m", *DIGITS, "optimizer.name=sgd,momentum,rmsprop,adamw", "batch_size=32,64"],
    "in turn": ["-m", *DIGITS, "seed=0,1", "hydra.launcher.slots=1"],
    "searched": ["-m", *DIGITS, "+search=quick", "hydra.sweeper.n_trials=12", "hydra.sweeper.retrain=2"],
    "searched shapes": ["-m", *DIGITS, "+search=mlp", "hydra.sweeper.n_trials=8", "hydra.sweeper.retrain=0"],
}
LONG = [*DIGITS, "epochs=40", "patience=null"]
KILLED = {"resumed": LONG, "resumed stack": ["-m", *LONG, "epochs=300", "seed=0,1,2"]}

Histories = dict[str, list[dict[str, float]]]  # by folder, in the order of the folders' names


def main() -> None:
    """Write or compare."""
    what, _, path = sys.argv[1].partition("=")
    found = {name: histories(arguments) for name, arguments in COMMANDS.items()}
    found |= {name: histories(arguments, kill=True) for name, arguments in KILLED.items()}
    if what == "write":
        Path(path).write_text(json.dumps(found), encoding="utf-8")
        return
    before = json.loads(Path(path).read_text(encoding="utf-8"))
    differing = [name for name in before if json.dumps(before[name]) != json.dumps(found.get(name))]
    count = sum(len(rows) for of_command in found.values() for rows in of_command.values())
    print(f"{len(before)} commands, {count} epochs; differing: {', '.join(differing) or 'none'}")
    sys.exit(1 if differing else 0)


def histories(arguments: list[str], *, kill: bool = False) -> Histories:
    """What a command leaves, killed once on the way and started again if asked."""
    with tempfile.TemporaryDirectory() as folder:
        if kill:
            train(folder, arguments, kill=True)
            started = sorted(Path(folder).glob("mlruns/runs/*"))
            arguments = [f"resume={started[0].name}"] if started else arguments
        train(folder, arguments)
        found = sorted(Path(folder).glob("mlruns/**/history.csv"))
        names = [path.parent.name if path.parent.name.isdigit() else str(place) for place, path in enumerate(found)]
        of_sweep = [f"{place} {name}" for place, name in enumerate(names)]
        return {name: told(path.parent) for name, path in zip(of_sweep, found, strict=True)}


def told(folder: Path) -> list[dict[str, float]]:
    """A history less its seconds."""
    return [{key: value for key, value in row.items() if key != "epoch_seconds"} for row in runs.read_history(folder)]


def train(folder: str, arguments: list[str], *, kill: bool = False) -> None:
    """One start of the door; `kill`: by SIGKILL, as soon as there is a checkpoint."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "src.train", *arguments]
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    while kill and process.poll() is None:
        if any(Path(folder).glob("mlruns/**/checkpoint.ckpt")):
            time.sleep(0.5)
            process.send_signal(signal.SIGKILL)
        time.sleep(0.05)
    code = process.wait()
    if code not in (0, -signal.SIGKILL):
        raise RuntimeError(f"{' '.join(command)}: ended with {code}")


if __name__ == "__main__":
    main()
