"""Lightning's environment of a run that is one process."""

from lightning_fabric.plugins.environments.lightning import LightningEnvironment, find_free_network_port


class Alone(LightningEnvironment):
    """The only process of its run, whatever a scheduler or a launcher has left in the environment."""

    def __init__(self) -> None:
        super().__init__()
        self.set_global_rank(0)  # Lightning took it from the environment as it was imported
        self.port = find_free_network_port()

    @property
    def creates_processes_externally(self) -> bool:
        return True  # there is none to create

    @property
    def main_address(self) -> str:
        return "127.0.0.1"

    @property
    def main_port(self) -> int:
        return self.port

    def local_rank(self) -> int:
        return 0

    def node_rank(self) -> int:
        return 0

    def teardown(self) -> None:
        pass  # what others left is theirs
