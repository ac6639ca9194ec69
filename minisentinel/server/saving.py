"""What one step saves many times is written once, and earlier.

A Sentinel that finds a thousand replicas in one reply asks for a thousand saves, and only the last
one counts when the step is over. So the first of them already writes what the last one would: the
step has been taken, its outcome is known. Everything that follows a save is then on disk before it
can leave, as it must be; and each save is still reported where it was asked for.

Differs: a real Sentinel writes the file for every replica.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from minisentinel.core.effects import Effect, Exit, KillScript, RunScript, Save
from minisentinel.core.saved import SavedConfiguration
from minisentinel.server.disk import ConfigurationFile

__all__ = ["Saver"]


class Saver:
    """Saves into `file`; told of the effects of each step before they are carried out."""

    def __init__(self, file: ConfigurationFile) -> None:
        self._file = file
        self._newest: deque[SavedConfiguration] = deque()
        self._written: SavedConfiguration | None = None
        self._error = ""

    def foresee(self, effects: Sequence[Effect]) -> None:
        """Note for every save of a step what will have replaced it, up to where others can see it.

        Scripts can, and an end of the process comes before the saves that follow it.
        """
        if not any(isinstance(effect, Save) for effect in effects):
            return  # They may be about a save that is under way.
        self._newest.clear()
        self._written = None
        newest: SavedConfiguration | None = None
        for effect in reversed(effects):
            if isinstance(effect, Save):
                newest = newest or effect.configuration
                self._newest.appendleft(newest)
            elif isinstance(effect, RunScript | KillScript | Exit):
                newest = None

    def save(self, configuration: SavedConfiguration) -> str:
        """Make `configuration` durable, or what will have replaced it; why not, if that fails."""
        newest = self._newest.popleft() if self._newest else configuration
        if newest is not self._written:
            self._error = self._file.save(newest)
            self._written = newest
        return self._error
