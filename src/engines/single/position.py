"""Where a process stands among those of its run, for Lightning."""

from lightning_fabric.plugins.environments.lightning import LightningEnvironment, find_free_network_port


class Position(LightningEnvironment):
    """Process `local_rank` of the `num_local` on node `node_rank`, whatever schedulers and launchers left in the environment.

    They meet at `address` and `port`; without a port at one that is free.
    """

    def __init__(
        self,
        local_rank: int = 0,
        num_local: int = 1,
        node_rank: int = 0,
        address: str = "127.0.0.1",
        port: int | None = None,
    ) -> None:
        super().__init__()
        self._local, self._node, self._address = local_rank, node_rank, address
        self._port = find_free_network_port() if port is None else port
        self.set_global_rank(
            node_rank * num_local + local_rank
        )  # Lightning took it from the environment as it was imported

    @property
    def creates_processes_externally(self) -> bool:
        return True  # those that there are have been started

    @property
    def main_address(self) -> str:
        return self._address

    @property
    def main_port(self) -> int:
        return self._port

    def local_rank(self) -> int:
        return self._local

    def node_rank(self) -> int:
        return self._node

    def teardown(self) -> None:
        pass  # what others left is theirs
