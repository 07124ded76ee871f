"""How the simulated network is told to misbehave: rules that a test adds and takes away."""

from dataclasses import dataclass
from enum import StrEnum

from system.securityserver.faults import Generation

#: What is asked whenever it suits: a rule for a number of deliveries is not used up by it, unless it says so.
QUESTIONS = frozenset({"getCallouts"})


class Effect(StrEnum):
    """What a rule makes happen to a delivery."""

    FAULT = "fault"  # the security server refuses with `code` in the spelling of `generation`
    DOWN = "down"  # the partner cannot be reached: network_error
    DELAY = "delay"  # the answer comes `milliseconds` later
    CUT_BEFORE = "cut-before"  # the connection breaks, the partner got nothing
    CUT_AFTER = "cut-after"  # the partner got it, the connection breaks in the answer
    DUPLICATE = "duplicate"  # the partner gets it twice
    BUSINESS = "business"  # the partner refuses it with `code`
    PARTNER_FAULT = "partner-fault"  # the partner answers its own SOAP fault `code`
    STATUS = "status"  # the partner answers with HTTP `status`, and Retry-After if given
    MISMATCH = "mismatch"  # the answer carries another message's id
    WRONG_HASH = "wrong-hash"  # the answer's requestHash is of other bytes
    GARBAGE = "garbage"  # the answer is a page of a proxy


@dataclass(slots=True)
class Rule:
    """One misbehaviour: for which partner, reference and service, how often (None: for ever)."""

    partner: str
    effect: Effect
    code: str = "server.serverproxy.service_failed.internal_error"
    generation: Generation = Generation.NEW
    milliseconds: int = 0
    status: int = 500
    retry_after: int | None = None
    reference: str | None = None
    kind: str | None = None
    times: int | None = None


class Behaviour:
    """The rules in force; the first that fits a delivery is used up by it."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def add(self, rule: Rule) -> None:
        """Put a rule in force, behind those already there."""
        self.rules.append(rule)

    def clear(self, partner: str | None = None, effect: Effect | None = None) -> None:
        """Take away all rules, or those of one partner or effect."""
        self.rules = [
            rule
            for rule in self.rules
            if (partner is not None and rule.partner != partner)
            or (effect is not None and rule.effect != effect)
        ]

    def next(self, partner: str, reference: str, kind: str) -> Rule | None:
        """The rule for this delivery; one use less remains of it."""
        for rule in self.rules:
            if rule.partner != partner or rule.reference not in (None, reference):
                continue
            if rule.kind not in (None, kind):
                continue
            if rule.kind is None and kind in QUESTIONS and (rule.effect, rule.times) != (Effect.DOWN, None):
                continue
            if rule.times is not None:
                rule.times -= 1
                if rule.times <= 0:
                    self.rules.remove(rule)
            return rule
        return None
