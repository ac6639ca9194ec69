"""Every invariant, by family."""

from __future__ import annotations

from sim.invariants.agreement import NO_ACTING_IN_TILT, ODOWN_HAS_A_QUORUM
from sim.invariants.attempts import ATTEMPTS_ARE_SPACED, DESYNCHRONISED, FAILOVER_ONLY_FROM_ODOWN
from sim.invariants.ballots import ENOUGH_VOTES_ELECT, FREE_VOTES_ARE_GRANTED
from sim.invariants.calm import CALM_WITHOUT_FAULTS
from sim.invariants.configurations import (
    NO_OLDER_CONFIGURATION,
    ONE_ADDRESS_PER_CONFIG_EPOCH,
    SAVED_BEFORE_SENT,
)
from sim.invariants.corrections import (
    CORRECTIONS_ARE_PATIENT,
    CORRECTIONS_FOLLOW_A_SANE_MASTER,
    PROMOTION_IS_KEPT,
)
from sim.invariants.data import LOSSES_ARE_EXPLAINED, WAITED_WRITES_SURVIVE
from sim.invariants.elections import (
    EPOCHS_NEVER_GO_BACK,
    LEADER_HAS_THE_VOTES,
    ONE_LEADER_PER_EPOCH,
    ONE_VOTE_PER_EPOCH,
)
from sim.invariants.endings import FAILOVER_ENDS_OR_IS_EXPLAINED
from sim.invariants.epochs import (
    ALL_KNOWN_ARE_VOTERS,
    EPOCHS_SPREAD,
    ONLY_NEWS_IS_ADOPTED,
    OWN_VOTE_COUNTS,
)
from sim.invariants.failovers import (
    MINORITY_NEVER_PROMOTES,
    PROMOTION_ONLY_BY_A_LEADER,
    SWITCH_AFTER_PROMOTION,
)
from sim.invariants.invariant import Invariant, Kind
from sim.invariants.liveness import (
    CLIENTS_WRITE_AT_THE_END,
    OLD_MASTER_IS_DEMOTED,
    ONE_MASTER_AT_THE_END,
    REPLICAS_FOLLOW_AT_THE_END,
)
from sim.invariants.noticing import PROMOTION_IS_NOTICED
from sim.invariants.patience import NOBODY_GIVES_UP_EARLY, STUCK_REPLICAS_ARE_PASSED_OVER
from sim.invariants.progress import AGREEMENT_IS_REACHED, ATTEMPTS_BEGIN
from sim.invariants.reconfigurations import NO_REPLICA_LEFT_BEHIND, RECONFIGURED_MEANS_FOLLOWING
from sim.invariants.replacement import DEAD_MASTER_IS_REPLACED
from sim.invariants.replicas import PARALLEL_SYNCS_KEPT, PROMOTED_IS_THE_RIGHT_REPLICA
from sim.invariants.silence import SILENCE_IS_NOTICED
from sim.invariants.strays import STRAYS_ARE_DEMOTED
from sim.invariants.views import (
    LIFE_IS_NOTICED,
    NOBODY_IS_ITS_OWN_PEER,
    OPINIONS_ARE_ONES_OWN,
    TILT_LASTS,
)
from sim.invariants.windows import FOLLOWERS_KEEP_UP, GUARD_STOPS_WRITES

__all__ = ["INVARIANTS", "SAFETY", "find_invariant"]

INVARIANTS: tuple[Invariant, ...] = (
    ONE_LEADER_PER_EPOCH,
    LEADER_HAS_THE_VOTES,
    ONE_VOTE_PER_EPOCH,
    FREE_VOTES_ARE_GRANTED,
    ENOUGH_VOTES_ELECT,
    OWN_VOTE_COUNTS,
    ALL_KNOWN_ARE_VOTERS,
    EPOCHS_NEVER_GO_BACK,
    ONE_ADDRESS_PER_CONFIG_EPOCH,
    NO_OLDER_CONFIGURATION,
    ONLY_NEWS_IS_ADOPTED,
    SAVED_BEFORE_SENT,
    NOBODY_IS_ITS_OWN_PEER,
    OPINIONS_ARE_ONES_OWN,
    ODOWN_HAS_A_QUORUM,
    AGREEMENT_IS_REACHED,
    NO_ACTING_IN_TILT,
    TILT_LASTS,
    SILENCE_IS_NOTICED,
    LIFE_IS_NOTICED,
    FAILOVER_ONLY_FROM_ODOWN,
    DEAD_MASTER_IS_REPLACED,
    ATTEMPTS_BEGIN,
    ATTEMPTS_ARE_SPACED,
    NOBODY_GIVES_UP_EARLY,
    DESYNCHRONISED,
    PROMOTION_ONLY_BY_A_LEADER,
    MINORITY_NEVER_PROMOTES,
    SWITCH_AFTER_PROMOTION,
    PROMOTED_IS_THE_RIGHT_REPLICA,
    PROMOTION_IS_NOTICED,
    PROMOTION_IS_KEPT,
    PARALLEL_SYNCS_KEPT,
    STUCK_REPLICAS_ARE_PASSED_OVER,
    RECONFIGURED_MEANS_FOLLOWING,
    NO_REPLICA_LEFT_BEHIND,
    CORRECTIONS_ARE_PATIENT,
    CORRECTIONS_FOLLOW_A_SANE_MASTER,
    LOSSES_ARE_EXPLAINED,
    FOLLOWERS_KEEP_UP,
    GUARD_STOPS_WRITES,
    STRAYS_ARE_DEMOTED,
    WAITED_WRITES_SURVIVE,
    FAILOVER_ENDS_OR_IS_EXPLAINED,
    EPOCHS_SPREAD,
    ONE_MASTER_AT_THE_END,
    OLD_MASTER_IS_DEMOTED,
    REPLICAS_FOLLOW_AT_THE_END,
    CLIENTS_WRITE_AT_THE_END,
    CALM_WITHOUT_FAULTS,
)
"""All of them, in the order in which a failover needs them."""

SAFETY: tuple[Invariant, ...] = tuple(each for each in INVARIANTS if each.kind is Kind.SAFETY)
"""Those that must hold at every moment, so of a run that is still under faults too."""

_BY_NAME = {each.name: each for each in INVARIANTS}


def find_invariant(name: str) -> Invariant:
    """The invariant of that name; raises ValueError, which names those that there are."""
    found = _BY_NAME.get(name)
    if found is None:
        known = ", ".join(_BY_NAME)
        raise ValueError(f"no invariant is called {name!r}; expected one of: {known}")
    return found
