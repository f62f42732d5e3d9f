"""The scenarios by name: what the load generator is asked to do, and against which server."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.bench import staff, town
from tests.bench.database import Town
from tests.bench.kept import ORGANISATION, TOWN, Made
from tests.bench.organisation import Organisations

ANY = "-"


@dataclass(frozen=True)
class Scenario:
    """``place`` is the database, ``mode`` the load generator's, ``performed`` who does it where that is not the load generator alone.

    ``people`` picks who comes: pairs, light, heavy, missed, all; of the organisation pairs, searchers. A delivered message is what CPU is
    divided by, or with ``per`` "connection" one that came. ``quick``: options of a quick run, which ``scaled`` tells.
    """

    name: str
    what: str
    mode: str = "pairs"
    people: str = "pairs"
    pairs: int = 50
    place: str = TOWN
    performed: str = ""
    database: str = "sqlite"
    tls: bool = False
    pinned: bool = True
    per: str = "message"
    seconds: float | None = None
    options: dict[str, float] = field(default_factory=dict)
    quick: dict[str, float] = field(default_factory=dict)
    scaled: str = ""

    @property
    def connections(self) -> int:
        return {"light": town.LIGHT, "heavy": town.HEAVY, "missed": town.MISSED, "all": 10_000, "searchers": staff.SEARCHERS}.get(
            self.people, 2 * (self.pairs + ("flood" in self.options))
        )

    def cast(self, made: Made) -> list[str]:
        """A line for each connection: token, conversation, head, sync token, how many conversations have news since."""
        return list(self._in_town(made) if isinstance(made, Town) else self._in_organisation(made))

    def _in_town(self, made: Town) -> Iterator[str]:
        if self.people == "pairs":
            return _pairs(made.pairs, made.tokens, self.connections // 2, made.nothing_new)
        if self.people == "missed":
            first = made.pairs[: town.MISSED]
            return _pairs(first, made.tokens, len(first), made.since_last_night, news=1, behind=town.MISSED_EACH, sides=(0,))
        start = town.LIGHT + town.FURTHER if self.people == "heavy" else 0
        since, news = (made.since_the_news, 2 * town.NEWS_REACH) if self.people == "heavy" else (made.nothing_new, 0)
        return (f"{token} - 0 {since} {news}" for token in made.tokens[start : start + self.connections])

    def _in_organisation(self, made: Organisations) -> Iterator[str]:
        if self.people == "pairs":
            return _pairs(made.pairs, made.staff.tokens, self.connections // 2, made.nothing_new)
        return (f"{token} - 0 {made.nothing_new} 0" for token in made.searched.tokens)


def _pairs(
    pairs: list[tuple[str, int, int, int]],
    tokens: list[str],
    count: int,
    since: str,
    *,
    news: object = ANY,
    behind: int = 0,
    sides: tuple[int, ...] = (0, 1),
) -> Iterator[str]:
    for conversation, head, *people in pairs[:count]:
        for side in sides:
            yield f"{tokens[people[side]]} {conversation} {head - behind} {since} {news}"


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
    Scenario(
        "stalled_reader",
        "50 pairs, 1,000/s; one stopped reading",
        seconds=2,
        options={"rate": 1000, "flood": 100, "flood_bytes": 8192, "windows": 6},
    ),
    Scenario("idle_10000", "10,000 idle", "idle", "all", per="connection", seconds=30, options={"parallel": 200, "windows": 1}),
    Scenario("resume_20", "2,000 with 20 conversations", "storm", "light", per="connection", options={"parallel": town.LIGHT}),
    Scenario("resume_200", "400 with 200, news in 20", "storm", "heavy", per="connection", options={"parallel": town.HEAVY}),
    Scenario("catch_up", "500 fetch 200 messages each", "catch_up", "missed", options={"window": 50}),
    Scenario("direct_w16_2000", "2,000 pairs, window 16", pairs=2000, options={"window": 16, "parallel": 100}),
    Scenario("direct_w16_tls", "50 pairs, window 16, TLS", tls=True, options={"window": 16}),
    Scenario("direct_w16_unpinned", "50 pairs, window 16, no core", pinned=False, options={"window": 16}),
    Scenario("import_30000", "30,000 imported beside 50 pairs, 300/s", place=ORGANISATION, performed="import", options={"rate": 300}),
    Scenario(
        "import_30000_pg",
        "30,000 imported beside 50 pairs, 300/s",
        place=ORGANISATION,
        performed="import",
        database="postgresql",
        options={"rate": 300},
    ),
    Scenario("search_100000", "40 search 100,000, one by one", "search", "searchers", place=ORGANISATION, performed="search"),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
