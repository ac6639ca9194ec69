"""How fast the kernel is, beside other ways to do the same: ``python -m benchmarks``.

- `workloads`: what is done, and how often.
- `contestants`: who does it, a module each, with one function per workload.
- `rows`: the list of them; a new row is a module and a line there.
- `measure`: one measurement in a process of its own, and many of them in interleaved rounds.
- `report`: the table.
"""
