"""How ``yizhan role explain`` says whether somebody may: in English, or in Chinese from end to end."""

from collections.abc import Mapping
from typing import Any

THE_COMPANY = ("the company", "企业")


def explained(who: str, permission: str, row: Mapping[str, Any], *, chinese: bool) -> list[str]:
    """``row``: as the command gives it to programs."""
    from server.roles.permissions import PERMISSIONS, SCOPES, Scope

    if not chinese:
        return [
            f"{who} {'may' if row['allowed'] else 'may not'}: {permission} on {row['on']}",
            f"  {row['why']} [{row['rule']}]",
            f"  role: {row['role'] or 'none'}; it has {permission}: {row['scope']}",
        ]
    return [
        f"{who} {'有权' if row['allowed'] else '无权'}:{PERMISSIONS[permission].zh}({permission}),对象:{row['on']}",
        f"  {row['why']} [{row['rule']}]",
        f"  角色:{row['role'] or '无'};该权限的范围:{SCOPES[Scope(row['scope'])][True]}",
    ]
