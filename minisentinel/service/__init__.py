"""What clients see of a Sentinel: sessions, commands and subscriptions, without any I/O."""

from minisentinel.service.service import Service

__all__ = ["Service"]
