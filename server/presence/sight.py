"""What presence asks of the evaluator, answered by the company's picture on this node and by the ties of those who watch (DESIGN 8, 9)."""

from collections.abc import Mapping, Sequence

from server.directory.pictures import Pictures
from server.org.organisation import Organisation
from server.presence.ties import TiesOfWatchers
from server.presence.visible import ViewClass, Where
from server.visibility.classes import ViewClass as Seeing
from server.visibility.terms import Ties, What
from server.visibility.terms import Where as Place

PLACES: Mapping[Where, Place] = {Where.TREE: Place.TREE, Where.CONTACT: Place.CONTACTS, Where.DIRECT: Place.RECENT}


class CompanySight:
    """Of a company without a picture (a built-in one, or one whose picture is being read) nobody sees anything."""

    def __init__(self, company: int, pictures: Pictures, ties: TiesOfWatchers) -> None:
        self._company = company
        self._pictures = pictures
        self._ties = ties
        self._nothing = Organisation(company)

    @property
    def organisation(self) -> Organisation:
        picture = self._pictures.picture(self._company)
        return self._nothing if picture is None else picture.org

    def view_class(self, viewer: int) -> ViewClass:
        picture = self._pictures.picture(self._company)
        return None if picture is None else picture.evaluator.view_class(viewer)

    def seats(self, view_class: ViewClass, target: int) -> Sequence[int]:
        """A class that was made under other rules sees nothing: nobody has it any more."""
        picture = self._pictures.picture(self._company)
        if picture is None or not isinstance(view_class, Seeing) or len(view_class.bonds) != len(picture.policy.rules):
            return ()
        person = picture.org.person(target)
        return () if person is None else picture.evaluator.sight(view_class).shown_in(person)

    def may_have_presence(self, viewer: int, target: int, where: Where) -> bool:
        return self._may(viewer, target, where, What.PRESENCE, self._ties.between(viewer, target, where))

    def may_know_when(self, viewer: int, target: int, where: Where, ties: Ties) -> bool:
        """Whether he may be told when the other was there last (SPEC G6)."""
        return self._may(viewer, target, where, What.LAST_SEEN, ties)

    def _may(self, viewer: int, target: int, where: Where, what: What, ties: Ties) -> bool:
        picture = self._pictures.picture(self._company)
        return picture is not None and bool(picture.evaluator.can_see(viewer, target, what, PLACES[where], ties=ties))
