"""What MLflow's pages say first of an experiment, a sweep and its best run. A real SQLite store."""

import json
from dataclasses import replace
from pathlib import Path

from src import runs
from src.config.schema import NOTE
from src.runs.files import SWEEP
from src.tracking.events import Finish
from src.tracking.store import connect
from src.tracking.views import KEY, TAG
from src.tracking.writer import Writer
from tests.tracking.records import children_at, following, leave, parent_at, story, sweep_jobs, write

LEADERBOARD = "rank,optimizer.lr,mean,selected,numbers\n1,0.1,0.25,True,1\n2,1.0,0.5,False,0\n"


def test_a_sweep_its_best_run_and_its_experiment_say_what_they_are(tmp_path: Path, uri: str):
    sweep, jobs = sweep_jobs(tmp_path, uri, 2)
    writer = Writer(following(sweep, uri, is_sweep=True))
    for job in jobs:
        leave(job, (1, 2))
        write(writer, *story(job, (1, 2)))
    (sweep / "leaderboard.csv").write_text(LEADERBOARD)
    runs.write_json(sweep / SWEEP, {"status": "FINISHED", "figures": {"best/val/loss": 0.25}, "tags": {}})
    writer.finish(Finish("FINISHED", jobs[1].folder))
    parent, children = parent_at(uri), children_at(uri)
    table = "| optimizer.lr | val/loss |\n| --- | --- |\n| 0.1 | 0.25 |\n| 1.0 | 0.5 |\n\nThe first row was selected"
    assert table in parent.data.tags[NOTE]
    assert "Epoch 2 kept, 3 trained (epochs)." in children["grid-0/1"].data.tags[NOTE]  # of the best
    assert NOTE not in children["grid-0/0"].data.tags
    (given,) = children["grid-0/1"].inputs.dataset_inputs
    assert (given.dataset.name, json.loads(given.dataset.profile)["num_rows"]) == ("made up", 10)
    experiment = connect(uri).get_experiment(parent.info.experiment_id)
    assert f"(#/experiments/{experiment.experiment_id}/runs?viewStateShareKey={KEY}&" in experiment.tags[NOTE]
    view = json.loads(json.loads(experiment.tags[TAG])["state"])
    assert {"metrics.`best/val/loss`", "metrics.`test/auroc`", "params.`optimizer.lr`"} <= set(view["selectedColumns"])
    assert view["compareRunCharts"][0]["metricKey"] == "val/loss"
    assert len(experiment.tags[TAG]) < 5000  # a database's column


def test_a_description_of_the_users_own_stays(tmp_path: Path, uri: str):
    sweep, _ = sweep_jobs(tmp_path, uri, 1)
    (sweep / "leaderboard.csv").write_text("rank,mean,numbers\n1,0.25,0\n")
    runs.write_json(sweep / SWEEP, {"status": "FINISHED", "figures": {}, "tags": {}})
    writer = Writer(replace(following(sweep, uri, is_sweep=True), facts={NOTE: "mine"}))
    writer.finish(Finish("FINISHED", None))
    assert parent_at(uri).data.tags[NOTE] == "mine"
