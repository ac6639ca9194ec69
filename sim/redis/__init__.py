"""The simulated Redis server: what Sentinel and its clients can see of one.

=============================  =================================================================
`node`                         the process on the network, and what a restart does
`server`                       one run of the server: its parts, its role, the cron
`dispatch`, `guards`           checks, transactions, execution and propagation of a command
`commands`                     what each command does, a module for each group; the table
`scripts`, `lua`               scripts that run, and the part of Lua that they are written in
`info`                         the text of INFO
`keyspace`, `values`           the data, and what can stand at a key
`expiry`, `memory`             keys whose time is over, keys that are evicted
`pubsub`                       channels and their listeners
`clients`, `blocking`          who is connected, and who waits for something
`output`                       who reads too slowly
`replication`                  history and backlog, the master's side, the replica's side
`persistence`, `appending`     dumps and the append-only file: what a crash loses
`loading`, `disk`, `forks`     reading it back, what is there, what saving costs
`shutdown`                     the orderly end
`settings`, `directives`       what can be configured, and the machine below
`conf`                         reading a real ``redis.conf``
=============================  =================================================================
"""

from sim.redis.conf import ConfError, RedisConf, read_conf
from sim.redis.disk import AppendLog, Disk, Dump
from sim.redis.node import RedisNode
from sim.redis.server import Server
from sim.redis.settings import BufferLimit, BufferLimits, Machine, SavePoint, Settings

__all__ = [
    "AppendLog",
    "BufferLimit",
    "BufferLimits",
    "ConfError",
    "Disk",
    "Dump",
    "Machine",
    "RedisConf",
    "RedisNode",
    "SavePoint",
    "Server",
    "Settings",
    "read_conf",
]
