"""What each administrative act and look needs a permission for: one table, from which acts are checked (``asking``) and guides are made.

An act is named as its entry in the audit trail names it. One that is not here cannot be done.
"""

from collections.abc import Mapping

OPERATOR = "operator"
"""No permission: the operator's alone, whatever role anybody has."""

ACTS: Mapping[str, str] = {
    "company.create": OPERATOR,
    "company.expiry": OPERATOR,
    "company.list": OPERATOR,
    "company.seats": OPERATOR,
    "company.suspend": OPERATOR,
    "segment.add": OPERATOR,
    "company.profile": "company.profile",
    "company.first_password": "company.first_password",
    "company.limits": "company.settings",
    "company.show": "company.settings",
    "company.needs_phone_or_mail": "company.settings",
    "company.outside": "company.settings",
    "company.time_zone": "company.settings",
    "company.invited_role": "roles.manage",
    "company.device_policy": "sign_in.rules",
    "robot.add": "company.programs",
    # ---- looking at units and members
    "field.list": "org.view",
    "field.list_values": "org.view",
    "member.list": "org.view",
    "org.seen": "org.view",
    "unit.list": "org.view",
    "number.offer": "org.manage",
    "segment.list": "org.manage",
    # ---- units
    "unit.add": "org.manage",
    "unit.describe": "org.manage",
    "unit.disable": "org.manage",
    "unit.enable": "org.manage",
    "unit.first_head": "org.manage",
    "unit.move": "org.manage",
    "unit.other_heads": "org.manage",
    "unit.rename": "org.manage",
    "unit.delete": "org.delete",
    # ---- members
    "member.activate": "org.manage",
    "member.add": "org.manage",
    "member.add_to_unit": "org.manage",
    "member.change": "org.manage",
    "member.disable": "org.manage",
    "member.enable": "org.manage",
    "member.move": "org.manage",
    "member.notice": "org.manage",
    "member.place": "org.manage",
    "member.sort": "org.manage",
    "member.welcome": "org.manage",
    "member.delete": "org.delete",
    "number.reassign": "org.delete",
    "member.scope": "org.scope",
    "member.list_scope": "org.scope",
    "member.reset_password": "sign_in.password",
    "session.end": "sign_in.sessions",
    "session.list": "sign_in.sessions",
    # ---- who sees whom
    "field.add": "org.visibility",
    "field.change": "org.visibility",
    "field.delete": "org.visibility",
    "field.list_privacy": "org.visibility",
    "field.privacy": "org.visibility",
    "member.hide": "org.visibility",
    "member.show": "org.visibility",
    "unit.hide": "org.visibility",
    "unit.show": "org.visibility",
    "unit_rule.add": "org.visibility",
    "unit_rule.change": "org.visibility",
    "unit_rule.delete": "org.visibility",
    "unit_rule.list": "org.visibility",
    # ---- outside contacts
    "outside.reports": "chat.outside_view",
    # ---- rosters
    "roster.check": "org.import",
    "roster.import": "org.import",
    "roster.template": "org.import",
    "roster.workbook": "org.import",
    "roster.workbooks": "org.import",
    "roster.export": "org.export",
    # ---- roles and the trail
    "role.explain": "roles.view",
    "role.list": "roles.view",
    "role.members": "roles.view",
    "role.add": "roles.manage",
    "role.delete": "roles.manage",
    "role.edit": "roles.manage",
    "role.give": "roles.give",
    "audit.read": "archive.audit",
}
