"""Making a plan: units first, then members, then what only the whole shows: full units, equal values, seats, who is missing (SPEC B7).

Pure. Gives the plan with whatever is wrong; a plan with problems is not carried out.
"""

from collections import Counter, defaultdict

from msgspec.structs import replace

from server.companies import rules as company_rules
from server.companies.errors import SeatsExhausted
from server.org import placing
from server.org.errors import HeadStays, HeadUnfit, UnitDisabled, UnitMembersLimit
from server.org.organisation import Tree
from server.org.rules import same_name
from server.rosters.columns import BY_KEY
from server.rosters.errors import FirstHeadTwice, MemberProtected, SameName, Unplaced, ValueOfAnother, ValueTwice
from server.rosters.finding import KEYS, key_of
from server.rosters.member_rows import MemberRows
from server.rosters.naming import Naming
from server.rosters.picture import Card, Picture, Reach, Seen
from server.rosters.plan import HEADER, Change, Draw, Leaver, Plan, Problem, Wish
from server.rosters.reading import Book
from server.rosters.unit_rows import UnitRows
from storage.units import FIRST, NO_HEAD, Place


def make(book: Book, picture: Picture, wish: Wish, reach: Reach, *, now: int, draw: Draw) -> Plan:
    """``draw`` gives ids for new units. Raises: FileTooLarge."""
    plan = Plan([], [], [], [], [], [], [])
    tree = Tree(picture.tree[unit] for unit in picture.tree.below(picture.tree.root))
    seen = Seen(picture, reach)
    naming = Naming(tree, seen, book.dialect)
    unit_rows = UnitRows(plan, naming, wish, picture.limits, draw)
    rows = MemberRows(plan, picture, seen, naming, unit_rows, wish, now)
    if book.units:
        unit_rows.read(book.units)
    if book.members:
        rows.read(book.members)
        whole = _Whole(plan, picture, seen, tree, rows, wish)
        whole.check_units()
        whole.check_heads()
        whole.check_values()
        whole.check_seats()
        whole.warn()
        return whole.with_leavers()
    return plan


class _Whole:
    def __init__(self, plan: Plan, picture: Picture, seen: Seen, tree: Tree, rows: MemberRows, wish: Wish) -> None:
        self._plan = plan
        self._picture = picture
        self._seen = seen
        self._tree = tree
        self._rows = rows
        self._wish = wish

    def check_units(self) -> None:
        """Nobody comes into a disabled unit, nor into a full one: of those who would, the last rows are too many.

        Which rows these are tells how many are there, so they are told by those whom the importer finds; where others make it full all
        rows are (promise V4).
        """
        inside = Counter(place.unit for card in self._picture.cards for place in card.places)
        unseen = Counter(place.unit for card in self._picture.cards if card.record.id in self._picture.unseen for place in card.places)
        joining: dict[int, list[int]] = defaultdict(list)
        for row, before, after in self._moves():
            for unit in placing.joining(before, after):
                joining[unit].append(row)
            inside.subtract(unit for unit in placing.joining(after, before))
        for unit, rows in joining.items():
            name, most = self._tree[unit].name, self._picture.limits.unit_members
            if self._tree.is_disabled(unit):
                error: UnitDisabled | UnitMembersLimit = UnitDisabled(name)
                wrong = rows
            else:
                error = UnitMembersLimit(name, most, len(rows))
                fitting = most - inside[unit] + unseen[unit]
                wrong = _too_many(sorted(rows), fitting) if len(rows) + inside[unit] > most else []
            self._plan.problems.extend(Problem.of(error, "members", row, "units") for row in wrong)

    def _moves(self) -> list[tuple[int, tuple[Place, ...], tuple[Place, ...]]]:
        """Of whoever comes or moves: row, places before and after."""
        moved = [(one.row, one.before, one.after) for one in self._plan.changes if one.after is not None]
        return [*moved, *((one.row, (), one.places) for one in self._plan.additions)]

    def check_heads(self) -> None:
        """A unit has one first head: who is made it takes the place of the one before, who is a plain member then (SPEC B2)."""
        rows: dict[int, list[int]] = defaultdict(list)
        for row, before, after in self._moves():
            was = {place.unit for place in before if place.head == FIRST}
            for unit in (place.unit for place in after if place.head == FIRST and place.unit not in was):
                rows[unit].append(row)
        for unit, made in rows.items():
            error = FirstHeadTwice(self._tree[unit].name, min(made) + 1)
            self._plan.problems.extend(Problem.of(error, "members", row, "head") for row in sorted(made)[1:])
        for card in self._picture.cards if rows else ():
            replaced = {place.unit for place in card.places if place.head == FIRST} & rows.keys()
            if replaced:
                self._replace_head(card, replaced, min(min(rows[unit]) for unit in replaced))
        self._check_heads_stay(set(rows))
        self._check_heads_are_there()

    def _replace_head(self, card: Card, units: set[int], row: int) -> None:
        """In his own row's change, or in one that comes of ``row``."""
        record, changes = card.record, self._plan.changes
        if self._seen.is_protected(card):
            self._plan.problems.append(Problem.of(MemberProtected(record.name), "members", row, "head"))
            return
        at = next((at for at, one in enumerate(changes) if one.member == record.id), len(changes))
        there = changes[at] if at < len(changes) else Change(row, record.id, self._seen.number(card), record.name, {}, card.places)
        now = card.places if there.after is None else there.after
        after = tuple(replace(place, head=NO_HEAD) if place.unit in units and place.head == FIRST else place for place in now)
        changes[at : at + 1] = [replace(there, after=after)]

    def _check_heads_stay(self, replaced: set[int]) -> None:
        """He may be called another head only where somebody else is the first one."""
        for change in self._plan.changes:
            was = {place.unit for place in change.before if place.head == FIRST} - replaced
            for place in change.after or ():
                if place.unit in was and place.head != FIRST:
                    error = HeadStays(self._tree[place.unit].name)
                    self._plan.problems.append(Problem.of(error, "members", change.row, "head"))

    def _check_heads_are_there(self) -> None:
        """Who is disabled, or a draft, comes to head nothing."""
        states = {card.record.id: card.record.state for card in self._picture.cards}
        coming = [(one.row, one.name, states[one.member], one.before, one.after or ()) for one in self._plan.changes]
        state = "draft" if self._wish.draft else "active"
        coming += [(one.row, one.fields["name"], state, (), one.places) for one in self._plan.additions]
        for row, name, state, before, after in coming:
            was = {(place.unit, place.head) for place in before}
            for place in after:
                if place.head != NO_HEAD and (place.unit, place.head) not in was and not placing.may_head("person", state):
                    self._plan.problems.append(Problem.of(HeadUnfit(name, self._tree[place.unit].name), "members", row, "head"))

    def check_values(self) -> None:
        """Two members with one employee number would be two hits of the next import; so would a phone or mail by which a row is found."""
        heads = BY_KEY["members"]
        for key in KEYS[1:]:
            owners: dict[str, list[int]] = defaultdict(list)  # value to rows; -1 is somebody whom no row changes
            changed = {one.member: one for one in self._plan.changes if key in one.fields}
            for card in self._seen.cards:
                if card.record.id not in changed and (value := getattr(card.record, key)):
                    owners[key_of(key, value)].append(HEADER)
            news = [(one.row, one.fields.get(key, "")) for one in self._plan.additions]
            news += [(one.row, one.fields[key][1]) for one in changed.values()]
            for row, value in sorted(news):
                if not value:
                    continue
                there = owners[key_of(key, value)]
                if there:
                    name = heads[key].head(self._wish.language)
                    error = ValueOfAnother(name) if there[0] == HEADER else ValueTwice(name, there[0] + 1)
                    self._say(error, row, key)
                there.append(row)

    def _say(self, error: ValueOfAnother | ValueTwice, row: int, key: str) -> None:
        """A shared phone is a warning where something better tells its holders apart."""
        better = self._rows.found_by.get(row) in KEYS[: KEYS.index(key)] or any(
            one.row == row and (one.number or one.fields.get("employee_no")) for one in self._plan.additions
        )
        told = self._plan.warnings if better and key != "employee_no" else self._plan.problems
        told.append(Problem.of(error, "members", row, key))

    def check_seats(self) -> None:
        wanted = len(self._plan.additions)
        if self._picture.seats is None or self._wish.draft or not wanted:
            return
        try:
            company_rules.check_seats(self._picture.seats, self._picture.seats_taken, wanted)
        except SeatsExhausted as error:
            self._plan.problems.append(Problem.of(error, "members", HEADER))

    def warn(self) -> None:
        """Of equal names in a unit, and of units that lose their first head."""
        named = {(place.unit, same_name(card.record.name)) for card in self._seen.cards for place in card.places}
        for one in self._plan.additions:
            name = one.fields["name"]
            for place in one.places:
                if (place.unit, same_name(name)) in named:
                    error = SameName(name, self._tree[place.unit].name)
                    self._plan.warnings.append(Problem.of(error, "members", one.row, "name"))
                named.add((place.unit, same_name(name)))
        for change in self._plan.changes:
            for unit in placing.headless(change.before, change.after if change.after is not None else change.before):
                lost = Unplaced(self._tree[unit].name)
                self._plan.warnings.append(Problem.of(lost, "members", change.row, "units"))

    def with_leavers(self) -> Plan:
        people = [card for card in self._seen.cards if card.record.state == "active" and self._may_leave(card)]
        gone = [card for card in people if self._is_missing(card)] if self._wish.mode == "overwrite" else []
        leavers = [Leaver(card.record.id, self._seen.number(card), card.record.name) for card in gone]
        plan = self._plan
        after = {change.member: change.after for change in plan.changes}
        for card in gone:
            for unit in placing.headless(after.get(card.record.id) or card.places, ()):
                plan.warnings.append(Problem.of(Unplaced(self._tree[unit].name), "members", HEADER, "units"))
        return Plan(plan.units, plan.changed_units, plan.additions, plan.changes, leavers, plan.problems, plan.warnings, len(people))

    def _is_missing(self, card: Card) -> bool:
        """Who may be meant by a row that shows no number is not."""
        return card.record.id not in self._rows.hit and same_name(card.record.name) not in self._rows.unnamed

    def _may_leave(self, card: Card) -> bool:
        return self._seen.has_wholly(card) and not self._seen.is_protected(card)


def _too_many(rows: list[int], fitting: int) -> list[int]:
    """Those behind the ``fitting`` ones, or, where that is none of them, all."""
    return rows[max(0, fitting) :] or rows
