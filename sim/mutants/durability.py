"""Planted bugs in what is written down, and when."""

from __future__ import annotations

import datetime

from minisentinel.core import MODERN, Facts, Profile, Sentinel, State
from minisentinel.core.address import ConnectError, never_fails_at_once
from minisentinel.core.context import Context
from minisentinel.core.effects import Effect
from minisentinel.core.rules import ElectionRules, FailoverRules
from minisentinel.core.state import Master
from sim.mutants.mutant import Mutant
from sim.sentinels.machine import MachineProfile

__all__ = ["DURABILITY", "LateContext", "SavesLater"]


class VoteNotSaved(ElectionRules):
    """A vote is answered, but not written down."""

    __slots__ = ()

    def must_save_vote(self) -> bool:
        """Never."""
        return False


class EpochNotSaved(ElectionRules):
    """A later epoch is adopted, but not written down."""

    __slots__ = ()

    def must_save_epoch(self) -> bool:
        """Never."""
        return False


class PromotionNotSaved(FailoverRules):
    """A new master is told of, but not written down."""

    __slots__ = ()

    def must_save_promotion(self) -> bool:
        """Never."""
        return False


class ResetForgetsEpochs(ElectionRules):
    """A master that is reset is as good as new."""

    __slots__ = ()

    def epochs_after_reset(self, master: Master) -> tuple[int, int]:
        """As at the first start."""
        return 0, 0


class LateContext(Context):
    """A context that puts off what is to be saved."""

    __slots__ = ("owes_a_save",)

    owes_a_save: bool

    def save(self) -> None:
        """Remember that there is something to be written."""
        self.state.quiet_until = 0
        self.owes_a_save = True

    def catch_up(self) -> None:
        """Write it."""
        if self.owes_a_save:
            self.owes_a_save = False
            super().save()


class SavesLater(Sentinel):
    """A Sentinel that writes its file at the next tick, when the answers have long been sent."""

    context: LateContext

    def __init__(
        self,
        state: State,
        *,
        facts: Facts,
        profile: Profile = MODERN,
        tracing: bool = False,
        zone: datetime.tzinfo | None = datetime.UTC,
        connect_error: ConnectError = never_fails_at_once,
    ) -> None:
        self.context = LateContext(state, profile, facts, tracing, zone, connect_error)
        self.context.owes_a_save = False

    def tick(self, now_ms: int) -> list[Effect]:
        """First what is owed, then a tick."""
        owes, self.context.owes_a_save = self.context.owes_a_save, False
        out = super().tick(now_ms)
        if owes:
            self.context.owes_a_save = True
            self.context.catch_up()
        return out


DURABILITY = (
    Mutant(
        Profile("vote-not-saved", election=VoteNotSaved()),
        "A vote is answered without being written to the configuration file first.",
        "A vote is a promise, and a promise must survive a crash: a Sentinel that forgets its "
        "vote gives it again, to somebody else.",
        "one-vote-per-epoch",
        "election",
        "The Sentinel of Redis 2.6.13 wrote nothing down at all (sentinel-2.6 §14).",
    ),
    Mutant(
        MachineProfile("saved-after-sent", sentinel=SavesLater),
        "The configuration file is written at the next tick, after the answers were sent.",
        "Between the promise and the note of it there is always time for a crash. First write, "
        "then speak.",
        "saved-before-sent",
    ),
    Mutant(
        Profile("epoch-not-saved", election=EpochNotSaved()),
        "A later epoch that somebody else tells of is adopted, but not written down.",
        "Who returns from a crash in an earlier epoch opens the next one a second time.",
        "epochs-never-go-back",
        "amnesia",
    ),
    Mutant(
        Profile("promotion-not-saved", failover=PromotionNotSaved()),
        "The leader tells everybody of the new master before it has written it down.",
        "A leader that crashes now comes back with the old address. If it is the only Sentinel, "
        "nobody corrects it, and it turns the new master back into a replica.",
        "saved-before-sent",
    ),
    Mutant(
        Profile("reset-forgets-epochs", election=ResetForgetsEpochs()),
        "SENTINEL RESET, and every switch to another address, forget the epochs of the master.",
        "A reset forgets what can be learnt again. A promise cannot: who has forgotten its vote "
        "gives it twice, and who has forgotten how new its configuration is believes an older one.",
        "no-older-configuration",
        "sleeper",
    ),
)
"""The mutants of durability, the simplest first."""
