"""The network: hosts, paths with latencies and cuts, and TCP-like connections over them."""

from sim.network.bandwidth import Pipe
from sim.network.changes import Change
from sim.network.endpoint import Address, CloseReason, Endpoint, FailReason, Owner
from sim.network.latency import Constant, Distances, Empirical, Latency, LogNormal, Uniform
from sim.network.names import Names
from sim.network.network import LOCAL_NETWORK, LOOPBACK, Network, Partition
from sim.network.retransmission import TcpSettings
from sim.network.topology import EPOCH_MS, Host, Path
from sim.network.trouble import DRIFT_STEP_US, Drifts, Stall, Stalls

__all__ = [
    "DRIFT_STEP_US",
    "EPOCH_MS",
    "LOCAL_NETWORK",
    "LOOPBACK",
    "Address",
    "Change",
    "CloseReason",
    "Constant",
    "Distances",
    "Drifts",
    "Empirical",
    "Endpoint",
    "FailReason",
    "Host",
    "Latency",
    "LogNormal",
    "Names",
    "Network",
    "Owner",
    "Partition",
    "Path",
    "Pipe",
    "Stall",
    "Stalls",
    "TcpSettings",
    "Uniform",
]
