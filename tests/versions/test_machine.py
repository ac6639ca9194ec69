"""What a Sentinel of 2013 does, step by step (spec: sentinel-2.6)."""

from __future__ import annotations

import pytest

from minisentinel.core.state import FailoverState
from minisentinel.replies import Error, Reply
from sim.versions.redis_2_6.leader import objective_leader, subjective_leader
from sim.versions.redis_2_6.selection import has_candidate
from tests.versions.bench import OldBench, info, runid

M, A, B = "10.0.0.1:6379", "10.0.0.2:6379", "10.0.0.3:6379"
S2, S3 = "10.0.1.2:26379", "10.0.1.3:26379"


@pytest.fixture
def group(bench: OldBench) -> OldBench:
    """A master with two replicas, watched by this Sentinel and two others with larger run ids."""
    bench.infos[M] = info(run="a", replicas=(A, B))
    bench.infos[A] = info("slave", run="c", follows=M)
    bench.infos[B] = info("slave", run="b", follows=M)
    bench.sentinel.state.myid = runid("1")
    bench.run(1)
    bench.meet(S2, "2")
    bench.meet(S3, "3")
    bench.run(2)
    return bench


def lose_master(bench: OldBench, vote: str = "1") -> None:
    """The master is silent, and both peers agree, with a vote."""
    bench.silent.add(M)
    for peer in (S2, S3):
        bench.asked[peer] = (1, runid(vote))


# --- what is sent ---


def test_every_start_draws_a_new_run_id() -> None:
    """[OLD-3-1]"""
    assert OldBench(seed=1).sentinel.state.myid != OldBench(seed=2).sentinel.state.myid


def test_the_first_thing_that_is_sent_is_info_and_one_thing_goes_out_at_a_tick(
    bench: OldBench,
) -> None:
    """[OLD-4-1] to [OLD-4-3]"""
    sent = []
    for _ in range(12):
        bench.sent.clear()
        bench.tick()
        sent.append([words for words in bench.commands_to(M) if not words.startswith("SUB")])
    assert sent[0] == ["INFO"]
    assert all(len(each) <= 1 for each in sent)
    assert ["PING"] in sent


def test_an_unanswered_info_is_repeated_every_tick_and_starves_ping_and_hello(
    bench: OldBench,
) -> None:
    """[OLD-4-1] [OLD-4-2]"""
    bench.silent.add(M)
    bench.run(6)
    assert set(bench.commands_to(M)) == {"INFO", "SUBSCRIBE __sentinel__:hello"}
    assert bench.commands_to(M).count("INFO") == 60


def test_nobody_is_told_our_name(group: OldBench) -> None:
    """[OLD-3-6]"""
    assert not any("SETNAME" in text for _, words in group.sent for text in words)


def test_a_hello_says_who_we_are_and_nothing_of_the_master(group: OldBench) -> None:
    """[OLD-5-1] [OLD-4-3]"""
    group.run(5)
    hello = f"PUBLISH __sentinel__:hello 10.0.1.1:26379:{runid('1')}:1"
    assert hello in group.commands_to(M)
    for other in (A, B, S2, S3):
        assert not any(text.startswith("PUBLISH") for text in group.commands_to(other))


def test_replicas_get_no_subscription(group: OldBench) -> None:
    """[OLD-3-5]"""
    assert "SUBSCRIBE __sentinel__:hello" not in group.commands_to(A)
    assert "SUBSCRIBE __sentinel__:hello" in group.commands_to(M)


# --- who is there ---


def test_a_sentinel_is_named_by_its_address(group: OldBench) -> None:
    """[OLD-3-2]"""
    assert ("+sentinel", f"sentinel {S2} 10.0.1.2 26379 @ mymaster 10.0.0.1 6379") in group.events


def test_a_sentinel_that_moved_or_restarted_replaces_its_former_self(group: OldBench) -> None:
    """[OLD-5-2]"""
    group.meet(S2, "9")
    text = f"master mymaster 10.0.0.1 6379 #duplicate of {S2} or {runid('9')}"
    assert ("-dup-sentinel", text) in group.events
    group.asked["10.0.1.9:26379"] = (0, "?")
    group.meet("10.0.1.9:26379", "9")
    assert sorted(group.master.peers) == [S3, "10.0.1.9:26379"]


@pytest.mark.parametrize("text", ["10.0.1.8:26379:abc", "a,b,c,d", "10.0.1.8:26379:x:1:y"])
def test_a_hello_of_another_shape_is_nothing(group: OldBench, text: str) -> None:
    """[OLD-5-2]"""
    group.hear(text)
    assert len(group.master.peers) == 2


def test_both_forms_of_a_replica_line_are_understood(bench: OldBench) -> None:
    """[OLD-4-4]"""
    bench.infos[A] = info("slave", run="b", follows=M)
    bench.infos[M] = info(extra=("slave0:ip=10.0.0.2,port=6379,state=online,offset=1,lag=0",))
    bench.run(1)
    assert list(bench.master.replicas) == [A]


# --- agreement and leader ---


def test_asking_begins_a_tick_after_sdown_and_odown_another_tick_later(group: OldBench) -> None:
    """[OLD-4-4] [OLD-7-1] [OLD-7-5]"""
    lose_master(group)
    group.run(3)
    group.sent.clear()
    while "+sdown" not in group.names():
        group.tick()
    question = "SENTINEL is-master-down-by-addr 10.0.0.1 6379"
    assert question not in group.commands_to(S2)
    group.tick()
    assert question in group.commands_to(S2)
    assert "+odown" not in group.names()
    group.tick()
    assert "+odown" in group.names()


def test_an_answer_has_an_opinion_and_always_a_vote(group: OldBench) -> None:
    """[OLD-7-3]"""
    question = ("SENTINEL", "is-master-down-by-addr", "10.0.0.1", "6379")
    assert group.command(*question) == (0, runid("1"))
    lose_master(group)
    group.run(7)
    assert group.command(*question) == (1, runid("1"))
    group.sentinel.state.tilt = True
    assert group.command(*question) == (0, runid("1"))
    assert group.command("SENTINEL", "is-master-down-by-addr", "10.9.9.9", "1") == (0, "?")


def test_the_subjective_leader_is_the_smallest_live_permitted_run_id(group: OldBench) -> None:
    """[OLD-8-1]"""
    context, master = group.sentinel.context, group.master
    group.step_time()
    assert subjective_leader(context, master) == runid("1")
    context.memory.can_failover = False
    assert subjective_leader(context, master) == runid("2")
    group.peer(S2).link.disconnected = True
    assert subjective_leader(context, master) == runid("3")
    group.meet(S3, "3", may_lead=False)
    assert subjective_leader(context, master) == ""


def test_the_majority_is_of_those_who_answered_and_the_quorum_the_only_floor(
    group: OldBench,
) -> None:
    """[OLD-8-2]"""
    context, master = group.sentinel.context, group.master
    group.step_time()
    for number in range(4, 9):
        group.meet(f"10.0.1.{number}:26379", str(number))
    group.peer(S2).leader, group.peer(S2).master_down = runid("1"), True
    assert objective_leader(context, master) == runid("1"), "2 of 8 Sentinels, quorum 2"
    master.quorum = 3
    assert objective_leader(context, master) == ""


def test_votes_count_only_from_who_sees_the_master_down_or_during_a_failover(
    group: OldBench,
) -> None:
    """[OLD-8-2]"""
    context, master, peer = group.sentinel.context, group.master, group.peer(S2)
    group.step_time()
    peer.leader, peer.master_down = runid("1"), False
    assert objective_leader(context, master) == ""
    master.failover_in_progress = True
    assert objective_leader(context, master) == runid("1")


def test_a_vote_for_nobody_is_a_vote(group: OldBench) -> None:
    """[OLD-7-4] [OLD-8-2]"""
    context, master = group.sentinel.context, group.master
    group.step_time()
    master.failover_in_progress = True
    group.peer(S2).leader = runid("1")
    assert objective_leader(context, master) == runid("1")
    for peer in (S2, S3):
        group.peer(peer).leader = "?"
    assert objective_leader(context, master) == "?"


# --- the failover of the leader ---


def promote(group: OldBench) -> str:
    """Let a failover run until its replica was told; the address of that replica."""

    def obey(address: str, words: tuple[str, ...]) -> None:
        if words == ("SLAVEOF", "NO", "ONE"):
            group.infos[address] = info("master", run=group.infos[address][7])
        elif words[0] == "SLAVEOF":
            follows = f"{words[1]}:{words[2]}"
            group.infos[address] = info("slave", run=group.infos[address][7], follows=follows)

    group.on_command = obey
    lose_master(group)
    group.run(30)
    return next(to for to, words in group.sent if words == ("SLAVEOF", "NO", "ONE"))


def test_the_leader_waits_and_promotes_the_smallest_run_id_by_bare_commands(
    group: OldBench,
) -> None:
    """[OLD-9-3] [OLD-9-4] [OLD-10-1] [OLD-11-1] [OLD-11-5]"""
    assert promote(group) == B
    assert "MULTI" not in {words[0] for _, words in group.sent}
    names = [name for name in group.names() if name not in ("+slave", "+sentinel")]
    assert names[:11] == [
        "+sdown",
        "+odown",
        "+failover-triggered",
        "+failover-state-wait-start",
        "+failover-state-select-slave",
        "+selected-slave",
        "+failover-state-send-slaveof-noone",
        "+failover-state-wait-promotion",
        "+promoted-slave",
        "+failover-state-reconf-slaves",
        "+slave-reconf-sent",
    ]
    told = next(text for name, text in group.events if name == "+failover-state-wait-start")
    delay_ms = int(told.split()[-2])
    assert 5000 <= delay_ms < 15_000


def test_after_the_switch_peers_are_forgotten_and_the_old_master_is_awaited(
    group: OldBench,
) -> None:
    """[OLD-13-1] [OLD-13-2] [OLD-11-7]"""
    promote(group)
    text = "mymaster 10.0.0.1 6379 10.0.0.3 6379"
    assert ("+switch-master", text) in group.events
    assert group.master.address.ip == "10.0.0.3"
    assert not group.master.peers
    assert group.sentinel.context.is_to_be_demoted(group.replica(M))
    assert group.command("SENTINEL", "get-master-addr-by-name", "mymaster") == ("10.0.0.3", "6379")


def test_a_returning_old_master_is_demoted_at_its_first_info(group: OldBench) -> None:
    """[OLD-12-2] [OLD-12-6]"""
    promote(group)
    group.sent.clear()
    group.silent.clear()
    group.run(1)
    assert "SLAVEOF 10.0.0.3 6379" in group.commands_to(M)
    assert "+demote-old-slave" in group.names()
    group.run(12)
    assert not group.sentinel.context.is_to_be_demoted(group.replica(M))


def test_a_master_that_comes_back_during_the_wait_ends_the_attempt(group: OldBench) -> None:
    """[OLD-9-5]"""
    lose_master(group)
    while "+failover-triggered" not in group.names():
        group.tick()
    group.silent.clear()
    group.run(2)
    assert "-failover-abort-master-is-back" in group.names()
    assert group.master.failover_state is FailoverState.NONE
    assert not group.sentinel.context.leads(group.master)


def test_nobody_leads_who_is_not_named_by_enough(group: OldBench) -> None:
    """[OLD-8-2]"""
    lose_master(group, vote="2")
    group.run(30)
    assert "+odown" in group.names()
    assert "+failover-triggered" not in group.names()


def test_who_has_no_permission_never_leads() -> None:
    """[OLD-3-3] [OLD-8-1]"""
    bench = OldBench(may_lead=False)
    bench.infos[M] = info(replicas=(A,))
    bench.infos[A] = info("slave", run="c", follows=M)
    bench.run(1)
    bench.meet(S2, "2")
    bench.run(1)
    bench.silent.add(M)
    bench.asked[S2] = (1, bench.sentinel.state.myid)
    bench.run(20)
    assert "+odown" in bench.names()
    assert "+failover-triggered" not in bench.names()


def test_a_replica_that_does_not_obey_is_given_up_for_another_try(group: OldBench) -> None:
    """[OLD-11-4]"""
    lose_master(group)
    group.run(60)
    assert "-promotion-timeout" in group.names()
    assert group.names().count("+selected-slave") == 2


def test_an_old_master_that_is_awaited_as_a_replica_is_never_promoted(group: OldBench) -> None:
    """[OLD-10-1]"""
    group.infos[promote(group)] = info("master", run="b", replicas=(A,))
    group.run(12)
    context, master = group.sentinel.context, group.master
    assert has_candidate(context, master)
    for replica in master.replicas.values():
        context.memory.demote[replica.serial] = None
    assert not has_candidate(context, master)


def test_a_replica_that_does_not_follow_is_told_again_after_ten_seconds(group: OldBench) -> None:
    """[OLD-11-6] [OLD-2-6]"""

    def obey(address: str, words: tuple[str, ...]) -> None:
        if words == ("SLAVEOF", "NO", "ONE"):
            group.infos[address] = info("master", run="b")

    group.on_command = obey
    lose_master(group)
    while "+slave-reconf-sent" not in group.names():
        group.tick()
    group.run(10)
    assert "-slave-reconf-sent-timeout" not in group.names()
    group.run(1)
    assert "-slave-reconf-sent-timeout" in group.names()
    assert group.commands_to(A).count("SLAVEOF 10.0.0.3 6379") == 2


def test_a_leader_that_began_is_not_questioned_again(group: OldBench) -> None:
    """[OLD-9-1] [OLD-3-4]"""
    lose_master(group)
    while "+failover-triggered" not in group.names():
        group.tick()
    lose_master(group, vote="2")
    group.run(20)
    assert "+selected-slave" in group.names()


def test_without_a_candidate_at_the_end_of_the_wait_the_attempt_is_given_up(
    group: OldBench,
) -> None:
    """[OLD-11-2]"""
    lose_master(group)
    while "+failover-triggered" not in group.names():
        group.tick()
    group.silent |= {A, B}
    group.run(16)
    assert "-failover-abort-no-good-slave" in group.names()
    assert group.names().count("+failover-triggered") == 1, "nobody is eligible, so none begins"


# --- observers, redirect, restart ---


def test_a_replica_that_became_master_makes_an_observer_and_clients_are_told_at_once(
    group: OldBench,
) -> None:
    """[OLD-12-5] [OLD-11-10] [OLD-11-7]"""
    lose_master(group, vote="2")
    group.run(8)
    group.infos[A] = info("master", run="c")
    while "+failover-detected" not in group.names():
        group.tick()
    assert group.sentinel.context.observes(group.master)
    assert group.command("SENTINEL", "get-master-addr-by-name", "mymaster") == ("10.0.0.2", "6379")
    assert not [text for text in group.commands_to(B) if text.startswith("SLAVEOF")]
    group.infos[B] = info("slave", run="b", follows=A)
    group.run(3)
    assert "+slave-reconf-done" in group.names()
    assert "+switch-master" in group.names()


def test_an_own_attempt_that_still_waits_gives_way_to_another_leaders(group: OldBench) -> None:
    """[OLD-12-5]"""
    lose_master(group)
    while "+failover-triggered" not in group.names():
        group.tick()
    group.infos[A] = info("master", run="c")
    group.run(2)
    names = group.names()
    assert names.index("-failover-abort-race") < names.index("+failover-detected")
    assert not group.sentinel.context.leads(group.master)


def test_an_observer_that_is_the_leader_takes_over_after_a_quarter_of_the_timeout(
    group: OldBench,
) -> None:
    """[OLD-9-2]"""
    lose_master(group, vote="2")
    group.run(8)
    group.infos[A] = info("master", run="c")
    group.run(2)
    for peer in (S2, S3):
        group.asked[peer] = (1, runid("1"))
    group.run(210)
    assert "+failover-takedown" not in group.names()
    group.run(20)
    assert "+failover-takedown" in group.names()
    assert "SLAVEOF 10.0.0.2 6379" in group.commands_to(B)


def test_a_promoted_replica_that_stays_down_makes_the_leader_undo_everything(
    group: OldBench,
) -> None:
    """[OLD-11-8] [OLD-11-9]"""
    lose_master(group)
    group.infos[A] = info("slave", run="c", follows=M, link="down")
    while not any(words == ("SLAVEOF", "NO", "ONE") for _, words in group.sent):
        group.tick()
    group.infos[B] = info("master", run="b")
    while "+slave-reconf-sent" not in group.names():
        group.tick()
    group.silent.add(B)
    group.run(60)
    assert "-failover-abort-x-sdown" in group.names()
    assert "SLAVEOF 10.0.0.1 6379" in group.commands_to(A)
    assert "-slave-reconf-undo" in group.names()


def test_a_master_that_says_it_is_a_replica_is_followed_at_once(group: OldBench) -> None:
    """[OLD-12-1] [OLD-13-2]"""
    group.infos[M] = info("slave", run="a", follows=A)
    group.infos[A] = info("master", run="c", replicas=(M, B))
    group.run(11)
    text = "mymaster 10.0.0.1 6379 10.0.0.2 6379"
    assert ("+redirect-to-master", text) in group.events
    assert group.master.address.ip == "10.0.0.2"
    assert not group.master.peers
    assert not any(
        group.sentinel.context.is_to_be_demoted(each) for each in group.master.replicas.values()
    )


def test_a_replica_that_restarted_as_a_master_is_forgotten(group: OldBench) -> None:
    """[OLD-12-3]"""
    group.infos[A] = info("master", run="f")
    group.infos[M] = info(run="a", replicas=(B,))
    group.run(11)
    text = f"slave {A} 10.0.0.2 6379 @ mymaster 10.0.0.1 6379 #removing it from the attached slaves"
    assert ("-slave-restart-as-master", text) in group.events
    assert list(group.master.replicas) == [B]


# --- commands ---


def test_before_the_first_info_a_sentinel_does_not_know(bench: OldBench) -> None:
    """[OLD-11-10]"""
    words = ("SENTINEL", "get-master-addr-by-name", "mymaster")
    reply = bench.command(*words)
    assert isinstance(reply, Error)
    assert reply.text.startswith("IDONTKNOW")
    bench.run(1)
    assert bench.command(*words) == ("10.0.0.1", "6379")


@pytest.mark.parametrize("name", ["ckquorum", "set", "monitor", "myid"])
def test_later_subcommands_do_not_exist(bench: OldBench, name: str) -> None:
    """[OLD-14-2]"""
    reply: Reply = bench.command("SENTINEL", name, "mymaster")
    assert isinstance(reply, Error)
    assert "Unknown sentinel subcommand" in reply.text


def test_a_failover_by_hand_needs_no_agreement_but_waits_too(group: OldBench) -> None:
    """[OLD-9-6]"""
    group.command("SENTINEL", "failover", "mymaster")
    assert isinstance(group.command("SENTINEL", "failover", "mymaster"), Error)
    group.run(4.5)
    assert "+failover-state-select-slave" not in group.names()
    group.run(11)
    assert "+failover-state-select-slave" in group.names()


def test_a_reset_forgets_everybody(group: OldBench) -> None:
    """[OLD-13-2]"""
    assert group.command("SENTINEL", "reset", "my*") == 1
    assert not group.master.peers
    assert not group.master.replicas
    assert "+reset-master" in group.names()


# --- doubt ---


def test_an_old_master_that_returns_while_the_new_one_is_in_trouble_is_believed_in_the_end(
    group: OldBench,
) -> None:
    """[OLD-12-2] [OLD-12-5]"""
    new = promote(group)
    group.run(1)
    group.silent = {M, new}
    group.run(8)
    assert group.master.subjectively_down
    group.silent = {new}
    group.run(8)
    assert "+demote-old-slave" not in group.names()
    group.run(45)
    names = group.names()
    cleared = names.index("-demote-flag-cleared")
    assert "+failover-detected" in names[cleared:]
    assert group.command("SENTINEL", "get-master-addr-by-name", "mymaster") == ("10.0.0.1", "6379")


def test_in_tilt_peers_are_asked_and_nothing_is_concluded(group: OldBench) -> None:
    """[OLD-14-5] [OLD-7-3]"""
    lose_master(group)
    while "+sdown" not in group.names():
        group.tick()
    group.tick(after_ms=2500)
    assert "+tilt" in group.names()
    group.sent.clear()
    group.run(3)
    assert any(text.startswith("SENTINEL is-master-down") for text in group.commands_to(S2))
    assert "+odown" not in group.names()
    assert group.command("SENTINEL", "is-master-down-by-addr", "10.0.0.1", "6379") == (
        0,
        runid("1"),
    )
    group.run(28)
    assert "-tilt" in group.names()
    assert "+odown" in group.names()


def test_a_switch_keeps_the_age_of_the_last_info_and_forgets_the_trouble(group: OldBench) -> None:
    """[OLD-13-3] [OLD-12-1]"""
    group.infos[M] = info("slave", run="a", follows=A)
    group.infos[A] = info("master", run="c", replicas=(M, B))
    while "+redirect-to-master" not in group.names():
        group.tick()
    heard = group.master.info_refresh
    assert heard == group.now
    assert (group.master.s_down_since, group.master.o_down_since) == (0, 0)
    group.sent.clear()
    group.run(9)
    assert "INFO" not in group.commands_to(A), "the next one is due ten seconds after the last"
    group.run(2)
    assert "INFO" in group.commands_to(A)
