"""Door: `python -m src.train +experiment=xray`. Composes a run, checks it, trains it.

What is heavy is imported once the configuration has been found good: a typo must not wait for torch.
"""

import os
import sys
from pathlib import Path

import hydra
import yaml
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from src import runs
from src.config.command_line import with_whole_mappings
from src.config.composition import CONF, register_resolvers, resolved
from src.config.errors import raise_on_signals, report_errors
from src.runs import identity


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="train")
def train(cfg: DictConfig) -> float | None:
    """Train the composed run; returns its objective, so that any sweeper can work on it."""
    with report_errors():
        run = resolved(cfg, HydraConfig.get())
        folder = Path(HydraConfig.get().runtime.output_dir)
        if run.resume is not None:
            before = yaml.safe_load((folder / runs.CONFIG).read_text())
            identity.check_unchanged(before, run.model_dump(mode="json"))
            if (ended := runs.read_json(folder / runs.RESULTS)).get("stop_reason") in identity.ENDED:
                print(
                    f"{folder}: ended by {ended['stop_reason']} after epoch {ended['stopped_epoch']}; nothing is left to do."
                )
                return float(ended["objective"]["value"])
        from src.engines.single.engine import assist
        from src.engines.single.engine import train as train_one
        from src.engines.single.trainer import is_main_process

        if not is_main_process():
            assist(run, folder)
            return None
        return train_one(run, folder)["objective"]["value"]


def main() -> None:
    """Hydra's main, with errors told in one line."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra raises instead of printing: `report_errors` has the last word
    raise_on_signals()
    register_resolvers()
    with report_errors():
        sys.argv[1:] = with_whole_mappings(identity.arguments(sys.argv[1:]))
        train()


if __name__ == "__main__":
    main()
