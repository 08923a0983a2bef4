"""The pictures of `docs/`: `python -m scripts.screenshots [NAME...]`, with Chromium and chromedriver, in ten minutes.

Runs of their own, in a temporary folder, by the commands that stand here; then each page as a browser has it.
"""

import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from PIL import Image

from src.tracking.machine import VARIABLE
from src.tracking.store import connect
from src.tracking.views import KEY
from tests.report.browser import Browser

REPOSITORY = Path(__file__).resolve().parent.parent
DOCS = REPOSITORY / "docs"
COLOURS = 64  # of a picture: more are not told apart, and it is a third of the size
RUN, LONG, SWEEP = "first", "long", "rates"


class Shot(NamedTuple):
    """`docs/NAME.png`: what `command` makes, at `place` (a path here, an address in MLflow if it begins with #)."""

    name: str
    command: str  # empty: what is shown was made before
    place: str
    size: tuple[int, int] = (1280, 800)
    clicks: tuple[str, ...] = ()  # texts of buttons that are pressed first, where they are there


SINGLE = f"-m src.train +experiment=digits model.dropout=0.2 epochs=30 hydra.run.dir=mlruns/runs/{RUN}"
MEASURED = (
    "-m src.train +experiment=smoke epochs=20 patience=null tracking.system_metrics=true "
    f"hydra.run.dir=mlruns/runs/{LONG}"
)
GRID = (
    "-m src.train -m +experiment=digits epochs=20 optimizer.lr=1e-3,3e-3,1e-2 model.dropout=0,0.2 seed=0,1,2 "
    f"hydra.sweep.dir=mlruns/sweeps/{SWEEP}"
)
# The place for more, by name, command and page: docs/pages.md shows them.
SHOTS = [
    Shot("mlflow_run", SINGLE, f"#/experiments/{{digits}}/runs/{{{RUN}}}", (1280, 1500), ("Show more",)),
    Shot("mlflow_machine", MEASURED, f"#/experiments/{{smoke}}/runs/{{{LONG}}}/system-metrics"),
    Shot("mlflow_sweep", GRID, f"#/experiments/{{digits}}/runs/{{{SWEEP}}}", (1280, 900), ("Show more",)),
    Shot("mlflow_experiments", "", "#/experiments", (1280, 420)),
    Shot("mlflow_runs", "", f"#/experiments/{{digits}}/runs?viewStateShareKey={KEY}", (1700, 560)),
    Shot(
        "mlflow_curves", "", f"#/experiments/{{digits}}/runs?viewStateShareKey={KEY}&compareRunsMode=CHART", (1400, 900)
    ),
    Shot("report_run", f"-m src.report run={RUN} output=run.html", "run.html", (1100, 1500)),
    Shot("report_sweep", f"-m src.report sweep={SWEEP} output=sweep.html", "sweep.html", (1100, 1500)),
    Shot("playground", "-m experiments.playground --output playground.html", "playground.html", (1280, 770)),
]


def main() -> None:
    """Those that are named, or all; what one shows may be made by the command of one before it."""
    named = sys.argv[1:] or [shot.name for shot in SHOTS]
    with TemporaryDirectory() as folder, TemporaryDirectory() as profile:
        root = Path(folder)
        for shot in SHOTS:
            if shot.command:
                subprocess.run([sys.executable, *shlex.split(shot.command)], cwd=root, env=_environment(), check=True)
        browser = Browser(Path(profile), offline=False)
        try:
            with mlflow(root) as address:
                ids = _ids(root)
                for shot in SHOTS:
                    if shot.name in named:
                        take(browser, shot, address, root, ids)
        finally:
            browser.close()


def take(browser: Browser, shot: Shot, mlflow: str, root: Path, ids: dict[str, str]) -> None:
    """Open the page, wait for all of it, press what is to be pressed, and keep a small picture."""
    place, path = shot.place.format(**ids), DOCS / f"{shot.name}.png"
    if place.startswith("#"):
        browser.visit("about:blank", *shot.size)  # else only the part behind the # would change
        mark = "&" if "?" in place else "?"
        browser.visit(f"{mlflow}/{place}{mark}workflowType=machine_learning", *shot.size)
        _settle(browser)
        browser.ask("document.querySelector('[data-component-id=\"mlflow.assistant.chat_panel.close\"]')?.click()")
        _settle(browser)  # it draws all anew in the room that it has then
        for text in shot.clicks:
            named = "[...document.querySelectorAll('*')].filter(e => !e.children.length && e.textContent.trim() == arguments[0])"
            browser.ask(f"{named}.map(e => e.click())", text)
        _settle(browser)
    else:
        browser.open(root / place, *shot.size)
    browser.screenshot(path, whole=False)
    Image.open(path).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.relative_to(REPOSITORY)}: {path.stat().st_size / 1000:.0f} kB", flush=True)


@contextmanager
def mlflow(root: Path) -> Iterator[str]:
    """The address of MLflow's pages of the runs under `root`, as `make ui` has them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", _store(root), "--workers", "1"]
    host, _, port = address.partition(":")
    with (root / "server.log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(
            [*command, "--host", host, "--port", port], stdout=log, stderr=log, env=_environment()
        )
        try:
            for _ in range(120):
                with socket.socket() as line:
                    if line.connect_ex((host, int(port))) == 0:
                        break
                time.sleep(0.5)
            yield f"http://{address}"
        finally:
            server.terminate()
            server.wait(30)


def _settle(browser: Browser) -> None:
    """Until nothing has changed on the page for some seconds."""
    before, still = "", 0
    for _ in range(120):
        now = str(browser.ask("return document.body.innerHTML.length + document.body.innerText"))
        still = still + 1 if now == before and len(now) > 100 else 0
        if still == 10:
            return
        before = now
        time.sleep(0.5)


def _ids(root: Path) -> dict[str, str]:
    """MLflow's ids of experiments, sweeps and single runs, by name."""
    client = connect(_store(root))
    experiments = {found.name: str(found.experiment_id) for found in client.search_experiments()}
    found = client.search_runs(list(experiments.values()))
    return experiments | {run.data.tags.get("folder") or run.data.tags["sweep"]: run.info.run_id for run in found}


def _store(root: Path) -> str:
    return f"sqlite:///{root}/mlruns/mlflow.db"


def _environment() -> dict[str, str]:
    own = {"PYTHONPATH": str(REPOSITORY), "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", VARIABLE: "1"}
    return {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"} | own


if __name__ == "__main__":
    main()
