"""A small part of Lua, enough for the scripts that applications send with EVAL.

There are local variables, ``if``, ``while``, numeric ``for``, ``break``, ``return``; numbers,
strings, tables, comparisons, arithmetic, ``..`` and ``#``; ``redis.call``, ``redis.pcall``,
``redis.error_reply``, ``redis.status_reply``, ``redis.sha1hex``, ``tonumber``, ``tostring``,
``KEYS`` and ``ARGV``. There are no functions, patterns or generic loops: a script that needs them
gets a compilation error which says so.
"""

from sim.redis.lua.interpreter import LuaError, Table, execute
from sim.redis.lua.parser import CompileError, compile_script

__all__ = ["CompileError", "LuaError", "Table", "compile_script", "execute"]
