"""What an experiment states before it is run, read from the head of its file."""

import inspect
import re
from dataclasses import dataclass
from types import ModuleType
from typing import Self


@dataclass(frozen=True)
class Claim:
    """`text` of the claim, the `command` that tests it, its `cost`, and what is `expected` of it."""

    name: str
    text: str
    command: str
    cost: str
    expected: str

    @classmethod
    def of(cls, module: ModuleType) -> Self:
        """From the docstring of an experiment: paragraphs `Claim: …`, `Command: … <two spaces or more> cost`, `Expected: …`.

        ValueError naming the paragraph that is missing.
        """
        doc, name = inspect.getdoc(module) or "", module.__spec__.name if module.__spec__ else module.__name__
        found = {}
        for key in ("Claim", "Command", "Expected"):
            match = re.search(rf"^{key}: (.*?)(?=\n\n|\n[A-Z]\w+: |\Z)", doc, re.DOTALL | re.MULTILINE)
            if match is None:
                raise ValueError(f"{name}: the file must begin with a docstring that has '{key}: …', but got none.")
            found[key] = match[1]
        command, _, cost = re.sub(r" {2,}", "\t", found["Command"]).partition("\t")
        text, expected = (" ".join(found[key].split()) for key in ("Claim", "Expected"))
        return cls(name.rpartition(".")[2], text, command.strip(), cost.strip(), expected)
