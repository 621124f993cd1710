"""`all`, `any` and `not`: how conditions are put together, in three-valued logic. What cannot be decided stays so.

Every condition can also be asked whether it is `shut`: whether it surely says NO, told from the view's first glance
alone. That costs next to nothing, and most rules are shut for most mails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

from mailguard.mail.verdict import Because
from mailguard.policy.result import Result, TextNotKept, Told, Truth, bounded_again, not_kept
from mailguard.policy.view import View

#: Of alternatives that all fail so many say why: a rule may have a score of them, and nobody reads a page of noes.
_SAID = 3
#: Whether a condition is surely NO.
Gate = Callable[[View], bool]


class Signs(NamedTuple):
    """What a condition needs: it is surely NO to a mail that has none of `keys` among what `look` tells of it.

    look: the same function for all conditions of a kind, so that many are looked up at once; None where a glance does
    not tell. lists: the keys are ids of lists, which count for nothing where the first look does not know them.
    """

    look: Callable[[View], frozenset[str] | frozenset[int] | None]
    keys: frozenset[str] | frozenset[int]
    lists: bool = False


class Condition(Protocol):
    """Looks at a mail. Pure; whatever it raises is held against the mail by the judge, never for it."""

    def look(self, view: View) -> Result: ...


class Once:
    """A condition that several rules may share: looked at once for each mail."""

    __slots__ = ("condition",)

    def __init__(self, condition: Condition) -> None:
        self.condition = condition

    def __repr__(self) -> str:
        return repr(self.condition)

    def look(self, view: View) -> Result:
        result = view.looked.get(self)
        if result is None:
            result = view.looked[self] = self.condition.look(view)
        return result


def needs_of(conditions: Iterable[Condition]) -> frozenset[str]:
    """What must be asked of others before a mail is judged by these conditions and all that stands in them."""
    found: frozenset[str] = frozenset()
    for condition in conditions:
        match condition:
            case All() | Any():
                found |= needs_of(condition.parts)
            case Not():
                found |= needs_of((condition.part,))
            case Once():
                found |= needs_of((condition.condition,))
            case _:
                found |= getattr(condition, "needs", frozenset())
    return found


def ask(condition: Condition, view: View) -> Result:
    """What a condition says; undecided where it asks for a text that the record of a mail does not hold."""
    try:
        return condition.look(view)
    except TextNotKept:
        return not_kept()


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds. Parts that pick recipients are together about all that any of them picks."""

    parts: tuple[Condition, ...]

    def shut(self, view: View) -> bool:
        return any(gate(view) for part in self.parts for gate in gates_of(part))

    def look(self, view: View) -> Result:
        seen: list[Result] = []
        for part in self.parts:
            result = ask(part, view)
            if result.truth is Truth.NO:
                return result  # the first part that fails says why
            seen.append(result)
        result = _together(min(r.truth for r in seen), seen, Because("、かつ", " and "))
        picked = [r.picked for r in seen if r.picked is not None]
        maybe = [r.maybe for r in seen]
        if result.truth is Truth.UNKNOWN and picked:
            picked += [some for some in maybe if some is not None]  # nobody passes for having stood beside a YES
        return replace(result, picked=frozenset().union(*picked) if picked else None, maybe=_anybody(maybe))


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part holds."""

    parts: tuple[Condition, ...]
    _gates: tuple[tuple[Gate, ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_gates", tuple(map(gates_of, self.parts)))

    def shut(self, view: View) -> bool:
        for gates in self._gates:  # no any(): a rule may have a score of parts, and most mails shut them all
            for gate in gates:
                if gate(view):
                    break
            else:
                return False
        return True

    def look(self, view: View) -> Result:
        seen = [ask(part, view) for part in self.parts]
        truth = max(r.truth for r in seen)
        telling = [r for r in seen if r.truth is truth]
        joint = Because("、また", "; and ") if truth is Truth.NO else Because("、また", " and ")
        result = _together(truth, telling, joint, most=None if truth is Truth.YES else _SAID)
        if truth is Truth.NO:
            return result
        # A part that is about nobody in particular is about everybody, whomever another part picks beside it.
        maybe = [r.maybe for r in telling]
        if truth is Truth.YES:
            maybe += [r.picked for r in seen if r.truth is Truth.UNKNOWN]
        return replace(result, picked=_anybody(r.picked for r in telling), maybe=_anybody(maybe))


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold. It is about nobody in particular."""

    part: Condition

    def look(self, view: View) -> Result:
        inner = ask(self.part, view)

        def say() -> Because:
            said = inner.say()
            return Because(f"{said.ja}〔当たらないことが条件〕", f"{said.en} [must not hold]")

        return Result(Truth(2 - inner.truth), say, unread=inner.unread)


def gates_of(condition: Condition) -> tuple[Gate, ...]:
    """What can be asked at a glance: if one of them is shut, the condition is NO."""
    if isinstance(condition, All):
        return tuple(gate for part in condition.parts for gate in gates_of(part))
    if isinstance(condition, Once):
        condition = condition.condition
    shut: Gate | None = getattr(condition, "shut", None)
    return () if shut is None else (shut,)


def signs_of(gate: Gate) -> Signs | None:
    """What the condition that a gate belongs to needs; None where that is not said."""
    found: Signs | None = getattr(getattr(gate, "__self__", None), "signs", None)
    return found


def _together(truth: Truth, parts: Iterable[Result], joint: Because, most: int | None = None) -> Result:
    """most: so many parts say why, where there are more than one beyond, and the rest is counted; None: all."""
    parts = tuple(parts)
    if len(parts) == 1:
        return parts[0]

    def say() -> Because:
        shown = parts if most is None or len(parts) <= most + 1 else parts[:most]
        clauses = [r.say() for r in shown]
        ja, en = joint.ja.join(c.ja for c in clauses), joint.en.join(c.en for c in clauses)
        rest = len(parts) - len(shown)
        return (
            Because(f"{ja}、ほか{rest}個の条件も同様です", f"{en}, and {rest} more likewise")
            if rest
            else Because(ja, en)
        )

    def tell() -> Told:
        told = [r.tell() for r in parts]
        values: dict[str, Because] = {}
        for name, value in ((name, value) for one in told for name, value in one.values.items()):
            values[name] = value if value.ja else values.get(name, value)  # a part with nothing to say says nothing
        meant = {key: other for one in reversed(told) for key, other in one.meant.items()}  # the first part's word
        return Told(bounded_again(one.evidence for one in told), values, meant)

    return Result(truth, say, tell, unread=tuple(sorted({name for r in parts for name in r.unread})))


def _anybody(recipients: Iterable[frozenset[int] | None]) -> frozenset[int] | None:
    """All of them; None, which is everybody, if one is."""
    found: frozenset[int] = frozenset()
    for some in recipients:
        if some is None:
            return None
        found |= some
    return found
