"""The people of an office, as its Admin kantor keeps them: accounts, roles, and ways back in for whoever is shut out.

Out of reach for an Admin kantor: oneself, IT, and whoever also works in an office that is not one's own. No step leaves
an office without an Admin kantor. The trail holds the account's number, never its name or password.
"""

from dataclasses import dataclass

from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import transaction

from visits import desk, lockout, passwords, roles, second_factor, sessions
from visits.actions import record_for_account
from visits.models import Membership, Office
from visits.models.office import offices_of

OWN = "Ini akun Anda sendiri. Wewenang Anda diatur oleh Admin kantor lain atau pengelola DILAKU."
OF_IT = "Ini akun pengelola DILAKU. Hanya pengelola DILAKU yang bisa mengubahnya."
ELSEWHERE = "Rekan ini juga bertugas di kantor lain. Hanya pengelola DILAKU yang bisa mengubah akunnya."


class LastAdminError(Exception):
    """The office would be left without an Admin kantor."""


@dataclass(frozen=True)
class Colleague:
    """One person in the list, ready to print."""

    id: int
    name: str
    username: str
    roles: list[str]
    is_active: bool
    is_new: bool  # has a one-time password, not changed yet
    is_too_late: bool  # and may not use it any more
    last_login: str  # "14 Jul 08.02", empty for never
    obstacle: str  # why the reader can't change this account; empty when nothing stands in the way


def people_of(user):
    """Everybody who works in one of the user's offices."""
    return User.objects.filter(memberships__office__in=Office.objects.for_staff(user)).distinct()


def list_of(office: Office, by) -> list[Colleague]:
    """The active ones first, by name. The number of queries is fixed."""
    people = User.objects.filter(memberships__office=office).select_related("one_time_password")
    people = people.prefetch_related("groups", "memberships").order_by("-is_active", "first_name", "username")
    return [colleague(user, by, office) for user in people]


def colleague(user: User, by, office: Office) -> Colleague:
    """`office` tells the time."""
    at = user.last_login
    return Colleague(
        id=user.pk,
        name=user.get_full_name() or user.get_username(),
        username=user.get_username(),
        roles=roles_of(user),
        is_active=user.is_active,
        is_new=hasattr(user, "one_time_password"),
        is_too_late=hasattr(user, "one_time_password") and user.one_time_password.has_expired,
        last_login=f"{desk.day(office, at)} {desk.clock(office, at)}" if at else "",
        obstacle=obstacle(user, by),
    )


def roles_of(user) -> list[str]:
    held = {group.name for group in user.groups.all()}
    return [role for role in roles.ROLES if role in held]


def obstacle(user, by) -> str:
    if user.pk == by.pk:
        return OWN
    if user.is_superuser:
        return OF_IT
    return "" if by.is_superuser or _offices_of(user) <= set(offices_of(by)) else ELSEWHERE


def _offices_of(user) -> set[int]:
    return {membership.office_id for membership in user.memberships.all()}


@transaction.atomic
def invite(*, office: Office, username: str, name: str, chosen: list[str], by, request=None) -> tuple[User, str]:
    """A new account of this office, and its one-time password. Raises IntegrityError when the user name is taken."""
    user = User.objects.create(username=username, first_name=name, is_staff=True)
    password = passwords.set_one_time_password(user)
    user.groups.set(Group.objects.filter(name__in=chosen))
    Membership.objects.create(user=user, office=office)
    _record("invited", user, by, request, roles=roles_of(user))
    return user, password


@transaction.atomic
def renew_password(user: User, *, by, request=None) -> str:
    """For whoever has forgotten theirs: a one-time password; open sessions end."""
    user = _held(user, by)
    password = passwords.set_one_time_password(user)
    _record("password_renewed", user, by, request)
    return password


@transaction.atomic
def change_roles(user: User, *, chosen: list[str], by, request=None) -> None:
    """Groups of IT's own making stay as they are. Raises LastAdminError."""
    user = _held(user, by)
    before = roles_of(user)
    if set(chosen) == set(before):
        return
    if user.is_active and roles.OFFICE_ADMIN in set(before) - set(chosen):
        _keep_an_admin(user)
    user.groups.remove(*Group.objects.filter(name__in=before))
    user.groups.add(*Group.objects.filter(name__in=chosen))
    _record("roles_changed", user, by, request, roles=roles_of(user))


@transaction.atomic
def deactivate(user: User, *, by, request=None) -> None:
    """Out at the next request, and the old password never works again. Raises LastAdminError."""
    user = _held(user, by)
    if not user.is_active:
        return
    if roles.OFFICE_ADMIN in roles_of(user):
        _keep_an_admin(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    passwords.take_away(user)
    _record("deactivated", user, by, request)


@transaction.atomic
def reactivate(user: User, *, by, request=None) -> str:
    """A one-time password; empty when the account was in use already."""
    user = _held(user, by)
    if user.is_active:
        return ""
    user.is_active = True
    user.save(update_fields=["is_active"])
    _record("reactivated", user, by, request)
    return passwords.set_one_time_password(user)


@transaction.atomic
def unlock(user: User, *, by, request=None) -> None:
    """Wrong passwords and wrong codes so far are forgotten."""
    user = _held(user, by)
    lockout.lift(user)
    second_factor.lift_wait(user)
    _record("unlocked", user, by, request)


@transaction.atomic
def remove_second_factor(user: User, *, by, request=None) -> None:
    """For whoever has lost phone and paper: the password alone is asked next, and a new app where one is required."""
    user = _held(user, by)
    if second_factor.remove(user):
        sessions.end_all(user)
        _record("second_factor_removed", user, by, request)


@transaction.atomic
def reset_access(user: User) -> str:
    """By IT at the server's own console, for whoever can't be helped by anybody else: a one-time password and nothing
    else to ask for. A switched-off account stays switched off."""
    lockout.lift(user)
    second_factor.remove(user)
    record_for_account(user, action="access.reset")
    return passwords.set_one_time_password(user)


def _held(user: User, by) -> User:
    """The account as it is now; its offices are ours until the transaction ends, so that of two admins who deactivate
    one another the second finds out."""
    list(Office.objects.filter(pk__in=_offices_of(user)).order_by("pk").only("pk").select_for_update(no_key=True))
    user = User.objects.prefetch_related("groups", "memberships").get(pk=user.pk)
    if obstacle(user, by):
        raise PermissionDenied
    return user


def _keep_an_admin(user: User) -> None:
    """Somebody else has to be one: in use, in every office of the person."""
    others = User.objects.filter(is_active=True, groups__name=roles.OFFICE_ADMIN).exclude(pk=user.pk)
    for office_id in _offices_of(user):
        if not others.filter(memberships__office=office_id).exists():
            raise LastAdminError


def _record(verb: str, user: User, by, request, **details) -> None:
    record_for_account(user, action=f"colleague.{verb}", by=by, request=request, **details)
