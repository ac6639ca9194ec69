"""Who may be asked, who may be voted for, and how many votes make a leader."""

from __future__ import annotations

from minisentinel.core.address import Address, same_address
from minisentinel.core.dice import Dice
from minisentinel.core.state import Master, Peer, State
from minisentinel.core.timing import DESYNC_MS, Timing

__all__ = ["ElectionRules"]


class ElectionRules:
    """Opinions, votes and tallies (spec: election)."""

    __slots__ = ()

    # Asking

    def is_stale(self, peer: Peer, now: int, timing: Timing) -> bool:
        """Whether what the peer last said about the master is forgotten (election §2, step 1).

        [ELE-2-2] [GEN-3-32]
        """
        return now - peer.last_master_down_reply_time > 5 * timing.ask_period

    def should_ask(
        self, master: Master, peer: Peer, forced: bool, now: int, timing: Timing
    ) -> bool:
        """Whether to send the peer a request now (election §2, steps 2 to 4).

        [ELE-2-3] to [ELE-2-5]
        """
        return (
            master.subjectively_down
            and not peer.link.disconnected
            and (forced or now - peer.last_master_down_reply_time >= timing.ask_period)
        )

    def is_meant(self, master: Master, address: Address) -> bool:
        """Whether a peer that asks about `address` asks about `master` (election §3). [ELE-3-5]"""
        return same_address(master.address, address)

    def says_down(self, state: State, master: Master) -> bool:
        """Whether a peer that asks is told that the master is down (election §3).

        It is what this Sentinel sees itself, and nothing is said in TILT. [ELE-3-1] [MON-8-8]
        """
        return master.subjectively_down and not state.tilt

    # Voting

    def is_unused_epoch(self, master: Master, epoch: int) -> bool:
        """Whether no vote for this or a later epoch was granted yet (election §5). [ELE-5-2]"""
        return master.leader_epoch < epoch

    def is_current_epoch(self, state: State, epoch: int) -> bool:
        """Whether the requested epoch is not behind our own (election §5). [ELE-5-3]"""
        return state.current_epoch <= epoch

    def must_save_vote(self) -> bool:
        """Whether a granted vote is made durable before it is answered (election §5). [ELE-5-5]"""
        return True

    def must_save_epoch(self) -> bool:
        """Whether a larger current epoch is made durable when it is adopted (config §5).

        [CFG-5-2] [CFG-5-3]
        """
        return True

    def epochs_after_reset(self, master: Master) -> tuple[int, int]:
        """What is left of the epochs of configuration and vote when a master is reset: both.

        Who forgot them could vote twice, or believe what is older (failover §6.3). [FAI-6.3-1]
        [ELE-5-7]
        """
        return master.config_epoch, master.leader_epoch

    def delays_own_attempt(self, state: State, candidate: str) -> bool:
        """Whether a vote for `candidate` keeps this Sentinel from trying itself (election §5).

        [ELE-5-8]
        """
        return candidate != state.myid

    def desync_ms(self, dice: Dice) -> int:
        """The random part of start times, 0..999 ms, that keeps candidates apart. [GEN-3-19]"""
        return dice.below(DESYNC_MS)

    # Counting

    def tally_epoch(self, state: State, master: Master) -> int:
        """The epoch whose votes are counted.

        It is the *current* epoch, not the failover's: a known peculiarity (election §6).
        [ELE-6-3] [ELE-6-8]
        """
        return state.current_epoch

    def counts_vote(self, peer: Peer, epoch: int) -> bool:
        """Whether what a peer has voted counts in `epoch` (election §6, step 2). [ELE-6-3]"""
        return peer.leader != "" and peer.leader_epoch == epoch

    def counts_own_vote(self, leader: str, leader_epoch: int, epoch: int) -> bool:
        """Whether the own vote counts in the attempt of `epoch` (election §6, step 4). [ELE-6-4]"""
        return leader != "" and leader_epoch == epoch

    def voters(self, master: Master) -> int:
        """How many may vote: all known Sentinels, dead or alive, and this one (election §6, 1).

        [ELE-6-2] [GOS-7-1]
        """
        return len(master.peers) + 1

    def majority(self, voters: int) -> int:
        """More than half of all known voters, dead or alive."""
        return voters // 2 + 1

    def votes_needed(self, voters: int, quorum: int) -> int:
        """Votes that make a leader: a majority of known voters, and the quorum (election §6).

        [ELE-6-6]
        """
        return max(self.majority(voters), quorum)

    def goes_ahead(self, state: State, master: Master, winner: str) -> bool:
        """Whether an attempt goes on to select a replica: elected, or forced (election §8).

        [ELE-8-1]
        """
        return winner == state.myid or master.force_failover

    # Starting

    def may_start(self, master: Master) -> bool:
        """Whether the master's condition calls for a failover attempt (election §7, 1 and 2).

        [ELE-7-1] [ELE-7-2]
        """
        return master.objectively_down and not master.failover_in_progress

    def retry_delay_is_over(self, master: Master, now: int) -> bool:
        """Whether the last attempt or vote is long enough ago (election §7, 3).

        [ELE-7-3] [ELE-8-5]
        """
        return now - master.failover_start_time >= 2 * master.failover_timeout
