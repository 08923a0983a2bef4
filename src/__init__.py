"""Perceptron Lab: experiments with perceptrons and multilayer perceptrons."""

import sys
from pathlib import Path

# Hydra finds launchers and sweepers only in a package that is called hydra_plugins.
PLUGINS = str(Path(__file__).parent / "plugins")
sys.path.append(PLUGINS)
