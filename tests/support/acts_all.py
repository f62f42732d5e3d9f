"""All cases together."""

from collections.abc import Mapping

from tests.support import acts_company, acts_org, acts_roles, acts_rosters, acts_visibility
from tests.support.acts import Case

IN_WORKERS: Mapping[str, Case] = acts_rosters.CASES
"""Each call starts a process: on one database."""
CASES: Mapping[str, Case] = {**acts_company.CASES, **acts_org.CASES, **acts_roles.CASES, **acts_visibility.CASES, **IN_WORKERS}
