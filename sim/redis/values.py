"""What can stand at a key: text, or one of four containers.

A container is changed in place by the commands of its type; `Keyspace.editing` keeps the books. Its
*cells* are its content as pairs of texts, which is how the trace tells of it: position and element
of a list, member and ``1`` of a set, member and score of a sorted set, field and value of a hash.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator
from typing import ClassVar, TypeAlias

from minisentinel.wire import format_double

__all__ = [
    "Container",
    "HashValue",
    "ListValue",
    "Named",
    "SetValue",
    "SortedSetValue",
    "Value",
    "copied",
    "size_of",
    "type_of",
]

MEMBER = "1"
"""The text of a cell that has no value of its own: a member of a set."""

SCORE_BYTES = 8


class ListValue:
    """A list. `first` is the position of its first element: it falls with every push on the left.

    So an element keeps its position while others come and go at the ends.
    """

    __slots__ = ("first", "items", "size")
    type_name: ClassVar[str] = "list"

    def __init__(self, items: deque[str] | None = None, first: int = 0) -> None:
        self.items: deque[str] = items if items is not None else deque()
        self.first = first
        self.size = sum(map(len, self.items))

    def __len__(self) -> int:
        return len(self.items)

    def copy(self) -> ListValue:
        """The same elements at the same positions."""
        return ListValue(self.items.copy(), self.first)

    def cells(self) -> Iterator[tuple[str, str]]:
        """Positions and elements."""
        return ((str(self.first + index), item) for index, item in enumerate(self.items))

    def push(self, item: str, *, left: bool) -> int:
        """Add `item` at one end; returns its position."""
        self.size += len(item)
        if left:
            self.items.appendleft(item)
            self.first -= 1
            return self.first
        self.items.append(item)
        return self.first + len(self.items) - 1

    def pop(self, *, left: bool) -> tuple[int, str]:
        """Take the element at one end of a list that has one: its position and itself."""
        if left:
            item = self.items.popleft()
            position = self.first
            self.first += 1
        else:
            item = self.items.pop()
            position = self.first + len(self.items)
        self.size -= len(item)
        return position, item

    def replace(self, items: list[str]) -> None:
        """All elements anew, from the same first position."""
        self.items = deque(items)
        self.size = sum(map(len, items))


class SetValue:
    """A set; members in the order in which they came."""

    __slots__ = ("members", "size")
    type_name: ClassVar[str] = "set"

    def __init__(self, members: dict[str, None] | None = None) -> None:
        self.members: dict[str, None] = members if members is not None else {}
        self.size = sum(map(len, self.members))

    def __len__(self) -> int:
        return len(self.members)

    def copy(self) -> SetValue:
        """The same members."""
        return SetValue(self.members.copy())

    def cells(self) -> Iterator[tuple[str, str]]:
        """Members, all with the same text."""
        return ((member, MEMBER) for member in self.members)

    def add(self, member: str) -> bool:
        """Add a member; False if it was there."""
        if member in self.members:
            return False
        self.members[member] = None
        self.size += len(member)
        return True

    def remove(self, member: str) -> bool:
        """Remove a member; False if it was not there."""
        if member not in self.members:
            return False
        del self.members[member]
        self.size -= len(member)
        return True


class HashValue:
    """A hash; fields in the order in which they came."""

    __slots__ = ("fields", "size")
    type_name: ClassVar[str] = "hash"

    def __init__(self, fields: dict[str, str] | None = None) -> None:
        self.fields: dict[str, str] = fields if fields is not None else {}
        self.size = sum(len(field) + len(value) for field, value in self.fields.items())

    def __len__(self) -> int:
        return len(self.fields)

    def copy(self) -> HashValue:
        """The same fields and values."""
        return HashValue(self.fields.copy())

    def cells(self) -> Iterator[tuple[str, str]]:
        """Fields and values."""
        return iter(self.fields.items())

    def put(self, field: str, value: str) -> bool:
        """Set a field; True if it is new."""
        old = self.fields.get(field)
        self.fields[field] = value
        self.size += len(value) - len(old) if old is not None else len(field) + len(value)
        return old is None

    def remove(self, field: str) -> bool:
        """Remove a field; False if it was not there."""
        value = self.fields.pop(field, None)
        if value is None:
            return False
        self.size -= len(field) + len(value)
        return True


class SortedSetValue:
    """A sorted set: members by score, and by themselves where scores are equal."""

    __slots__ = ("ranked", "scores", "size")
    type_name: ClassVar[str] = "zset"

    def __init__(self, scores: dict[str, float] | None = None) -> None:
        self.scores: dict[str, float] = scores if scores is not None else {}
        self.ranked: list[tuple[float, str]] = sorted(
            (score, member) for member, score in self.scores.items()
        )
        self.size = sum(len(member) + SCORE_BYTES for member in self.scores)

    def __len__(self) -> int:
        return len(self.scores)

    def copy(self) -> SortedSetValue:
        """The same members and scores."""
        return SortedSetValue(self.scores.copy())

    def cells(self) -> Iterator[tuple[str, str]]:
        """Members and scores, by rank."""
        return ((member, format_double(score)) for score, member in self.ranked)

    def put(self, member: str, score: float) -> bool:
        """Set the score of a member; True if it is new."""
        is_new = not self.remove(member)
        self.scores[member] = score
        insort(self.ranked, (score, member))
        self.size += len(member) + SCORE_BYTES
        return is_new

    def remove(self, member: str) -> bool:
        """Remove a member; False if it was not there."""
        score = self.scores.pop(member, None)
        if score is None:
            return False
        del self.ranked[bisect_left(self.ranked, (score, member))]
        self.size -= len(member) + SCORE_BYTES
        return True

    def rank(self, member: str) -> int | None:
        """How many members come before this one; None if it is not there."""
        score = self.scores.get(member)
        return None if score is None else bisect_left(self.ranked, (score, member))


Named: TypeAlias = SetValue | HashValue | SortedSetValue
Container: TypeAlias = ListValue | Named
Value: TypeAlias = str | Container


def copied(value: Value) -> Value:
    """The value, apart from what becomes of the original."""
    return value if isinstance(value, str) else value.copy()


def size_of(value: Value) -> int:
    """Bytes of the content."""
    return len(value) if isinstance(value, str) else value.size


def type_of(value: Value) -> str:
    """What TYPE calls it."""
    return "string" if isinstance(value, str) else value.type_name
