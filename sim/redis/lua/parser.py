"""From the text of a script to its syntax tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

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

__all__ = ["CompileError", "compile_script"]


class CompileError(ValueError):
    """A script that is wrong, or beyond the part of Lua that there is here; with its line."""


KEYWORDS = frozenset(
    (
        *("and", "break", "do", "else", "elseif", "end", "false", "for", "if"),
        *("local", "nil", "not", "or", "return", "then", "true", "while"),
    )
)
BEYOND = frozenset(("function", "goto", "in", "repeat", "until"))
TOKEN = re.compile(
    r"""(?P<blank>\s+|--\[\[.*?\]\]|--[^\n]*)
    |(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<name>[A-Za-z_]\w*)
    |(?P<symbol>\.\.|==|~=|<=|>=|[-+*/%<>=(){}\[\],;.\#])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
PRECEDENCE = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("<", ">", "<=", ">=", "~=", "=="), 3),
    "..": 4,
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/", "%"), 6),
}
UNARY_PRECEDENCE = 7
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "'": "'", "0": "\0"}


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    line: int


def _tokens(text: str) -> Iterator[Token]:
    at, line = 0, 1
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise CompileError(f"user_script:{line}: unexpected symbol near '{text[at]}'")
        kind, found = match.lastgroup or "", match[0]
        if kind != "blank":
            is_word = kind == "name" and found in KEYWORDS | BEYOND
            yield Token("symbol" if is_word else kind, found, line)
        line += found.count("\n")
        at = match.end()
    yield Token("end", "<eof>", line)


def compile_script(text: str) -> tuple[Statement, ...]:
    """The statements of a script; raises `CompileError`."""
    parser = _Parser(list(_tokens(text)))
    body = parser.block()
    parser.expect_end()
    return body


class _Parser:
    """Recursive descent; every method reads what it is called after."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    # -- tokens

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _accept(self, symbol: str) -> bool:
        if self._next.kind == "symbol" and self._next.text == symbol:
            self._at += 1
            return True
        return False

    def _expect(self, symbol: str) -> None:
        if not self._accept(symbol):
            token = self._next
            raise CompileError(f"user_script:{token.line}: '{symbol}' expected near '{token.text}'")

    def _name(self) -> str:
        token = self._take()
        if token.kind != "name":
            raise CompileError(f"user_script:{token.line}: <name> expected near '{token.text}'")
        return token.text

    def _unexpected(self) -> CompileError:
        token = self._next
        if token.text in BEYOND:
            return CompileError(f"user_script:{token.line}: '{token.text}' is not simulated")
        return CompileError(f"user_script:{token.line}: unexpected symbol near '{token.text}'")

    def expect_end(self) -> None:
        """Nothing may follow."""
        if self._next.kind != "end":
            raise self._unexpected()

    # -- statements

    def block(self) -> tuple[Statement, ...]:
        """Statements up to whatever ends the block."""
        statements: list[Statement] = []
        while True:
            while self._accept(";"):
                pass
            token = self._next
            if token.kind == "end" or token.text in ("end", "else", "elseif"):
                return tuple(statements)
            statements.append(self._statement())

    def _statement(self) -> Statement:
        if self._accept("local"):
            name = self._name()
            value = self._expression() if self._accept("=") else Constant(None)
            return Local(name, value)
        if self._accept("if"):
            return self._if()
        if self._accept("while"):
            condition = self._expression()
            return While(condition, self._body())
        if self._accept("for"):
            return self._for()
        if self._accept("do"):
            body = self.block()
            self._expect("end")
            return If(((Constant(True), body),))
        if self._accept("break"):
            return Break()
        if self._accept("return"):
            ends = self._next.kind == "end" or self._next.text in ("end", "else", "elseif", ";")
            return Return(Constant(None) if ends else self._expression())
        return self._assignment_or_call()

    def _assignment_or_call(self) -> Statement:
        found = self._suffixed()
        if isinstance(found, Call):
            return Run(found)
        if isinstance(found, Name | Index) and self._accept("="):
            return Assign(found, self._expression())
        raise self._unexpected()

    def _body(self) -> tuple[Statement, ...]:
        self._expect("do")
        body = self.block()
        self._expect("end")
        return body

    def _if(self) -> If:
        branches: list[tuple[Expression, tuple[Statement, ...]]] = []
        while True:
            condition = self._expression()
            self._expect("then")
            branches.append((condition, self.block()))
            if not self._accept("elseif"):
                break
        if self._accept("else"):
            branches.append((Constant(True), self.block()))
        self._expect("end")
        return If(tuple(branches))

    def _for(self) -> For:
        name = self._name()
        if self._next.text in (",", "in"):
            raise CompileError(f"user_script:{self._next.line}: generic 'for' is not simulated")
        self._expect("=")
        first = self._expression()
        self._expect(",")
        last = self._expression()
        step = self._expression() if self._accept(",") else Constant(1.0)
        return For(name, first, last, step, self._body())

    # -- expressions

    def _expression(self, least: int = 0) -> Expression:
        left = self._unary()
        while True:
            token = self._next
            precedence = PRECEDENCE.get(token.text, 0) if token.kind == "symbol" else 0
            if precedence <= least:
                return left
            self._take()
            # Concatenation associates to the right.
            right = self._expression(precedence - 1 if token.text == ".." else precedence)
            left = Binary(token.text, left, right, token.line)

    def _unary(self) -> Expression:
        for operator in ("not", "-", "#"):
            if self._accept(operator):
                return Unary(operator, self._expression(UNARY_PRECEDENCE - 1))
        return self._simple()

    def _simple(self) -> Expression:
        token = self._next
        if token.kind == "number":
            self._take()
            return Constant(float(token.text))
        if token.kind == "string":
            self._take()
            return Constant(_unescaped(token.text[1:-1]))
        for word, value in (("nil", None), ("true", True), ("false", False)):
            if self._accept(word):
                return Constant(value)
        if self._accept("{"):
            return self._table()
        return self._suffixed()

    def _suffixed(self) -> Expression:
        """A name or an expression in parentheses, with whatever hangs behind it."""
        token = self._next
        found: Expression
        if token.kind == "name":
            self._take()
            found = Name(token.text, token.line)
        elif self._accept("("):
            found = self._expression()
            self._expect(")")
        else:
            raise self._unexpected()
        while True:
            if self._accept("."):
                found = Index(found, Constant(self._name()))
            elif self._accept("["):
                found = Index(found, self._expression())
                self._expect("]")
            elif self._next.text == "(" and self._next.kind == "symbol":
                line = self._take().line
                found = Call(found, self._list(")"), line)
            else:
                return found

    def _list(self, end: str) -> tuple[Expression, ...]:
        found: list[Expression] = []
        while not self._accept(end):
            if found:
                self._expect(",")
            found.append(self._expression())
        return tuple(found)

    def _table(self) -> TableOf:
        items: list[Expression] = []
        named: list[tuple[str, Expression]] = []
        while not self._accept("}"):
            following = self._tokens[self._at + 1]
            if self._next.kind == "name" and following.text == "=":
                name = self._name()
                self._expect("=")
                named.append((name, self._expression()))
            else:
                items.append(self._expression())
            if not self._accept(",") and not self._accept(";"):
                self._expect("}")
                break
        return TableOf(tuple(items), tuple(named))


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: ESCAPES.get(match[1], match[1]), text, flags=re.DOTALL)
