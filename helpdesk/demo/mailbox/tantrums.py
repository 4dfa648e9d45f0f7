"""What a mail server may do to a sender, on demand."""

import random
import threading
from dataclasses import dataclass, field

KINDS = (
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
class Tantrum:
    """One rule: `times` None is for ever; `used` counts how often it struck."""

    kind: str
    times: int | None
    probability: float | None
    recipient: str | None
    how: dict
    used: int = 0
    dice: random.Random = field(default_factory=random.Random)


class Tantrums:
    """The rules in force."""

    def __init__(self) -> None:
        self.rules: list[Tantrum] = []
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
    ) -> Tantrum:
        """Add a rule; ValueError for an unknown kind. A probability without `times` strikes for ever."""
        if kind not in KINDS:
            raise ValueError(f"unknown tantrum {kind!r}; known: {', '.join(KINDS)}")
        if probability is not None and times == 1:
            times = None
        rule = Tantrum(kind, times, probability, recipient, how, dice=random.Random(seed))
        with self._lock:
            self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self.rules.clear()

    def strike(self, kinds: tuple[str, ...], recipients: list[str]) -> Tantrum | None:
        """The first rule of these kinds that strikes mail to these recipients; counts it."""
        with self._lock:
            for rule in self.rules:
                if rule.kind not in kinds or (rule.recipient and rule.recipient not in recipients):
                    continue
                if rule.times is not None and rule.used >= rule.times:
                    continue
                if rule.probability is not None and rule.dice.random() >= rule.probability:
                    continue
                rule.used += 1
                return rule
        return None
