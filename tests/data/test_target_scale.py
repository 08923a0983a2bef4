"""The scale of targets."""

import pytest
import torch

from src.data.target_scale import TargetScale


def test_a_scale_is_that_of_its_targets():
    targets = torch.tensor([3.0, 5.0, 10.0])
    scale = TargetScale.fit(targets)
    assert (scale.mean, scale.sd) == (6.0, pytest.approx((26 / 3) ** 0.5))
    torch.testing.assert_close(scale.in_units(scale.scaled(targets)), targets)
    assert TargetScale.fit(torch.ones(4)).sd == 1.0
