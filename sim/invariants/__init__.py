"""What must be true of every run, and where the true protocol makes an exception.

An invariant is an object with a name, a statement and a monitor: it reads a trace once, says at
which entry it is broken and which earlier entries that contradicts, or that the trace lacks the
evidence. A peculiarity is a circumstance, recognised in the trace, in which the protocol as it is
specified breaks an invariant.

Reading order: `verdicts`, `invariant`; then the families (`elections`, ...), `catalogue`;
`peculiarities`; `judging` puts them together.
"""

from sim.invariants.agreement import NO_ACTING_IN_TILT, ODOWN_HAS_A_QUORUM
from sim.invariants.attempts import ATTEMPTS_ARE_SPACED, DESYNCHRONISED, FAILOVER_ONLY_FROM_ODOWN
from sim.invariants.ballots import ENOUGH_VOTES_ELECT, FREE_VOTES_ARE_GRANTED
from sim.invariants.calm import CALM_WITHOUT_FAULTS
from sim.invariants.catalogue import INVARIANTS, SAFETY, find_invariant
from sim.invariants.configurations import (
    NO_OLDER_CONFIGURATION,
    ONE_ADDRESS_PER_CONFIG_EPOCH,
    SAVED_BEFORE_SENT,
)
from sim.invariants.data import LOSSES_ARE_EXPLAINED, WAITED_WRITES_SURVIVE
from sim.invariants.elections import (
    EPOCHS_NEVER_GO_BACK,
    LEADER_HAS_THE_VOTES,
    ONE_LEADER_PER_EPOCH,
    ONE_VOTE_PER_EPOCH,
)
from sim.invariants.endings import FAILOVER_ENDS_OR_IS_EXPLAINED
from sim.invariants.failovers import (
    MINORITY_NEVER_PROMOTES,
    PROMOTION_ONLY_BY_A_LEADER,
    SWITCH_AFTER_PROMOTION,
)
from sim.invariants.invariant import Invariant, Kind, Watch, WholeTrace
from sim.invariants.judging import Judgement, broken_invariants, first_violation, judge_all
from sim.invariants.liveness import (
    CLIENTS_WRITE_AT_THE_END,
    OLD_MASTER_IS_DEMOTED,
    ONE_MASTER_AT_THE_END,
    REPLICAS_FOLLOW_AT_THE_END,
)
from sim.invariants.noticing import PROMOTION_IS_NOTICED
from sim.invariants.patience import NOBODY_GIVES_UP_EARLY, STUCK_REPLICAS_ARE_PASSED_OVER
from sim.invariants.peculiarities import PECULIARITIES, Peculiarity, find_peculiarity
from sim.invariants.progress import AGREEMENT_IS_REACHED, ATTEMPTS_BEGIN
from sim.invariants.replacement import DEAD_MASTER_IS_REPLACED
from sim.invariants.replicas import PARALLEL_SYNCS_KEPT, PROMOTED_IS_THE_RIGHT_REPLICA
from sim.invariants.silence import SILENCE_IS_NOTICED
from sim.invariants.strays import STRAYS_ARE_DEMOTED
from sim.invariants.verdicts import Truth, Verdict, Violation, holds, is_broken, is_unknown
from sim.invariants.windows import FOLLOWERS_KEEP_UP, GUARD_STOPS_WRITES

__all__ = [
    "AGREEMENT_IS_REACHED",
    "ATTEMPTS_ARE_SPACED",
    "ATTEMPTS_BEGIN",
    "CALM_WITHOUT_FAULTS",
    "CLIENTS_WRITE_AT_THE_END",
    "DEAD_MASTER_IS_REPLACED",
    "DESYNCHRONISED",
    "ENOUGH_VOTES_ELECT",
    "EPOCHS_NEVER_GO_BACK",
    "FAILOVER_ENDS_OR_IS_EXPLAINED",
    "FAILOVER_ONLY_FROM_ODOWN",
    "FOLLOWERS_KEEP_UP",
    "FREE_VOTES_ARE_GRANTED",
    "GUARD_STOPS_WRITES",
    "INVARIANTS",
    "LEADER_HAS_THE_VOTES",
    "LOSSES_ARE_EXPLAINED",
    "MINORITY_NEVER_PROMOTES",
    "NOBODY_GIVES_UP_EARLY",
    "NO_ACTING_IN_TILT",
    "NO_OLDER_CONFIGURATION",
    "ODOWN_HAS_A_QUORUM",
    "OLD_MASTER_IS_DEMOTED",
    "ONE_ADDRESS_PER_CONFIG_EPOCH",
    "ONE_LEADER_PER_EPOCH",
    "ONE_MASTER_AT_THE_END",
    "ONE_VOTE_PER_EPOCH",
    "PARALLEL_SYNCS_KEPT",
    "PECULIARITIES",
    "PROMOTED_IS_THE_RIGHT_REPLICA",
    "PROMOTION_IS_NOTICED",
    "PROMOTION_ONLY_BY_A_LEADER",
    "REPLICAS_FOLLOW_AT_THE_END",
    "SAFETY",
    "SAVED_BEFORE_SENT",
    "SILENCE_IS_NOTICED",
    "STRAYS_ARE_DEMOTED",
    "STUCK_REPLICAS_ARE_PASSED_OVER",
    "SWITCH_AFTER_PROMOTION",
    "WAITED_WRITES_SURVIVE",
    "Invariant",
    "Judgement",
    "Kind",
    "Peculiarity",
    "Truth",
    "Verdict",
    "Violation",
    "Watch",
    "WholeTrace",
    "broken_invariants",
    "find_invariant",
    "find_peculiarity",
    "first_violation",
    "holds",
    "is_broken",
    "is_unknown",
    "judge_all",
]
