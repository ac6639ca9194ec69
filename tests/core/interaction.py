"""Interaction scripts: a situation told as commands to the bench and what the Sentinel did then.

A script is a text file. A block is a command (and lines that belong to it), a line ``----``, and
what happened, up to the next empty line; lines that begin with ``#`` say what to notice.
``pytest --rewrite-golden`` writes the outcomes; whoever does that reads them.

Who is who: see `tests.core.bench`. The Sentinel is sentinel-1, and ids are shown as names. Every
line of an outcome begins with the seconds since the start. What is routine is left out: opening
and naming connections, PING, INFO, hellos, a question to a Sentinel that is the same as the one
before, and the log line that tells of a successful save. The commands of the second group change
the world and have no outcome: they stand alone, without ``----``.

=======================================  ===========================================================
``conf [seed=N] [trace] [host=NAME]``    start with the stock configuration and the lines that
                                         follow; ``replicas=``, ``sentinels=``, ``quorum=``: others
``tick [MS]``                            let time pass (100 ms) and tick, nothing else
``run MS``                               tick every 100 ms; in between, connections are made and
                                         everybody who is up answers
``establish``, ``answer [NAME ...]``     make the connections asked for; answer what was asked
``kill NAME``                            a process dies and resets its connections
``lose NAME cmd|pubsub``                 break one connection
``hello NAME [via=NAME] key=value ...``  a hello arrives, directly or over a server
``ask NAME [epoch=N] [vote]``            another Sentinel asks, and perhaps wants our vote
``client WORD ...``                      a client's command and the reply to it
``restart``                              the Sentinel is killed and starts from its file
``script PID [exit-code=N] [signal=N]``  a user script that runs is over
``state``, ``links``, ``file``           what it knows; its connections; what its file says
=======================================  ===========================================================
``start NAME key=value ...``             somebody listens there again
``server NAME key=value ...``            what a server answers from now on
``peer NAME key=value ...``              what another Sentinel answers when it is asked
``name HOST NAME``                       a host name means the address of NAME (or ``nothing``)
``processes can|cannot``                 user scripts can be started, or cannot
``disk ERROR TEXT``, ``disk works``      saving fails from now on, or works again
``show``, ``show routine``               what is shown: the usual, routine too
``show links``                           the usual, and connections opened and closed
``show quiet``                           only ... if anything at all happened
=======================================  ===========================================================

The user scripts ``/opt/notify`` and ``/opt/reconfigure`` can be executed.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from minisentinel.core.effects import (
    Announce,
    Answer,
    Close,
    Dismiss,
    Effect,
    Exit,
    KillScript,
    Log,
    Note,
    Open,
    RunScript,
    Save,
    Send,
)
from minisentinel.core.instances import current_address
from minisentinel.core.saved import SavedConfiguration
from minisentinel.core.state import Instance, Master, Purpose, Replica
from minisentinel.replies import Command, Error, Status
from minisentinel.replies import Reply as ReplyValue
from minisentinel.service.instance_map import flags_of
from minisentinel.trace.entry import data_fields
from tests.core.bench import NOW, Bench, PeerModel, ServerModel, conf, place_of, runid, sentinel_id
from tests.support.facts import FakeFacts

__all__ = ["ScriptError", "replay"]

SIGNS = {"debug": ".", "verbose": "-", "notice": "*", "warning": "#"}
ROUTINE = {"PING", "INFO", "PUBLISH", "SUBSCRIBE"}
SAVED = "Sentinel new configuration saved on disk"
SILENT = {"disk", "name", "peer", "processes", "server", "show", "start"}
NEVER = "   (never leaves)"
PURPOSES = {"cmd": Purpose.COMMAND, "pubsub": Purpose.PUBSUB}


class ScriptError(ValueError):
    """A script asks for something that nobody understands."""


@dataclass
class Block:
    """A command, the lines that belong to it, and what is expected."""

    command: str
    lines: list[str]


def replay(text: str) -> str:
    """The script with the outcomes of this run in the place of those it has."""
    script = Script()
    output: list[str] = []
    lines = iter(text.split("\n"))
    for line in lines:
        output.append(line)
        if not line or line.startswith("#"):
            continue
        block = Block(line, [])
        if line.split()[0] in SILENT:
            script.run(block)
            continue
        for following in lines:
            output.append(following)
            if following == "----":
                break
            block.lines.append(following)
        else:
            raise ScriptError(f"{line}: no line ---- follows")
        output += script.run(block) or ["(nothing)"]
        for old in lines:
            if not old:
                output.append("")
                break
    return "\n".join(output).rstrip("\n") + "\n"


class Script:
    """One Sentinel on its bench, and what of its doings is shown."""

    def __init__(self) -> None:
        self.facts = FakeFacts(executable=("/opt/notify", "/opt/reconfigure"))
        self.bench = Bench()
        self.routine = self.links = self.quiet = False
        self.asked: dict[str, Command] = {}

    def run(self, block: Block) -> list[str]:
        """Carry out a command; the lines that tell what happened."""
        words = shlex.split(block.command)
        handler: Callable[[Script, list[str], list[str]], Iterable[str]] | None = COMMANDS.get(
            words[0]
        )
        if handler is None:
            raise ScriptError(f"unknown command: {block.command}")
        lines = list(handler(self, words[1:], block.lines))
        if self.quiet and words[0] not in ("state", "links", "file", "client"):
            return ["..."] if lines else []
        return lines

    # --- commands ---

    def conf(self, words: list[str], lines: list[str]) -> Iterable[str]:
        options = keyed([w for w in words if "=" in w])
        replicas = tuple(int(n) for n in options.get("replicas", "2,3").split(",") if n)
        peers = tuple(int(n) for n in options.get("sentinels", "2,3").split(",") if n)
        text = conf(*lines, replicas=replicas, peers=peers, quorum=int(options.get("quorum", "2")))
        text = text.replace("mymaster 10.0.0.1 ", f"mymaster {options.get('host', '10.0.0.1')} ")
        seed, tracing = int(options.get("seed", "1")), "trace" in words
        self.bench = Bench(text, seed=seed, facts=self.facts, tracing=tracing)
        for number in replicas:
            self.bench.servers[f"redis-{number}"].up = True
        return self.show(self.bench.done)

    def tick(self, words: list[str], lines: list[str]) -> Iterable[str]:
        return self.show(self.bench.tick(int(words[0]) if words else 100))

    def run_for(self, words: list[str], lines: list[str]) -> Iterable[str]:
        shown: list[str] = []
        for _ in range(int(words[0]) // 100):
            if self.bench.exited is None:
                shown += self.show(self.bench.tick())
                shown += self.show(self.bench.establish())
                shown += self.show(self.bench.answer())
        return shown

    def establish(self, words: list[str], lines: list[str]) -> Iterable[str]:
        return self.show(self.bench.establish())

    def answer(self, words: list[str], lines: list[str]) -> Iterable[str]:
        return self.show(self.bench.answer(*words))

    def kill(self, words: list[str], lines: list[str]) -> Iterable[str]:
        return self.show(self.bench.kill(words[0]))

    def start(self, words: list[str], lines: list[str]) -> Iterable[str]:
        self.model(words[0]).up = True
        return self.change(self.model(words[0]), keyed(words[1:]))

    def lose(self, words: list[str], lines: list[str]) -> Iterable[str]:
        connection = self.bench.connection(words[0], PURPOSES[words[1]])
        return self.show(self.bench.lose(connection))

    def server(self, words: list[str], lines: list[str]) -> Iterable[str]:
        return self.change(self.bench.servers[words[0]], keyed(words[1:]))

    def peer(self, words: list[str], lines: list[str]) -> Iterable[str]:
        return self.change(self.bench.peers[words[0]], keyed(words[1:]))

    def hello(self, words: list[str], lines: list[str]) -> Iterable[str]:
        options = keyed(words[1:])
        at = options.get("at")
        host, _, port = at.rpartition(":") if at else ("", "", "")
        about = options.get("master-at")
        master_host, _, master_port = about.rpartition(":") if about else ("", "", "")
        named = {"via": options.get("via", ""), "master": options.get("master", "redis-1")}
        return self.show(
            self.bench.hello(
                words[0],
                epoch=int(options.get("epoch", "0")),
                config_epoch=int(options.get("config-epoch", "0")),
                name=options.get("name", "mymaster"),
                at=(host, int(port)) if at else None,
                master_at=(master_host, int(master_port)) if about else None,
                **named,
            )
        )

    def ask(self, words: list[str], lines: list[str]) -> Iterable[str]:
        options = keyed([w for w in words if "=" in w])
        host, port = place_of(options.get("master", "redis-1"))
        asker = sentinel_id(int(words[0].rpartition("-")[2])) if "vote" in words else "*"
        return self.client(
            [
                *("SENTINEL", "is-master-down-by-addr", host, str(port)),
                *(options.get("epoch", "0"), asker),
            ],
            [],
        )

    def client(self, words: list[str], lines: list[str]) -> Iterable[str]:
        before = len(self.bench.done)
        self.bench.command(*words)
        return self.show(self.bench.done[before:])

    def disk(self, words: list[str], lines: list[str]) -> Iterable[str]:
        self.bench.disk_error = "" if words == ["works"] else " ".join(words)
        return []

    def script(self, words: list[str], lines: list[str]) -> Iterable[str]:
        options, pid = keyed(words[1:]), int(words[0])
        if pid not in self.bench.scripts:
            raise ScriptError(f"no script runs as {pid}")
        outcome = {key.replace("-", "_"): int(text) for key, text in options.items()}
        return self.show(self.bench.end_script(pid, **outcome))

    def processes(self, words: list[str], lines: list[str]) -> Iterable[str]:
        if words not in (["can"], ["cannot"]):
            raise ScriptError("processes can or cannot be made")
        self.bench.can_make_processes = words == ["can"]
        return []

    def name(self, words: list[str], lines: list[str]) -> Iterable[str]:
        host, meaning = words
        if meaning == "nothing":
            self.facts.names.pop(host, None)
        else:
            self.facts.names[host] = place_of(meaning)[0]
        return []

    def restart(self, words: list[str], lines: list[str]) -> Iterable[str]:
        return self.show(self.bench.restart())

    def state(self, words: list[str], lines: list[str]) -> Iterable[str]:
        state = self.bench.state
        yield f"epoch {state.current_epoch}{', tilt' if state.tilt else ''}"
        for master in state.masters.values():
            address = current_address(master)
            host = address.announced(state.announce_hostnames)
            yield short(
                f"{master.name}: {flags_of(master)}; state {master.failover_state.value}; "
                f"clients are sent to {host}:{address.port}; "
                f"config-epoch {master.config_epoch}; "
                f"voted for {master.leader or 'nobody'} in epoch {master.leader_epoch}"
            )
            for each in (*master.replicas.values(), *master.peers.values()):
                yield short(f"  {self.name_of(each)}: {flags_of(each)}{more(each)}")

    def all_links(self, words: list[str], lines: list[str]) -> Iterable[str]:
        for master in self.bench.state.masters.values():
            for each in (master, *master.replicas.values(), *master.peers.values()):
                link = each.link
                open_ = [short_of(c.purpose) for c in (link.command, link.pubsub) if c]
                yield (
                    f"{self.name_of(each)}: {' and '.join(open_) or 'no connection'}; "
                    f"{link.pending_commands} unanswered"
                )

    def file(self, words: list[str], lines: list[str]) -> Iterable[str]:
        return [short(line) for line in self.bench.text.split("\n") if line]

    def set_show(self, words: list[str], lines: list[str]) -> Iterable[str]:
        self.routine = words == ["routine"]
        self.links = words in (["routine"], ["links"])
        self.quiet = words == ["quiet"]
        return []

    # --- helpers ---

    def model(self, name: str) -> ServerModel | PeerModel:
        return self.bench.servers[name] if name in self.bench.servers else self.bench.peers[name]

    def change(self, model: ServerModel | PeerModel, options: Mapping[str, str]) -> list[str]:
        known = {field.name for field in fields(model)}
        for key, text in options.items():
            name = key.replace("-", "_")
            if name not in known:
                raise ScriptError(f"{model.name} has no {key}")
            setattr(model, name, self.value(name, text, getattr(model, name)))
        return []

    def value(self, name: str, text: str, old: Any) -> Any:
        if isinstance(old, bool):
            return text == "yes"
        if isinstance(old, int):
            return int(text)
        if name == "runid":
            return runid(text)
        if name == "vote" and text.startswith("sentinel-"):
            return sentinel_id(int(text.rpartition("-")[2]))
        if name == "ping":
            return Error(text[1:]) if text.startswith("-") else Status(text)
        return text

    def name_of(self, instance: Instance) -> str:
        return self.bench.name_at(instance.address.ip, instance.address.port)

    def show(self, effects: Iterable[Effect]) -> list[str]:
        """One line for each effect; a send on a connection closed afterwards says so."""
        effects = list(effects)
        closed = {e.connection for e in effects if isinstance(e, Close)}
        lines: list[str] = []
        for effect in effects:
            text = self.render(effect)
            if text is None:
                continue
            if isinstance(effect, Send) and effect.connection in closed:
                text += "" if is_begun(effect.command) else NEVER
            line = f"{(self.bench.now - NOW) / 1000:7.3f} {short(text)}"
            if isinstance(effect, Send) and is_continued(effect.command):
                lines[-1] += " / " + line.partition(": ")[2]
            else:
                lines.append(line)
        return lines

    def render(self, effect: Effect) -> str | None:
        match effect:
            case Open(connection, host, port, purpose):
                self.names[connection] = f"{self.bench.name_at(host, port)} {short_of(purpose)}"
                return f"open   {self.names[connection]}" if self.links else None
            case Close(connection):
                return f"close  {self.names[connection]}" if self.links else None
            case Send(connection, words):
                routine = words[0] in ROUTINE or words[:2] == ("CLIENT", "SETNAME")
                if words[:2] == ("SENTINEL", "is-master-down-by-addr"):
                    routine = self.asked.get(self.names[connection]) == words
                    self.asked[self.names[connection]] = words
                if routine and not self.routine:
                    return None
                return f"send   {self.names[connection]}: {' '.join(words)}"
            case Save(configuration):
                return f"save   {saved(configuration)}"
            case Announce(event):
                return f"event  {SIGNS[event.level]} {event.name} {event.payload}"
            case Log(line):
                if line.text == SAVED and not self.routine:
                    return None
                return f"log    {SIGNS[line.level]} {line.text}"
            case Note(data):
                if data.kind in ("link", "configuration-saved", "ping-missed"):
                    return None
                values = ", ".join(f"{k} {v}" for k, v in data_fields(data).items())
                return f"note   {data.kind}: {values}"
            case Answer(_, reply):
                return f"reply  {shown(reply)}"
            case Dismiss(_, after_replies):
                return "dismiss the client" + (" after its replies" if after_replies else "")
            case RunScript(_, argv):
                return f"run    {' '.join(argv)}"
            case KillScript(pid):
                return f"kill   script {pid}"
            case Exit(status):
                return f"exit   {status}"

    @property
    def names(self) -> dict[int, str]:
        """What connections are called; kept on the bench, whose life they share."""
        found: dict[int, str] = self.bench.__dict__.setdefault("connection_names", {})
        return found


COMMANDS: dict[str, Callable[[Script, list[str], list[str]], Iterable[str]]] = {
    "answer": Script.answer,
    "ask": Script.ask,
    "client": Script.client,
    "conf": Script.conf,
    "disk": Script.disk,
    "establish": Script.establish,
    "file": Script.file,
    "hello": Script.hello,
    "kill": Script.kill,
    "links": Script.all_links,
    "lose": Script.lose,
    "name": Script.name,
    "peer": Script.peer,
    "processes": Script.processes,
    "restart": Script.restart,
    "run": Script.run_for,
    "script": Script.script,
    "server": Script.server,
    "show": Script.set_show,
    "start": Script.start,
    "state": Script.state,
    "tick": Script.tick,
}


def is_begun(command: Command) -> bool:
    """Whether `command` belongs to a transaction and is not its end."""
    return command[0] in ("MULTI", "SLAVEOF", "CONFIG") or command[:2] == ("CLIENT", "KILL")


def is_continued(command: Command) -> bool:
    """Whether `command` belongs to a transaction and is not its beginning."""
    return command == ("EXEC",) or (is_begun(command) and command != ("MULTI",))


def keyed(words: Iterable[str]) -> dict[str, str]:
    """``key=value`` words as a dictionary."""
    pairs = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise ScriptError(f"expected key=value, found {word}")
        pairs[key] = value
    return pairs


def short_of(purpose: Purpose) -> str:
    return "cmd" if purpose is Purpose.COMMAND else "pubsub"


def short(text: str) -> str:
    """`text` with ids as names, and run ids without the zeros that fill them."""
    text = re.sub(r"\b([1-9])0{39}\b", r"<sentinel-\1>", text)
    return re.sub(r"\b(redis\d|\w{1,12}?)0{20,}\b", r"\1", text)


def more(instance: Instance) -> str:
    if isinstance(instance, Master | Replica):
        return ""
    leader = getattr(instance, "leader", "")
    return f"; voted for {leader} in epoch {getattr(instance, 'leader_epoch', 0)}" if leader else ""


def saved(configuration: SavedConfiguration) -> str:
    """The part of a saved configuration that the protocol's promises are made of."""
    parts = [f"current-epoch {configuration.current_epoch}"]
    for master in configuration.masters:
        parts.append(
            f"{master.name} {master.host}:{master.port} config-epoch {master.config_epoch} "
            f"leader-epoch {master.leader_epoch}"
        )
    return "; ".join(parts)


def shown(reply: ReplyValue) -> str:
    match reply:
        case Status(text):
            return f"+{text}"
        case Error(text):
            return f"-{text}"
        case None:
            return "(null)"
        case tuple():
            return "[" + ", ".join(shown(item) for item in reply) + "]"
        case dict():
            return "{" + ", ".join(f"{k}: {shown(v)}" for k, v in reply.items()) + "}"
        case _:
            return str(reply).replace("\r\n", " / ")
