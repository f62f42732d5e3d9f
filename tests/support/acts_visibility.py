"""Acts on rules between units, and looks at the audit trail."""

from server.audit.trail import Asked
from server.visibility.policy import Parties
from server.visibility.ruling import Said
from tests.support.acts import Case

CASES: dict[str, Case] = {
    "UnitRuleService.list_rules": Case(
        "unit_rule.list",
        lambda w, by: w.rules.list_rules(by, "acme"),
        lambda w, by: w.rules.list_rules(by, "nowhere"),
    ),
    "UnitRuleService.add": Case(
        "unit_rule.add",
        lambda w, by: w.rules.add(by, "acme", Said(name="Sales apart", bound=Parties(frozenset([w.sales])))),
        lambda w, by: w.rules.add(by, "acme", Said(name="Nobody apart")),
    ),
    "UnitRuleService.change": Case(
        "unit_rule.change",
        lambda w, by: w.rules.change(by, "acme", "Apart", Said(kind="nobody")),
        lambda w, by: w.rules.change(by, "acme", "Apart", Said(kind="someone")),
    ),
    "UnitRuleService.delete": Case(
        "unit_rule.delete",
        lambda w, by: w.rules.delete(by, "acme", "Apart"),
        lambda w, by: w.rules.delete(by, "acme", "Together"),
    ),
    "TrailService.read": Case(
        "audit.read",
        lambda w, by: w.trail.read(by, "acme", Asked(act="member.")),
        lambda w, by: w.trail.read(by, "nowhere", Asked(act="member.")),
    ),
    "TrailService.follow": Case(
        "audit.read",
        lambda w, by: w.trail.follow(by, "acme", Asked(act="member."), behind=0, following="x"),
        lambda w, by: w.trail.follow(by, "nowhere", Asked(act="member."), behind=0, following="x"),
    ),
}
