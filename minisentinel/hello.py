"""The hello message, as it is said and read: one line of eight fields (spec: gossip §2).

What a Sentinel makes of one is in `minisentinel.core.hello`.
"""

from __future__ import annotations

from dataclasses import dataclass

from minisentinel.lenient import leading_int, leading_unsigned

__all__ = ["HELLO_CHANNEL", "Hello"]

HELLO_CHANNEL = "__sentinel__:hello"  # [GEN-3-22]


@dataclass(frozen=True, slots=True)
class Hello:
    """The eight fields of a hello, in their order (spec: gossip §2)."""

    host: str
    port: int
    runid: str
    current_epoch: int
    master_name: str
    master_host: str
    master_port: int
    config_epoch: int

    @classmethod
    def parse(cls, text: str) -> Hello | None:
        """The hello in `text`, or None if it has not exactly eight fields. [GOS-6-1]"""
        fields = text.split(",")
        if len(fields) != 8:
            return None
        host, port, runid, current_epoch, name, master_host, master_port, config_epoch = fields
        return cls(
            host=host,
            port=leading_int(port),
            runid=runid,
            current_epoch=leading_unsigned(current_epoch),
            master_name=name,
            master_host=master_host,
            master_port=leading_int(master_port),
            config_epoch=leading_unsigned(config_epoch),
        )
