"""The scenarios by name: what the load generator is asked to do, and against which server."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.bench import audience, staff, town
from tests.bench.audience import ANY, Lists
from tests.bench.database import Town
from tests.bench.kept import ORGANISATION, TOWN, Made


@dataclass(frozen=True)
class Scenario:
    """``place`` is the database, ``mode`` the load generator's, ``performed`` who does it where that is not the load generator alone.

    ``people`` picks who comes: pairs, light, heavy, missed, all; of the organisation pairs, searchers, arriving, returning, tree. A
    delivered message is what CPU is divided by, or with ``per`` "connection" or "arrival" one that came. ``quick``: options of a quick
    run, with a smaller ``crowd``, which ``scaled`` tells.
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
    crowd: int = 0
    """How many arrive, or come back."""
    quick_crowd: int = 0

    @property
    def connections(self) -> int:
        counts = {"light": town.LIGHT, "heavy": town.HEAVY, "missed": town.MISSED, "all": 10_000, "searchers": staff.SEARCHERS}
        counts |= {"tree": staff.TREE.people, "returning": self.crowd}
        return counts.get(self.people, 2 * (self.pairs + ("flood" in self.options)))

    def lists(self, made: Made, *, is_quick: bool) -> Lists:
        """``cast`` has a line for each connection: token, conversation, head, sync token, how many conversations have news since."""
        if isinstance(made, Town):
            return {"cast": list(self._in_town(made))}
        crowd = self.quick_crowd if is_quick else self.crowd
        match self.people:
            case "searchers":
                return {"cast": [f"{token} - 0 {made.nothing_new} 0" for token in made.searched.tokens]}
            case "tree":
                return audience.one_tree(made)
            case "returning":
                return audience.returning(made, crowd)
        talking = list(_pairs(made.pairs, made.staff.tokens, self.connections // 2, made.nothing_new))
        return audience.arriving(made, talking, crowd) if self.people == "arriving" else {"cast": talking}

    def _in_town(self, made: Town) -> Iterator[str]:
        if self.people == "pairs":
            return _pairs(made.pairs, made.tokens, self.connections // 2, made.nothing_new)
        if self.people == "missed":
            first = made.pairs[: town.MISSED]
            return _pairs(first, made.tokens, len(first), made.since_last_night, news=1, behind=town.MISSED_EACH, sides=(0,))
        start = town.LIGHT + town.FURTHER if self.people == "heavy" else 0
        since, news = (made.since_the_news, 2 * town.NEWS_REACH) if self.people == "heavy" else (made.nothing_new, 0)
        return (f"{token} - 0 {since} {news}" for token in made.tokens[start : start + self.connections])


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
        quick={"seconds": 1, "windows": 2},
        scaled="4 s of 24",
    ),
    Scenario(
        "idle_10000",
        "10,000 idle",
        "idle",
        "all",
        per="connection",
        seconds=30,
        options={"parallel": 200, "windows": 1},
        quick={"seconds": 3},
        scaled="3 s of 30",
    ),
    Scenario("resume_20", "2,000 with 20 conversations", "storm", "light", per="connection", options={"parallel": town.LIGHT}),
    Scenario("resume_200", "400 with 200, news in 20", "storm", "heavy", per="connection", options={"parallel": town.HEAVY}),
    Scenario("catch_up", "500 fetch 200 messages each", "catch_up", "missed", options={"window": 50}),
    Scenario("direct_w16_2000", "2,000 pairs, window 16", pairs=2000, options={"window": 16, "parallel": 100}),
    Scenario("direct_w16_tls", "50 pairs, window 16, TLS", tls=True, options={"window": 16}),
    Scenario("direct_w16_unpinned", "50 pairs, window 16, no core", pinned=False, options={"window": 16}),
    Scenario(
        "import_30000",
        "30,000 imported beside 50 pairs, 300/s",
        place=ORGANISATION,
        performed="import",
        options={"rate": 300, "limit": 900},
    ),
    Scenario(
        "import_30000_pg",
        "30,000 imported beside 50 pairs, 300/s",
        place=ORGANISATION,
        performed="import",
        database="postgresql",
        options={"rate": 300, "limit": 900},
    ),
    Scenario("search_100000", "40 search 100,000, one by one", "search", "searchers", place=ORGANISATION, performed="search"),
    Scenario("presence_1000", "1,000 watch one tree, 20 changes/s", "presence", "tree", place=ORGANISATION, options={"rate": 20}),
    Scenario(
        "sign_in_storm",
        "50/s of 30,000 sign in beside 50 pairs, 300/s",
        people="arriving",
        place=ORGANISATION,
        per="arrival",
        seconds=30,
        options={"rate": 300, "arrive": 50, "windows": 4},
        quick={"seconds": 5, "windows": 2},
        scaled="10 s of 120",
        crowd=6_100,
        quick_crowd=600,
    ),
    Scenario(
        "restart_5000",
        "5,000 of 5,500 come back within 10 s",
        "restart",
        "returning",
        place=ORGANISATION,
        performed="restart",
        per="connection",
        options={"arrive": 500, "returning": 5_000, "windows": 2},
        quick={"arrive": 50, "returning": 500, "windows": 1},
        scaled="500 of 550",
        crowd=5_500,
        quick_crowd=550,
    ),
)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
