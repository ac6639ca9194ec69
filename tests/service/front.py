"""A bench with more clients: who they are, what they are told, and who was sent away."""

from __future__ import annotations

from minisentinel.codec import encode_reply
from minisentinel.config.server import ServerSettings
from minisentinel.core.effects import Announce, Answer, Dismiss, Effect
from minisentinel.replies import Error, Reply
from minisentinel.service import Service
from minisentinel.trace import SentinelEvent
from tests.core.bench import Bench

__all__ = ["Front", "errors"]


class Front(Bench):
    """Clients of one Sentinel; the one that is there from the start is number 1.

    `settings` are those of the server. What clients get is in `done`, as on any bench, and so are
    the `Dismiss` effects. `told` is what the last command brought everybody, in order.
    """

    def __init__(self, settings: ServerSettings | None = None) -> None:
        self.settings = settings or ServerSettings()
        self.told: list[tuple[int, Reply]] = []
        self.last_client = 1
        super().__init__()

    def restart(self) -> list[Effect]:
        done = super().restart()
        self.service = Service(self.sentinel, settings=self.settings)
        self.last_client = 0
        self.connect()
        return done

    def connect(self, *first_words: str) -> int:
        """Somebody connects, and says something if there are words; returns its number."""
        self.last_client += 1
        number = self.last_client
        self.service.client_connected(
            number,
            now_ms=self.now,
            address=f"10.0.2.{number}:5000",
            local_address="10.0.1.1:26379",
            descriptor=10 + number,
        )
        if first_words:
            self.say(number, *first_words)
        return number

    def say(self, client: int, *words: str) -> list[Reply]:
        """A client's command; returns all that this client gets in the step."""
        return self._told(client, self.service.command(self.now, client, words))

    def wait(self, milliseconds: int, client: int = 1) -> list[Reply]:
        """Time passes, and the service hears of it; returns what `client` gets."""
        self.now += milliseconds
        return self._told(client, self.service.tick(self.now))

    def announce(self, name: str, payload: str = "what happened") -> list[tuple[int, Reply]]:
        """An event is published; who gets what."""
        event = SentinelEvent(level="warning", name=name, payload=payload)
        return [(each.client, each.reply) for each in self.service.messages(Announce(event))]

    def sent_away(self) -> list[Dismiss]:
        """Who was dismissed, from the start."""
        return [effect for effect in self.done if isinstance(effect, Dismiss)]

    def _told(self, client: int, effects: list[Effect]) -> list[Reply]:
        done = self.carry_out(effects)
        self.told = [(e.client, e.reply) for e in done if isinstance(e, Answer)]
        return [reply for number, reply in self.told if number == client]

    def send_reply(self, client: int, reply: Reply) -> None:
        # Whatever is said must have bytes in the client's protocol.
        assert encode_reply(reply, self.service.protocol_of(client))
        super().send_reply(client, reply)

    def close_client(self, client: int, *, after_replies: bool) -> None:
        self.done.append(Dismiss(client, after_replies))
        super().close_client(client, after_replies=after_replies)


def errors(replies: list[Reply]) -> list[str]:
    """The texts of the errors among `replies`."""
    return [reply.text for reply in replies if isinstance(reply, Error)]
