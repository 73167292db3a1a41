"""Conditions of routes: small expressions over inputs, with unknowns.

`amount_usd >= 300000000 and not sensitive_sector` is parsed once and checked against a whitelist
(names, constants, and/or/not, comparisons, `in [...]`), then evaluated in three values: an input
that is not known makes a comparison unknown (None), and `and`, `or`, `not` follow Kleene, so that
a definite result stays whatever the unknown inputs turn out to be.
"""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from simpleeval import EvalWithCompoundTypes

from knowledge.errors import CardError

_LONGEST = 500
"""Characters of an expression; the longest of the shipped routes has about 110."""

_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_MEMBERSHIP = (ast.In, ast.NotIn)
_WHITELIST = (
    *(ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.Load),
    *(ast.Name, ast.Constant, ast.List, ast.Tuple, ast.Compare, ast.Eq, ast.NotEq),
    *_ORDERED,
    *_MEMBERSHIP,
)
_LITERALS = {"true": True, "false": False}
_CHARACTERS = "names, numbers, 'strings', true/false, and, or, not, comparisons and in [...]"

Scalar = bool | int | float | str | dt.date
"""What an input or a constant may be."""


class ExpressionError(CardError):
    """An expression that cannot be read, or that compares values which cannot be compared."""


class Comparison(NamedTuple):
    """One comparison of an input with constants, as written in an expression."""

    name: str
    values: tuple[Scalar, ...]
    ordered: bool
    """Whether it asks for more or less, rather than for equality or membership."""


@dataclass(frozen=True)
class Expression:
    """A condition that has been read and found harmless."""

    text: str
    names: frozenset[str]
    """Inputs it looks at."""
    comparisons: tuple[Comparison, ...]
    bare_names: frozenset[str]
    """Inputs used as a condition by themselves: they must be true or false."""
    _tree: ast.Expression = field(repr=False, compare=False)

    def evaluate(self, values: Mapping[str, object]) -> bool | None:
        """Tell whether the condition holds.

        Args:
            values: what is known of the inputs; an input that is absent or None is unknown.

        Returns:
            True, False, or None when it depends on what is not known.

        Raises:
            ExpressionError: a value is of another type than the expression compares it with.
        """
        result = _ThreeValued(self.text, values).eval(self.text, previously_parsed=self._tree.body)
        return _truth(result, self.text)


def parse_expression(text: str) -> Expression:
    """Read a condition.

    Raises:
        ExpressionError: it is not in the language of `docs/ROUTE_FORMAT.md`.
    """
    if len(text) > _LONGEST:
        raise ExpressionError(f"expression of {len(text)} characters; at most {_LONGEST}.")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"{text!r} is not an expression. Use {_CHARACTERS}.") from error
    for node in ast.walk(tree):
        _refuse_what_is_not_listed(node, text)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return Expression(
        text=text,
        names=frozenset(names - _LITERALS.keys()),
        comparisons=tuple(_comparisons(tree)),
        bare_names=frozenset(_bare_names(tree.body)),
        _tree=tree,
    )


def _refuse_what_is_not_listed(node: ast.AST, text: str) -> None:
    allowed = isinstance(node, _WHITELIST)
    if isinstance(node, ast.Constant):
        allowed = isinstance(node.value, (bool, int, float, str))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        allowed = isinstance(node.operand, ast.Constant) and _is_number(node.operand.value)
    elif isinstance(node, (ast.List, ast.Tuple)):
        allowed = all(_is_constant(item) for item in node.elts)
    elif isinstance(node, ast.Compare):
        allowed = all(
            isinstance(right, (ast.List, ast.Tuple)) == isinstance(operator, _MEMBERSHIP)
            for operator, right in zip(node.ops, node.comparators, strict=True)
        ) and not isinstance(node.left, (ast.List, ast.Tuple))
    if not allowed:
        part = ast.unparse(node) if isinstance(node, ast.expr) else type(node).__name__
        raise ExpressionError(f"{text!r}: {part!r} is not allowed here. Use {_CHARACTERS}.")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_constant(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.operand, ast.Constant)
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id in _LITERALS)


def _constants(node: ast.expr) -> tuple[Scalar, ...]:
    if isinstance(node, (ast.List, ast.Tuple)):
        return tuple(value for item in node.elts for value in _constants(item))
    if isinstance(node, ast.Name):
        return (_LITERALS[node.id],) if node.id in _LITERALS else ()
    value: Scalar | None = ast.literal_eval(node) if _is_constant(node) else None
    return () if value is None else (value,)


def _comparisons(tree: ast.AST) -> Iterator[Comparison]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
            ordered = isinstance(operator, _ORDERED)
            for name, other in ((left, right), (right, left)):
                if isinstance(name, ast.Name) and name.id not in _LITERALS:
                    yield Comparison(name.id, _constants(other), ordered)


def _bare_names(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Name) and node.id not in _LITERALS:
        yield node.id
    elif isinstance(node, ast.BoolOp):
        for part in node.values:
            yield from _bare_names(part)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield from _bare_names(node.operand)


class _ThreeValued(EvalWithCompoundTypes):  # type: ignore[misc]  # simpleeval ships no types
    """simpleeval, reduced to the whitelist, with None for what is not known."""

    nodes: dict[type[ast.AST], Callable[..., object]]

    def __init__(self, text: str, values: Mapping[str, object]) -> None:
        super().__init__(functions={}, names=values)
        self._text = text
        self.nodes = {node: self.nodes[node] for node in _WHITELIST if node in self.nodes}

    def _eval_name(self, node: ast.Name) -> object:
        return _LITERALS.get(node.id, self.names.get(node.id))

    def _eval_unaryop(self, node: ast.UnaryOp) -> object:
        if isinstance(node.op, ast.USub):
            return super()._eval_unaryop(node)
        known = _truth(self._eval(node.operand), self._text)
        return None if known is None else not known

    def _eval_boolop(self, node: ast.BoolOp) -> bool | None:
        decisive = isinstance(node.op, ast.Or)
        unknown = False
        for part in node.values:
            known = _truth(self._eval(part), self._text)
            if known is decisive:
                return decisive
            unknown = unknown or known is None
        return None if unknown else not decisive

    def _eval_compare(self, node: ast.Compare) -> bool | None:
        """Compare neighbours pairwise, joined by `and`: a definite False outweighs an unknown."""
        sides = [self._eval(side) for side in (node.left, *node.comparators)]
        unknown = False
        for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
            if left is None or right is None:
                unknown = True
                continue
            left, right = _comparable(left, right, isinstance(operator, _ORDERED), self._text)
            if not self.operators[type(operator)](left, right):
                return False
        return None if unknown else True


def _truth(value: object, text: str) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise ExpressionError(f"{text!r}: {value!r} is used as a condition but is not true or false.")


def _family(value: object) -> str:
    if isinstance(value, bool):
        return "true/false"
    if isinstance(value, (int, float)):
        return "number"
    return "date" if isinstance(value, dt.date) else "text" if isinstance(value, str) else "other"


def _comparable(left: object, right: object, ordered: bool, text: str) -> tuple[object, object]:
    """Return both sides, an ISO text as a date where it meets one.

    Raises:
        ExpressionError: the two sides are of different types, or have no order.
    """
    if isinstance(right, (list, tuple)):
        pairs = [_comparable(left, item, ordered, text) for item in right]
        return (pairs[0][0] if pairs else left), [item for _, item in pairs]
    families = {_family(left), _family(right)}
    if families == {"date", "text"}:
        return _date(left, text), _date(right, text)
    if len(families) > 1 or "other" in families or (ordered and families & {"text", "true/false"}):
        raise ExpressionError(
            f"{text!r}: cannot compare {left!r} with {right!r}; "
            f"one is {_family(left)}, the other {_family(right)}."
        )
    return left, right


def _date(value: object, text: str) -> dt.date:
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError as error:
        raise ExpressionError(f"{text!r}: {value!r} is not a date like 2026-04-01.") from error
