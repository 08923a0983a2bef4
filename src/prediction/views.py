"""Test-time augmentation: what a model makes of several views of each image, averaged."""

import torch
from torch import Tensor, nn

from src.data.augmentation import Augment
from src.data.transforms import Standardize
from src.models.outputs import mean_outputs
from src.randomness import Purpose, fold, key
from src.tasks import Task

# Axes: V views, N images, K classes; any axes between views and images.


@torch.no_grad()
def predict_views(
    model: nn.Module,
    inputs: Tensor,
    *,
    task: Task,
    standardize: Standardize,
    augment: Augment,
    seed: int,
    num_views: int,
    dtype: torch.dtype,
    chunk: int = 1024,
) -> Tensor:
    """The model's outputs (N,), or (N, K) of several classes, for `inputs` (N, C, H, W), on the CPU: `mean_outputs` of views.

    `inputs` are pixels as they came. The first view is the image as it is, view v is augmented by the draws of
    (seed, v, the image's place among the inputs), and never blended with another.
    """
    device = next(model.parameters()).device
    model.eval()
    parts = []
    for first in range(0, len(inputs), chunk):
        images = inputs[first : first + chunk].to(device, dtype)
        rows = torch.arange(first, first + len(images), device=device)
        views = [images, *(augment(images, _keys(seed, view, rows)) for view in range(1, num_views))]
        parts.append(mean_outputs(torch.stack([_outputs(model(standardize(view))) for view in views]), task).cpu())
    return torch.cat(parts)


def _keys(seed: int, view: int, rows: Tensor) -> Tensor:
    return fold(key(seed, Purpose.VIEWS, view).to(rows.device), rows)


def _outputs(outputs: Tensor) -> Tensor:
    return outputs.squeeze(-1) if outputs.shape[-1] == 1 else outputs
