"""Test-time augmentation against an average made by hand, and where a run's figures come from."""

import pytest
import torch
from rich.console import Console
from torch import nn

from src.config import check_against_data
from src.config.composition import compose_run
from src.data.augmentation import Augment
from src.data.transforms import Standardize
from src.engines.build import stack_spec
from src.engines.dispatch import Dispatch
from src.metrics import full_report
from src.models.outputs import mean_outputs
from src.prediction.views import predict_views
from src.randomness import Purpose, fold, key
from src.runs.job import Job, Jobs
from src.runs.outcome import evaluate_run

IMAGES = torch.randint(0, 256, (11, 1, 8, 8), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
AUGMENT = Augment(shift=0.2, noise=0.1, mixup=0.5)
SCALE = Standardize.fit(IMAGES, "images")
LINK = {"binary": torch.sigmoid, "multiclass": lambda logits: logits.softmax(-1), "regression": lambda outputs: outputs}


def views_of(model, num_views, *, seed=5):
    """By hand: every image as it is, and by the draws of (seed, view, row)."""
    images, rows = IMAGES.double(), torch.arange(len(IMAGES))
    views = [images] + [AUGMENT(images, fold(key(seed, Purpose.VIEWS, view), rows)) for view in range(1, num_views)]
    with torch.no_grad():
        return torch.stack([model(SCALE(view)).squeeze(-1) for view in views])


@pytest.mark.parametrize(("task", "num_outputs"), [("binary", 1), ("multiclass", 3), ("regression", 1)])
@pytest.mark.parametrize("chunk", [4, 1024])
def test_what_is_predicted_is_the_mean_over_views_of_what_the_link_makes(task, num_outputs, chunk):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, num_outputs), nn.Dropout(0.5)).double()
    found = {}
    for num_views in (1, 4):
        settings = {"standardize": SCALE, "augment": AUGMENT, "seed": 5, "num_views": num_views, "chunk": chunk}
        outputs = predict_views(model.train(), IMAGES, task=task, dtype=torch.float64, **settings)
        expected = LINK[task](views_of(model.eval(), num_views)).mean(0)
        torch.testing.assert_close(LINK[task](outputs), expected)
        found[num_views] = outputs
    assert (found[1] - found[4]).abs().min() > 1e-6


def test_member_axes_are_kept():
    generator = torch.Generator().manual_seed(1)
    outputs = torch.randn(5, 2, 7, 3, generator=generator, dtype=torch.float64)  # views, members, images, classes
    for member in range(2):
        together = mean_outputs(outputs, "multiclass")[member]
        torch.testing.assert_close(together, mean_outputs(outputs[:, member], "multiclass"))
        torch.testing.assert_close(together.exp(), outputs[:, member].softmax(-1).mean(0))
        binary = outputs[..., 0]
        torch.testing.assert_close(mean_outputs(binary, "binary")[member], mean_outputs(binary[:, member], "binary"))


def test_extreme_logits_stay_finite_and_opposite_ones_cancel():
    outputs = torch.tensor([[-1e4, 1e4, -1e4], [-1e4, 1e4, 1e4]])
    found = mean_outputs(outputs, "binary")
    torch.testing.assert_close(found, torch.tensor([-1e4, 1e4, 0.0]), atol=1e-3, rtol=0)


@pytest.mark.parametrize("engine", ["single", "stacked", "native"])
def test_the_figures_of_val_and_test_are_of_the_views_and_the_history_is_not(engine, tmp_path):
    jobs = []
    keys = [
        "data=digits",
        "augment=affine",
        "model.widths=[8]",
        "epochs=2",
        "tracking.enabled=false",
        "seed=3",
        f"engine={engine}",
    ]
    for number, tta in enumerate((0, 3)):
        jobs.append(Job(number, compose_run(*keys, f"tta={tta}", "test=false"), tmp_path / str(number)))
        jobs[-1].folder.mkdir()
    heard = Heard()
    Dispatch(Jobs(jobs, lambda job: stack_spec(job.run)), [heard], console=Console(quiet=True), slots=2).train()
    (plain, of_plain), (viewed, of_viewed) = (
        evaluate_run(job.run, job.folder, heard.outcomes[job.number]) for job in jobs
    )
    assert plain.objective == viewed.objective
    assert plain.val != viewed.val
    trained = heard.outcomes[1]
    found = {"val": of_viewed["val"], "test": trained.predict(trained.dataset.test)}
    for split, predictions in found.items():
        inputs = getattr(trained.dataset, split).inputs.float()
        rows = torch.arange(len(inputs))
        views = [inputs, *(Augment(0.1, 10.0, 0.1)(inputs, fold(key(3, Purpose.VIEWS, v), rows)) for v in (1, 2))]
        with torch.no_grad():
            mean = torch.stack([trained.model(trained.standardize(view)).softmax(-1) for view in views]).mean(0)
        torch.testing.assert_close(predictions.logits.exp(), mean)
    assert (found["val"].logits.softmax(-1) - of_plain["val"].logits.softmax(-1)).abs().max() > 1e-3
    report = full_report("multiclass", found["test"].logits, found["test"].labels, threshold=None)
    assert trained.test_figures() == {name: float(value) for name, value in report.items()}


class Heard:
    """The outcomes by number."""

    def __init__(self):
        self.outcomes = {}

    def begin(self, job, facts):
        pass

    def epoch(self, job, row):
        pass

    def end(self, job, outcome):
        self.outcomes[job.number] = outcome


@pytest.mark.parametrize("keys", [["data=wine"], ["data=wine", "augment=mixup"], ["data=digits"]])
def test_without_images_that_training_augments_views_are_refused(keys):
    run = compose_run(*keys, "tta=2")
    with pytest.raises(ValueError, match="^tta: must be 0 unless training augments images .*, but got 2 for "):
        check_against_data(run, "multiclass", is_image=keys[0] == "data=digits", has_codes=False)
    check_against_data(
        compose_run("data=digits", "augment=affine", "tta=2"), "multiclass", is_image=True, has_codes=False
    )
