"""Executing a syntax tree: a generator that yields the time that passes, and may be given up."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from minisentinel.wire import format_double
from sim.redis.lua.syntax import (
    Assign,
    Binary,
    Break,
    Call,
    Constant,
    Expression,
    For,
    If,
    Index,
    Local,
    Name,
    Return,
    Run,
    Statement,
    TableOf,
    Unary,
    While,
)

__all__ = ["Function", "LuaError", "LuaValue", "Table", "execute", "is_true"]


class LuaError(Exception):
    """A script has failed at `line`."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


@dataclass(slots=True, eq=False)
class Table:
    """A table: `items` from index 1 on, and values by name."""

    items: list[LuaValue] = field(default_factory=list)
    named: dict[str, LuaValue] = field(default_factory=dict)

    def get(self, key: LuaValue) -> LuaValue:
        """The value at an index or name, nil without one."""
        if isinstance(key, float):
            index = int(key) - 1
            return self.items[index] if 0 <= index < len(self.items) else None
        return self.named.get(key) if isinstance(key, str) else None

    def put(self, key: LuaValue, value: LuaValue) -> None:
        """Set the value at an index (at most one beyond the end) or name."""
        if isinstance(key, str):
            self.named[key] = value
        elif isinstance(key, float) and 1 <= key <= len(self.items):
            self.items[int(key) - 1] = value
        elif isinstance(key, float) and key == len(self.items) + 1:
            self.items.append(value)
        else:
            raise LuaError("table keys with gaps are not simulated")


Function: TypeAlias = "Callable[[Sequence[LuaValue], int], LuaValue]"
"""Called with the arguments and the line."""

LuaValue: TypeAlias = "bool | float | str | Table | Function | None"
Steps: TypeAlias = "Generator[float, None, _Leaving | None]"


class _Break:
    """A loop is left."""


@dataclass(frozen=True, slots=True)
class _Returned:
    value: LuaValue


_Leaving: TypeAlias = _Break | _Returned
BREAK = _Break()


def is_true(value: LuaValue) -> bool:
    """All but nil and false is true."""
    return value is not None and value is not False


def execute(
    body: Sequence[Statement], globals_: Mapping[str, LuaValue], loop_us: float
) -> Generator[float, None, LuaValue]:
    """Execute a script with these global names; each step of a loop takes `loop_us`.

    Yields the time that passes; raises `LuaError`. A loop that does nothing passes at once,
    however long it takes.
    """
    ending = yield from _Interpreter(globals_, loop_us).block(body, {})
    return ending.value if isinstance(ending, _Returned) else None


class _Interpreter:
    def __init__(self, globals_: Mapping[str, LuaValue], loop_us: float) -> None:
        self._globals = globals_
        self._loop_us = loop_us
        self._scopes: list[dict[str, LuaValue]] = []

    # -- statements

    def block(self, body: Sequence[Statement], scope: dict[str, LuaValue]) -> Steps:
        """Execute statements in a new scope."""
        self._scopes.append(scope)
        try:
            for statement in body:
                ending = yield from self._statement(statement)
                if ending is not None:
                    return ending
            return None
        finally:
            self._scopes.pop()

    def _statement(self, statement: Statement) -> Steps:
        match statement:
            case Local(name, value):
                self._scopes[-1][name] = self._value(value)
            case Assign(target, value):
                self._assign(target, self._value(value))
            case Run(call):
                self._value(call)
                yield 0.0
            case Return(value):
                return _Returned(self._value(value))
            case Break():
                return BREAK
            case If(branches):
                for condition, body in branches:
                    if is_true(self._value(condition)):
                        return (yield from self.block(body, {}))
            case While():
                return (yield from self._while(statement))
            case For():
                return (yield from self._for(statement))
        return None

    def _while(self, loop: While) -> Steps:
        while is_true(self._value(loop.condition)):
            if not loop.body:
                # Nothing can change the condition.
                yield math.inf
            yield self._loop_us
            ending = yield from self.block(loop.body, {})
            if ending is BREAK:
                break
            if ending is not None:
                return ending
        return None

    def _for(self, loop: For) -> Steps:
        first, last, step = (
            self._number(self._value(each), 1) for each in (loop.first, loop.last, loop.step)
        )
        if step == 0:
            raise LuaError("'for' step is zero")
        if not loop.body:
            yield self._loop_us * max(0, (last - first) // step + 1)
            return None
        at = first
        while at <= last if step > 0 else at >= last:
            yield self._loop_us
            ending = yield from self.block(loop.body, {loop.name: at})
            if ending is BREAK:
                break
            if ending is not None:
                return ending
            at += step
        return None

    def _assign(self, target: Name | Index, value: LuaValue) -> None:
        if isinstance(target, Index):
            table = self._value(target.table)
            if not isinstance(table, Table):
                raise LuaError("attempt to index a value that is no table")
            table.put(self._value(target.key), value)
            return
        for scope in reversed(self._scopes):
            if target.name in scope:
                scope[target.name] = value
                return
        # There is no making global variables.
        raise LuaError("Attempt to modify a readonly table", target.line)

    # -- expressions

    def _value(self, expression: Expression) -> LuaValue:
        match expression:
            case Constant(value):
                return value
            case Name(name, line):
                return self._variable(name, line)
            case Index(table, key):
                found = self._value(table)
                if not isinstance(found, Table):
                    raise LuaError("attempt to index a value that is no table")
                return found.get(self._value(key))
            case Call(function, arguments, line):
                called = self._value(function)
                if not callable(called):
                    raise LuaError("attempt to call a value that is no function", line)
                return called([self._value(each) for each in arguments], line)
            case TableOf(items, named):
                return Table(
                    [self._value(each) for each in items],
                    {name: self._value(each) for name, each in named},
                )
            case Unary(operator, operand):
                return self._unary(operator, self._value(operand))
            case Binary():
                return self._binary(expression)

    def _variable(self, name: str, line: int) -> LuaValue:
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        if name not in self._globals:
            raise LuaError(f"Script attempted to access nonexistent global variable '{name}'", line)
        return self._globals[name]

    def _unary(self, operator: str, value: LuaValue) -> LuaValue:
        if operator == "not":
            return not is_true(value)
        if operator == "-":
            return -self._number(value, 1)
        if isinstance(value, str):
            return float(len(value))
        if isinstance(value, Table):
            return float(len(value.items))
        raise LuaError("attempt to get length of a value that has none")

    def _binary(self, expression: Binary) -> LuaValue:
        operator, line = expression.operator, expression.line
        left = self._value(expression.left)
        if operator == "and":
            return self._value(expression.right) if is_true(left) else left
        if operator == "or":
            return left if is_true(left) else self._value(expression.right)
        right = self._value(expression.right)
        match operator:
            case "==":
                return type(left) is type(right) and left == right
            case "~=":
                return type(left) is not type(right) or left != right
            case "..":
                return _text(left, line) + _text(right, line)
            case "<" | ">" | "<=" | ">=":
                return _compare(operator, left, right, line)
        return _arithmetic(operator, self._number(left, line), self._number(right, line))

    def _number(self, value: LuaValue, line: int) -> float:
        if isinstance(value, float):
            return value
        if isinstance(value, str):
            try:
                return float(value)
            except ValueError:
                pass
        raise LuaError("attempt to perform arithmetic on a value that is no number", line)


def _compare(operator: str, left: LuaValue, right: LuaValue, line: int) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return ORDERS[operator]((left > right) - (left < right))
    if isinstance(left, str) and isinstance(right, str):
        return ORDERS[operator]((left > right) - (left < right))
    raise LuaError("attempt to compare values of different types", line)


ORDERS: Mapping[str, Callable[[int], bool]] = MappingProxyType(
    {
        "<": lambda order: order < 0,
        "<=": lambda order: order <= 0,
        ">": lambda order: order > 0,
        ">=": lambda order: order >= 0,
    }
)


def _arithmetic(operator: str, left: float, right: float) -> float:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    if right == 0:
        return math.nan if operator == "%" or left == 0 else math.copysign(math.inf, left)
    return left / right if operator == "/" else left % right


def _text(value: LuaValue, line: int) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return format_double(value)
    raise LuaError("attempt to concatenate a value that is no text", line)
