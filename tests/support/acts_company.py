"""Acts on a company: making and settling it, coming, going, sessions."""

from protocol.ids import to_wire
from server.audit.service import Actor
from server.companies.newcomers import Added, Newcomer
from server.companies.welcome import WelcomeService
from server.org.batches import finished
from server.org.notices import NoticeService
from server.outside.reporting import OutsideReportService
from server.roles.grants import starting
from storage.companies import Profile
from tests.support.acts import LINA, MEI, WANG, ZHAO, Case, World, after
from tests.support.office import ROOT


def profile(name: str) -> Profile:
    return Profile(name=name, short_name="Acme")


async def create(w: World, by: Actor, number: str) -> None:
    await w.office.companies.create(by, number, name="Bolt", short_name="Bolt", seats=5, first_number=5001)
    w.others.append(number)


CASES: dict[str, Case] = {
    "CompanyService.create": Case("company.create", lambda w, by: create(w, by, "bolt"), lambda w, by: create(w, by, "acme")),
    "CompanyService.set_suspended": Case(
        "company.suspend",
        lambda w, by: w.office.companies.set_suspended(by, "acme", True),
        lambda w, by: w.office.companies.set_suspended(by, "nowhere", True),
    ),
    "CompanyService.set_seats": Case(
        "company.seats",
        lambda w, by: w.office.companies.set_seats(by, "acme", 50),
        lambda w, by: w.office.companies.set_seats(by, "acme", 0),
    ),
    "CompanyService.set_expiry": Case(
        "company.expiry",
        lambda w, by: w.office.companies.set_expiry(by, "acme", 1_800_000_000_000),
        lambda w, by: w.office.companies.set_expiry(by, "nowhere", None),
    ),
    "CompanySettingsService.set_outside": Case(
        "company.outside",
        lambda w, by: w.office.settings.set_outside(by, "acme", False),
        lambda w, by: w.office.settings.set_outside(by, "nowhere", False),
    ),
    "OutsideReportService.list_reports": Case(
        "outside.reports",
        lambda w, by: OutsideReportService(w.office.storage).list_reports(by, "acme"),
        lambda w, by: OutsideReportService(w.office.storage).list_reports(by, "nowhere"),
    ),
    "CompanySettingsService.show": Case(
        "company.show",
        lambda w, by: w.office.settings.show(by, "acme"),
        lambda w, by: w.office.settings.show(by, "nowhere"),
    ),
    "WelcomeService.send": Case(
        "member.welcome",
        lambda w, by: WelcomeService(w.office.storage, {}).send(by, "acme", [Added(w.ids[ZHAO], ZHAO, "")]),
        lambda w, by: WelcomeService(w.office.storage, {}).send(by, "nowhere", [Added(w.ids[ZHAO], ZHAO, "")]),
    ),
    "NoticeService.send": Case(
        "member.notice",
        lambda w, by: NoticeService(w.office.storage, {}).send(by, "acme", [ZHAO], "Lunch at noon"),
        lambda w, by: NoticeService(w.office.storage, {}).send(by, "acme", [ZHAO], ""),
    ),
    "CompanyService.set_device_policy": Case(
        "company.device_policy",
        lambda w, by: w.office.companies.set_device_policy(by, "acme", "any"),
        lambda w, by: w.office.companies.set_device_policy(by, "nowhere", "any"),
    ),
    "CompanyService.add_unit": Case(
        "unit.add",
        lambda w, by: w.office.companies.add_unit(by, "acme", "Board"),
        lambda w, by: w.office.companies.add_unit(by, "acme", "Sales"),
    ),
    "CompanyService.add_member": Case(
        "member.add",
        lambda w, by: w.office.companies.add_member(by, "acme", Newcomer(name="Emma")),
        lambda w, by: w.office.companies.add_member(by, "acme", Newcomer(name="Emma", number=WANG)),
    ),
    "CompanyService.add_many": Case(
        "member.add",
        lambda w, by: w.office.companies.add_many(by, "acme", [Newcomer(name="Emma")]),
        lambda w, by: w.office.companies.add_many(by, "acme", [Newcomer(name=name) for name in "abcdef"]),
    ),
    "CompanyService.activate": Case(
        "member.activate",
        lambda w, by: w.office.companies.activate(by, "acme", [MEI]),
        lambda w, by: w.office.companies.activate(by, "acme", [ZHAO]),
    ),
    "CompanyService.activating": Case(
        "member.activate",
        lambda w, by: finished(w.office.companies.activating(by, "acme", [MEI])),
        lambda w, by: finished(w.office.companies.activating(by, "acme", [ZHAO])),
    ),
    "CompanyService.add_robot": Case(
        "robot.add",
        lambda w, by: w.office.companies.add_robot(by, "acme", "Bot"),
        lambda w, by: w.office.companies.add_robot(by, "acme", ""),
    ),
    "CompanyService.disable": Case(
        "member.disable",
        lambda w, by: w.office.companies.disable(by, "acme", ZHAO, "left"),
        lambda w, by: w.office.companies.disable(by, "acme", LINA, ""),
    ),
    "CompanyService.enable": Case(
        "member.enable",
        lambda w, by: after(w.office.companies.disable(ROOT, "acme", ZHAO, ""), lambda: w.office.companies.enable(by, "acme", ZHAO)),
        lambda w, by: w.office.companies.enable(by, "acme", "9999"),
    ),
    "CompanyService.reset_password": Case(
        "member.reset_password",
        lambda w, by: w.office.companies.reset_password(by, "acme", ZHAO),
        lambda w, by: w.office.companies.reset_password(by, "acme", "9999"),
    ),
    "CompanyService.reset_passwords": Case(
        "member.reset_password",
        lambda w, by: w.office.companies.reset_passwords(by, "acme", [ZHAO]),
        lambda w, by: w.office.companies.reset_passwords(by, "acme", ["9999"]),
    ),
    "CompanyService.resetting": Case(
        "member.reset_password",
        lambda w, by: finished(w.office.companies.resetting(by, "acme", [ZHAO])),
        lambda w, by: finished(w.office.companies.resetting(by, "acme", ["9999"])),
    ),
    "CompanyService.end_session": Case(
        "session.end",
        lambda w, by: w.office.companies.end_session(by, "acme", w.session),
        lambda w, by: w.office.companies.end_session(by, "acme", to_wire(7)),
    ),
    "CompanyService.list_companies": Case(
        "company.list",
        lambda w, by: w.office.companies.list_companies(by),
        None,
    ),
    "CompanyService.list_members": Case(
        "member.list",
        lambda w, by: w.office.companies.list_members(by, "acme"),
        lambda w, by: w.office.companies.list_members(by, "nowhere"),
    ),
    "CompanyService.list_sessions": Case(
        "session.list",
        lambda w, by: w.office.companies.list_sessions(by, "acme", ZHAO),
        lambda w, by: w.office.companies.list_sessions(by, "acme", "9999"),
    ),
    "CompanySettingsService.set_profile": Case(
        "company.profile",
        lambda w, by: w.office.settings.set_profile(by, "acme", profile("Acme & Co")),
        lambda w, by: w.office.settings.set_profile(by, "acme", profile("")),
    ),
    "CompanySettingsService.set_time_zone": Case(
        "company.time_zone",
        lambda w, by: w.office.settings.set_time_zone(by, "acme", "Europe/Berlin"),
        lambda w, by: w.office.settings.set_time_zone(by, "acme", "Moon/Crater"),
    ),
    "CompanySettingsService.set_needs_phone_or_mail": Case(
        "company.needs_phone_or_mail",
        lambda w, by: w.office.settings.set_needs_phone_or_mail(by, "acme", True),
        lambda w, by: w.office.settings.set_needs_phone_or_mail(by, "nowhere", True),
    ),
    "CompanySettingsService.set_first_password": Case(
        "company.first_password",
        lambda w, by: w.office.settings.set_first_password(by, "acme", ""),
        lambda w, by: w.office.settings.set_first_password(by, "nowhere", ""),
    ),
    "CompanySettingsService.set_invited_role": Case(
        "company.invited_role",
        lambda w, by: w.office.settings.set_invited_role(by, "acme", "invited"),
        lambda w, by: w.office.settings.set_invited_role(by, "acme", "company_administrator"),
        beside=tuple(starting("invited")),  # nobody gives what he does not hold
    ),
    "CompanySettingsService.add_segment": Case(
        "segment.add",
        lambda w, by: w.office.settings.add_segment(by, "acme", 8000, 8999),
        lambda w, by: w.office.settings.add_segment(by, "acme", 1001, 1002),
    ),
    "CompanySettingsService.list_segments": Case(
        "segment.list",
        lambda w, by: w.office.settings.list_segments(by, "acme"),
        lambda w, by: w.office.settings.list_segments(by, "nowhere"),
    ),
    "CompanySettingsService.offer_numbers": Case(
        "number.offer",
        lambda w, by: w.office.settings.offer_numbers(by, "acme", 3),
        lambda w, by: w.office.settings.offer_numbers(by, "nowhere", 3),
    ),
    "LeavingService.disable": Case(
        "member.disable",
        lambda w, by: w.office.leaving.disable(by, "acme", [ZHAO, WANG], "left"),
        lambda w, by: w.office.leaving.disable(by, "acme", [ZHAO, LINA], "left"),
    ),
    "LeavingService.enable": Case(
        "member.enable",
        lambda w, by: after(w.office.leaving.disable(ROOT, "acme", [ZHAO], ""), lambda: w.office.leaving.enable(by, "acme", [ZHAO])),
        lambda w, by: w.office.leaving.enable(by, "acme", ["9999"]),
    ),
    "LeavingService.disabling": Case(
        "member.disable",
        lambda w, by: finished(w.office.leaving.disabling(by, "acme", [ZHAO, WANG], "left")),
        lambda w, by: finished(w.office.leaving.disabling(by, "acme", [ZHAO, LINA], "left")),
    ),
    "LeavingService.enabling": Case(
        "member.enable",
        lambda w, by: after(
            w.office.leaving.disable(ROOT, "acme", [ZHAO], ""), lambda: finished(w.office.leaving.enabling(by, "acme", [ZHAO]))
        ),
        lambda w, by: finished(w.office.leaving.enabling(by, "acme", ["9999"])),
    ),
    "LeavingService.delete": Case(
        "member.delete",
        lambda w, by: w.office.leaving.delete(by, "acme", ZHAO),
        lambda w, by: w.office.leaving.delete(by, "acme", WANG),
    ),
    "LeavingService.delete_many": Case(
        "member.delete",
        lambda w, by: w.office.leaving.delete_many(by, "acme", [WANG]),
        lambda w, by: w.office.leaving.delete_many(by, "acme", [LINA]),
    ),
    "LeavingService.reassign": Case(
        "number.reassign",
        lambda w, by: w.office.leaving.reassign(by, "acme", ZHAO, Newcomer(name="Emma")),
        lambda w, by: w.office.leaving.reassign(by, "acme", LINA, Newcomer(name="Emma")),
    ),
}
