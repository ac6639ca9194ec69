"""Facts that a configuration asks for, made up."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["FakeFacts"]


@dataclass
class FakeFacts:
    """Names that resolve, and paths that can be executed."""

    names: dict[str, str] = field(default_factory=dict)
    executable: tuple[str, ...] = ()

    def resolve(self, name: str) -> str | None:
        return self.names.get(name)

    def is_executable(self, path: str) -> bool:
        return path in self.executable
