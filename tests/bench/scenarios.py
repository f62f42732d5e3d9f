"""The scenarios by name: what the load generator is asked to do, and against which server."""

from dataclasses import dataclass, field

from tests.bench import town
from tests.bench.database import Town

ANY = "-"


@dataclass(frozen=True)
class Scenario:
    """``mode`` is the load generator's; ``people`` picks who comes: pairs, light, heavy, missed, all. A delivered message is what CPU
    is divided by, or with ``per`` "connection" one that came."""

    name: str
    what: str
    mode: str = "pairs"
    people: str = "pairs"
    pairs: int = 50
    database: str = "sqlite"
    tls: bool = False
    pinned: bool = True
    per: str = "message"
    seconds: float | None = None
    options: dict[str, float] = field(default_factory=dict)

    @property
    def connections(self) -> int:
        return {"light": town.LIGHT, "heavy": town.HEAVY, "missed": town.MISSED, "all": 10_000}.get(
            self.people, 2 * (self.pairs + ("flood" in self.options))
        )

    def cast(self, made: Town) -> list[str]:
        """A line for each connection: token, conversation, head, sync token, how many conversations have news since."""
        if self.people == "pairs":
            return [_line(made, nth, side, made.nothing_new, ANY) for nth in range(self.connections // 2) for side in (0, 1)]
        if self.people == "missed":
            return [_line(made, nth, 0, made.since_last_night, 1, behind=town.MISSED_EACH) for nth in range(town.MISSED)]
        first = town.LIGHT + town.FURTHER if self.people == "heavy" else 0
        since, news = (made.since_the_news, 2 * town.NEWS_REACH) if self.people == "heavy" else (made.nothing_new, 0)
        return [f"{token} - 0 {since} {news}" for token in made.tokens[first : first + self.connections]]


def _line(made: Town, pair: int, side: int, since: str, news: object, behind: int = 0) -> str:
    conversation, head, *people = made.pairs[pair]
    return f"{made.tokens[people[side]]} {conversation} {head - behind} {since} {news}"


SCENARIOS = (
    Scenario("direct_w16", "50 pairs, window 16", options={"window": 16}),
    Scenario("direct_w16_marks", "the same, all marked", options={"window": 16, "marks": 1}),
    Scenario("direct_w1", "500 pairs, window 1", pairs=500, options={"window": 1}),
    Scenario("direct_w1_marks", "the same, all marked", pairs=500, options={"window": 1, "marks": 1}),
    Scenario("direct_300", "100 pairs, 300/s in all", pairs=100, options={"rate": 300}),
    Scenario("direct_300_marks", "the same, all marked", pairs=100, options={"rate": 300, "marks": 1}),
    Scenario("direct_w16_pg", "50 pairs, window 16", database="postgresql", options={"window": 16}),
    Scenario("direct_300_pg", "100 pairs, 300/s in all", pairs=100, database="postgresql", options={"rate": 300}),
    Scenario("direct_5000", "500 pairs, 5,000/s in all", pairs=500, options={"rate": 5000}),
    Scenario("stalled_reader", "50 pairs, 1,000/s; one stopped reading", options={"rate": 1000, "flood": 100, "flood_bytes": 8192}),
    Scenario("idle_10000", "10,000 idle", "idle", "all", per="connection", seconds=30, options={"parallel": 200, "windows": 1}),
    Scenario("resume_20", "2,000 with 20 conversations", "storm", "light", per="connection", options={"parallel": town.LIGHT}),
    Scenario("resume_200", "400 with 200, news in 20", "storm", "heavy", per="connection", options={"parallel": town.HEAVY}),
    Scenario("catch_up", "500 fetch 200 messages each", "catch_up", "missed", options={"window": 50}),
    Scenario("direct_w16_2000", "2,000 pairs, window 16", pairs=2000, options={"window": 16, "parallel": 100}),
    Scenario("direct_w16_tls", "50 pairs, window 16, TLS", tls=True, options={"window": 16}),
    Scenario("direct_w16_unpinned", "50 pairs, window 16, no core", pinned=False, options={"window": 16}),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
