"""Companies that began before there were presets get them, once (SPEC C1): when a server starts, and after `yizhan migrate`.

Not by the migration itself: what presets begin with is this program's to say, and this way there is an entry that says so.
"""

from server.audit.service import Actor, record
from storage import company_log, roles
from storage.engine import Storage
from storage.roles import PRESETS
from storage.work import Work

SYSTEM = Actor("system", "yizhan")


async def give_presets(storage: Storage) -> int:
    """Gives how many companies got them. Twice does no harm, nor do two servers at once. Raises: DatabaseAway."""
    given = 0
    for company in await storage.read(roles.without_presets):

        async def act(work: Work, company: int = company) -> bool:
            if company not in await roles.without_presets(work):
                return False
            await roles.insert_presets(work, company)
            await company_log.tell(work, company, subjects=["roles"])
            await record(work, company, SYSTEM, "role.presets", {"presets": list(PRESETS)})
            return True

        given += await storage.transact(act)
    return given
