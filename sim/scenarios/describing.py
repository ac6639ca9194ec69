"""A scenario in words, for people who want to know what happens before it does."""

from __future__ import annotations

from sim.network.latency import delay_in_words
from sim.scenarios.expectations import EXPECTATIONS
from sim.scenarios.scenario import Fault, Scenario
from sim.world.deployment import Deployment

__all__ = ["describe"]


def describe(scenario: Scenario) -> list[str]:
    """The lines that tell what a scenario is about, who is there, what happens and what should."""
    lines = [f"{scenario.full_name}: {scenario.title}", f"theme: {scenario.theme}"]
    for heading, text in (
        ("", scenario.about),
        ("What to notice", scenario.notice),
        ("What would have helped", scenario.helps),
    ):
        if text:
            lines += ["", *([heading] if heading else []), *text.splitlines()]
    lines += ["", "Who is there", *(f"  {line}" for line in _deployment(scenario.deployment))]
    if scenario.profile != "modern":
        lines.append(f"  the Sentinels play by the rules of {scenario.profile}")
    if scenario.parameters:
        width = max(len(each.name) for each in scenario.parameters)
        lines += ["", "Parameters, changed by --set NAME=VALUE"]
        lines += [
            f"  {each.name:<{width}}  {each.value}  {each.about}" for each in scenario.parameters
        ]
    lines += ["", "What happens"]
    lines += [f"  {number}. {_told(fault)}" for number, fault in enumerate(scenario.faults, 1)]
    if not scenario.faults:
        lines.append("  nothing")
    lines += ["", "What is expected"]
    lines += [f"  {each}: {EXPECTATIONS[each.name].about}" for each in scenario.expectations]
    lines += [f"  {claim}" for claim in scenario.claims]
    lines += [f"  {name}: an invariant" for name in scenario.invariants]
    if not (scenario.expectations or scenario.claims or scenario.invariants):
        lines.append("  only what must be true of every run")
    if scenario.variants:
        lines += ["", "Variants, chosen by --variant NAME"]
        for variant in scenario.variants:
            words = " ".join(variant.about.split())
            lines.append(f"  {variant.name}: {words}")
    return lines


def _deployment(deployment: Deployment) -> list[str]:
    settings = deployment.settings
    lines = [
        f"{deployment.sentinels} Sentinels, quorum {deployment.effective_quorum}; "
        f"{'a master' if deployment.masters == 1 else f'{deployment.masters} masters, each'} "
        f"with {deployment.replicas} replicas; {deployment.clients} clients",
        ", ".join(
            f"{name} {settings[name]}"
            for name in ("down-after-milliseconds", "failover-timeout", "parallel-syncs")
        ),
    ]
    if deployment.latency != Deployment().latency:
        lines.append(f"messages between machines take {delay_in_words(deployment.latency)}")
    lines += [f"host name {name}: the machine of {node}" for name, node in deployment.host_names]
    if deployment.resolve_hostnames:
        lines.append("resolve-hostnames yes: configuration files use host names")
    if deployment.announce_hostnames:
        lines.append("announce-hostnames yes")
    if deployment.replica_priorities:
        given = ", ".join(map(str, deployment.replica_priorities))
        lines.append(f"replica-priority of redis-2, ...: {given}")
    lines += [f"{name} {value}" for name, value in deployment.directives]
    lines += [
        f"client-group: {group.count} {group.kind}, Sentinel {group.first_sentinel} first"
        for group in deployment.groups
    ]
    topology = deployment.topology
    lines += [f"machine {box.name}: {', '.join(box.nodes)}" for box in topology.boxes]
    lines += [f"site {site.name}: {', '.join(site.nodes)}" for site in topology.sites]
    for node in topology.nodes:
        own = [f"quorum {node.quorum}"] if node.quorum else []
        own += [f"monitors {node.monitors}"] if node.monitors else []
        own += [f"calls it {node.master_name}"] if node.master_name else []
        own += ["follows nobody at the start"] if node.stands_alone else []
        own += [f"follows {node.follows} at the start"] if node.follows else []
        if node.published_port is not None:
            own.append(f"in a container, reached at port {node.published_port} of its machine")
        own += ["announces where others reach it"] if node.announces else []
        own += [f"clock {node.drift_ppm:+g} ppm"] if node.drift_ppm else []
        if node.busy is not None and node.free is not None:
            busy, free = delay_in_words(node.busy), delay_in_words(node.free)
            own.append(f"its machine stalls for {busy} after {free}, again and again")
        own += [*node.conf, *(f"{name} {value}" for name, value in node.directives)]
        lines.append(f"{node.name}: {', '.join(own)}")
    if topology.in_step:
        lines.append("all Sentinels start in one instant, with the same random numbers")
    return lines


def _told(fault: Fault) -> str:
    """A fault with its moment, in words."""
    if fault.at is not None:
        when = f"at {fault.at:g} s"
    elif fault.when:
        who = fault.by or "a Sentinel"
        about = f" about {fault.about}" if fault.about else ""
        often = f" (number {fault.nth})" if fault.nth > 1 else ""
        said = f"{who} says {fault.when}{about}{often}"
        said = "all has been well for a while" if fault.when == "calm" else said
        when = f"{fault.after:g} s after {said}" if fault.after else f"as soon as {said}"
        when += f", if that comes within {fault.within:g} s" if fault.within is not None else ""
    else:
        when = f"{fault.after:g} s later"
    what = str(fault)
    if fault.seconds:
        what += f", {fault.seconds:g} s"
    if any(fault.milliseconds):
        what += ", {:g} to {:g} ms".format(*fault.milliseconds)
    elif fault.latency is not None:
        what += f", {delay_in_words(fault.latency)}"
    if fault.do == "lose":
        what += f", {fault.loss:g} of all packets"
    if fault.megabits_per_second:
        what += f", {fault.megabits_per_second:g} Mbit/s"
    if fault.do == "drift_clock":
        what += f", {fault.parts_per_million:+g} ppm"
    if fault.busy is not None and fault.free is not None:
        what += (
            f", {delay_in_words(fault.busy)} after {delay_in_words(fault.free)}, again and again"
        )
    if fault.factor != 1:
        what += f", {fault.factor:g} times"
    if not fault.keep_data:
        what += ", without its data"
    if fault.to:
        what += f", to {fault.to}"
    if fault.alias:
        what += f" (called {fault.alias} from then on)"
    how = fault.repeat
    if how is not None:
        what += f", again every {how.every:g} s"
        what += " on average" if how.random else ""
        what += f", {how.jitter:g} s more or less" if how.jitter else ""
        what += f", {how.times} times in all" if how.times is not None else ""
        what += f", until {how.until:g} s" if how.until is not None else ""
    return f"{when}: {what}"
