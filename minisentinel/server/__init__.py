"""A Sentinel on real TCP: the driver that gives the core sockets, a disk, a clock and processes.

Loading it takes the event loop along, so the command line does so only when it is to serve.
"""

from minisentinel.server.process import Options, serve
from minisentinel.server.server import Server

__all__ = ["Options", "Server", "serve"]
