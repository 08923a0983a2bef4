"""Schedules against torch's schedulers and their formulas."""

import pytest
import torch
from torch.func import vmap
from torch.optim import lr_scheduler

from src.schedules import SCHEDULES, Shape, factor

TOTAL = 60


def torchs(build):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler, factors = build(optimizer), []
    for _ in range(TOTAL):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return torch.tensor(factors, dtype=torch.float64)


ORACLES = {
    "constant": (Shape(TOTAL), lambda o: lr_scheduler.ConstantLR(o, factor=1.0)),
    "step": (Shape(TOTAL, step_size=7, gamma=0.3), lambda o: lr_scheduler.StepLR(o, 7, 0.3)),
    "exponential": (Shape(TOTAL, step_size=7, gamma=0.3), lambda o: lr_scheduler.ExponentialLR(o, 0.3 ** (1 / 7))),
    "cosine": (Shape(TOTAL, final=0.1), lambda o: lr_scheduler.CosineAnnealingLR(o, TOTAL, eta_min=0.1)),
    "onecycle": (
        Shape(TOTAL, final=0.02, peak=0.25),
        lambda o: lr_scheduler.OneCycleLR(
            o, 1.0, TOTAL, pct_start=0.25, div_factor=25, final_div_factor=2, cycle_momentum=False
        ),
    ),
}


@pytest.mark.parametrize("name", ORACLES)
def test_a_schedule_is_torchs(name):
    shape, build = ORACLES[name]
    torch.testing.assert_close(factor(name, torch.arange(TOTAL), shape), torchs(build), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", SCHEDULES)
def test_warm_up_rises_in_equal_steps_and_then_the_schedule_begins(name):
    shape = Shape(TOTAL, 9, 7, 0.3, 0.1, 0.25)
    found = factor(name, torch.arange(TOTAL), shape)
    torch.testing.assert_close(found[:9], torch.arange(1, 10).double() / 10)
    rest = shape._replace(total_steps=TOTAL - 9, warmup_steps=0)
    torch.testing.assert_close(found[9:], factor(name, torch.arange(TOTAL - 9), rest))


@pytest.mark.parametrize("name", SCHEDULES)
def test_members_of_a_stack_have_their_own_schedule(name):
    shapes = [Shape(40.0, 3.0, 5.0, 0.5, 0.1, 0.2), Shape(60.0, 0.0, 9.0, 0.9, 0.0, 0.5)]
    columns = Shape(*(torch.tensor(column) for column in zip(*shapes, strict=True)))
    steps = torch.arange(30)
    stacked = vmap(lambda *fields: factor(name, steps, Shape(*fields)))(*columns)
    torch.testing.assert_close(
        stacked, torch.stack([factor(name, steps, shape) for shape in shapes]), rtol=1e-6, atol=1e-7
    )


BENT = {"step_size": 11, "gamma": 0.7, "final": 0.3, "peak": 0.5}


@pytest.mark.parametrize("field", BENT)
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_is_bent_by_the_fields_that_its_entry_names_and_by_no_other(name, field):
    shape = Shape(TOTAL, 0, 7, 0.3, 0.1, 0.25)
    bent = factor(name, torch.arange(TOTAL), shape._replace(**{field: BENT[field]}))
    assert bent.equal(factor(name, torch.arange(TOTAL), shape)) == (field not in SCHEDULES[name].takes)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match="schedule.name: must be one of constant, step"):
        factor("linear", torch.arange(3), Shape(3))
