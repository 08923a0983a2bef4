"""All claims but those set apart, one after another: `python -m experiments`, 20 min on 2 cores (`--quick`: do they work)."""

import importlib
import pkgutil
import sys
import time

import experiments
from src.claims.conduct import parsed, publish_claim
from src.config.errors import raise_on_signals, report_errors, show_warnings
from src.config.terminal import output


def main() -> None:
    """Test every claim, tell all verdicts at the end."""
    arguments = parsed(str(__doc__))
    raise_on_signals()
    started, verdicts = time.perf_counter(), {}
    with report_errors(), output(goes_on=True):
        show_warnings()
        for name in claims():
            module = importlib.import_module(f"experiments.{name}")
            if reason := getattr(module, "APART", None):
                print(f"{name}: left out, since it {reason}: python -m experiments.{name}")
            else:
                verdicts[name] = publish_claim(module, arguments)["verdict"]
        width = max(map(len, verdicts))
        print("\n".join(f"{name:{width}}  {verdict}" for name, verdict in verdicts.items()))
        print(f"{len(verdicts)} claims, {(time.perf_counter() - started) / 60:.1f} min")


def claims() -> list[str]:
    """The modules here that have `findings`."""
    names = [module.name for module in pkgutil.iter_modules(experiments.__path__) if module.name != "__main__"]
    return [name for name in names if hasattr(importlib.import_module(f"experiments.{name}"), "findings")]


if __name__ == "__main__":
    sys.exit(main())
