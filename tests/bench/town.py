"""Who lives in the database of the benchmark, and who talks to whom: numbers and shapes, no I/O.

Direct conversations alone: ``LIGHT`` people in a ring with 20 conversations each, ``FURTHER`` people in pairs, ``HEAVY`` people in a ring
with 200 each. A million messages lie in the first ring; of its pairs (2k, 2k + 1) the first ``MISSED`` got 200 messages last night.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

LIGHT, FURTHER, HEAVY = 2_000, 8_000, 400
PEOPLE = LIGHT + FURTHER + HEAVY
LIGHT_REACH, HEAVY_REACH, NEWS_REACH = 10, 100, 10  # neighbours on either side
MESSAGES = 1_000_000
MISSED, MISSED_EACH = 500, 200
BATCH = 8  # messages that share a position of the feed
DAY_MS = 24 * 3600 * 1000
DAYS = 60


@dataclass
class Talk:
    """A direct conversation of two people (their places in the town); ``old`` messages of the days, ``night`` and ``news`` later ones."""

    one: int
    other: int
    old: int
    night: int = 0
    news: int = 0
    id: int = 0
    head: int = 0
    first_at: int = 0
    last_at: int = 0
    place: int = 0
    old_place: int = 0
    read: dict[int, int] = field(default_factory=dict)

    @property
    def messages(self) -> int:
        return self.old + self.night + self.news


def ring(first: int, people: int, reach: int) -> Iterator[tuple[int, int, int]]:
    """(one, other, distance) of a ring in which everybody knows the ``reach`` next ones on either side."""
    for distance in range(1, reach + 1):
        for person in range(people):
            yield first + person, first + (person + distance) % people, distance


def talks() -> list[Talk]:
    """All conversations, those of the pairs first: pair k of ``pairs`` is the k-th."""
    light = list(ring(0, LIGHT, LIGHT_REACH))
    light.sort(key=lambda one: (one[2] != 1 or one[0] % 2, one))
    missed = MISSED * 2 * MISSED_EACH
    each, over = divmod(MESSAGES - missed, len(light) - MISSED)
    made = [Talk(one, other, MISSED_EACH, night=MISSED_EACH) for one, other, _ in light[:MISSED]]
    made += [Talk(one, other, each + (nth < over)) for nth, (one, other, _) in enumerate(light[MISSED:])]
    made += [Talk(LIGHT + person, LIGHT + person + 1, 10) for person in range(0, FURTHER, 2)]
    made += [Talk(one, other, 1, news=distance <= NEWS_REACH) for one, other, distance in ring(LIGHT + FURTHER, HEAVY, HEAVY_REACH)]
    return made


def pairs(all_talks: list[Talk]) -> list[Talk]:
    """Conversations no two of which share a person: first those in the ring, then the further people's."""
    ring_size = LIGHT * LIGHT_REACH
    return all_talks[: LIGHT // 2] + all_talks[ring_size : ring_size + FURTHER // 2]


def order(all_talks: list[Talk], count: str, draw: random.Random) -> list[int]:
    """In which order their messages came: indices of talks, mixed."""
    made = [nth for nth, talk in enumerate(all_talks) for _ in range(getattr(talk, count))]
    draw.shuffle(made)
    return made
