"""The simulated Redis server: what Sentinel and its clients can see of one.

====================  ==========================================================================
`node`                the process on the network, and what a restart does
`server`              one run of the server: its parts, its role, loading, the cron
`dispatch`            checks, transactions, execution and propagation of a command
`commands`            what each command does; the table
`info`                the text of INFO
`keyspace`, `pubsub`  the data; channels and their listeners
`clients`             who is connected
`replication`         history and backlog, the master's side, the replica's side
`settings`            directives, the machine below, the disk
`persistence`         what a restart finds
====================  ==========================================================================
"""

from sim.redis.node import RedisNode
from sim.redis.server import Server
from sim.redis.settings import Disk, Dump, Machine, Persistence, Settings

__all__ = ["Disk", "Dump", "Machine", "Persistence", "RedisNode", "Server", "Settings"]
