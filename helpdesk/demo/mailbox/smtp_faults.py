"""Faults that the SMTP server shows to a sender on request."""

import random
import threading
from dataclasses import dataclass, field

FAULT_KINDS = (
    "rcpt_4xx",
    "rcpt_5xx",
    "data_4xx",
    "data_5xx",
    "black_hole",
    "drop_before_data",
    "drop_after_data",
    "drop_before_quit",
    "delay",
)


@dataclass
class SmtpFault:
    """One rule: `times` None means without end; `used` counts how often it was applied."""

    kind: str
    times: int | None
    probability: float | None
    recipient: str | None
    how: dict
    used: int = 0
    generator: random.Random = field(default_factory=random.Random)


class SmtpFaults:
    """The active rules."""

    def __init__(self) -> None:
        self.rules: list[SmtpFault] = []
        self._lock = threading.Lock()

    def add(
        self,
        kind: str,
        *,
        times: int | None = 1,
        probability: float | None = None,
        seed: int = 0,
        recipient: str | None = None,
        **how,
    ) -> SmtpFault:
        """Add a rule; ValueError for an unknown kind. A probability without `times` applies without end."""
        if kind not in FAULT_KINDS:
            raise ValueError(f"unknown fault {kind!r}; known: {', '.join(FAULT_KINDS)}")
        if probability is not None and times == 1:
            times = None
        rule = SmtpFault(kind, times, probability, recipient, how, generator=random.Random(seed))
        with self._lock:
            self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            self.rules.clear()

    def find_fault(self, kinds: tuple[str, ...], recipients: list[str]) -> SmtpFault | None:
        """The first rule of these kinds that applies to mail for these recipients; counts its use."""
        with self._lock:
            for rule in self.rules:
                if rule.kind not in kinds or (rule.recipient and rule.recipient not in recipients):
                    continue
                if rule.times is not None and rule.used >= rule.times:
                    continue
                if rule.probability is not None and rule.generator.random() >= rule.probability:
                    continue
                rule.used += 1
                return rule
        return None
