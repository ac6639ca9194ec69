"""The network: hosts, paths with latencies and cuts, and TCP-like connections over them."""

from sim.network.endpoint import Address, CloseReason, Endpoint, FailReason, Owner
from sim.network.latency import Constant, Latency, LogNormal, Uniform
from sim.network.network import LOCAL_NETWORK, LOOPBACK, Network, Partition
from sim.network.retransmission import TcpSettings
from sim.network.topology import EPOCH_MS, Host, Path

__all__ = [
    "EPOCH_MS",
    "LOCAL_NETWORK",
    "LOOPBACK",
    "Address",
    "CloseReason",
    "Constant",
    "Endpoint",
    "FailReason",
    "Host",
    "Latency",
    "LogNormal",
    "Network",
    "Owner",
    "Partition",
    "Path",
    "TcpSettings",
    "Uniform",
]
