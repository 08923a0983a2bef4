"""`hydra/sweeper=optuna` is ours, also where Hydra's own sweeper for Optuna, which takes an Optuna before 3.0, is installed."""

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.config_store import ConfigStore
from hydra.plugins.search_path_plugin import SearchPathPlugin

GROUP = "sweeper"


class OwnNames(SearchPathPlugin):
    """Takes from Hydra's store what that plugin has put there: Hydra would check our files of the same names by it.

    Hydra calls this once it has imported all plugins, in whatever order.
    """

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        stored = ConfigStore.instance().repo.get("hydra", {}).get(GROUP, {})
        stored.pop("optuna.yaml", None)
        stored.pop("sampler", None)
