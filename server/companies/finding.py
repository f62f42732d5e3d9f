"""Finding the company and the member that an administrative act is about, by the names that administrators use.

A member of another company is not found.
"""

from protocol.errors import MemberNotFound
from protocol.ids import from_wire
from server.companies.errors import CompanyNotFound
from storage import companies, members
from storage.companies import Company
from storage.members import Card
from storage.work import Read


async def company_of(read: Read, number: str, *, personal: bool = False) -> Company:
    """Raises: CompanyNotFound, also for the built-in ones, but 'personal' where it is asked for."""
    found = await companies.find(read, number)
    if found is None or not (found.kind == "company" or (personal and found.kind == "personal")):
        raise CompanyNotFound(number)
    return found


async def member_of(read: Read, company: str, who: str) -> Card:
    """Raises: CompanyNotFound, MemberNotFound (also of other companies' members)."""
    found = await company_of(read, company, personal=True)
    card = await members.find_by_number(read, who)
    if card is None:
        try:
            card = await members.find(read, from_wire(who))
        except ValueError:
            raise MemberNotFound from None
    if card is None or card.company != found.id or card.state == "deleted":
        raise MemberNotFound
    return card
