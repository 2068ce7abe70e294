"""The four groups and what each may do. A migration applies this; scoping to offices is Membership's part."""

from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions

STAFF = "Petugas"
LEADERSHIP = "Pimpinan"
OFFICE_ADMIN = "Admin kantor"
REPORT_RECEIVER = "Penerima laporan"

_DESK = [
    "view_visit",
    "add_visit",
    "change_visit",
    "close_visit",
    "exclude_visit",
    "view_figures",
    "view_checkinpoint",
    "view_feedback",
    "reply_feedback",
    "view_surveyresponse",
]
_SETTINGS = [
    f"{verb}_{model}"
    for model in [
        "checkinpoint",
        "closedday",
        "district",
        "division",
        "purpose",
        "replytemplate",
        "requireddocument",
        "servicehours",
    ]
    for verb in ["view", "add", "change", "delete"]
]
_FILES = ["export_visit", "import_visit"]
_SETTINGS.remove("delete_checkinpoint")  # a code is revoked, never forgotten

ROLES: dict[str, list[str]] = {
    STAFF: _DESK,
    LEADERSHIP: ["view_figures"],
    OFFICE_ADMIN: sorted(
        {
            *_DESK,
            *_SETTINGS,
            *_FILES,
            "view_office",
            "change_office",
            "view_auditevent",
            "view_datarequest",
            "decide_datarequest",
            "change_membership",
            "lock_report",
        }
    ),
    REPORT_RECEIVER: ["view_confidential"],
}


def grantable(permission_model):
    """The permissions that a group may hold: all of our own apps, none of Django's."""
    return permission_model.objects.filter(content_type__app_label__in=["visits", "reports"])


def grant(group_model, permission_model) -> None:
    """Makes the groups and gives each exactly its permissions. A migration passes its own models."""
    ours = grantable(permission_model)
    for role, codenames in ROLES.items():
        group, _created = group_model.objects.get_or_create(name=role)
        group.permissions.set(ours.filter(codename__in=codenames))


def grant_in_migration(apps, schema_editor) -> None:
    """For RunPython. Permissions are otherwise made only after the last migration."""
    create_permissions(installed_apps.get_app_config("visits"), verbosity=0)
    grant(apps.get_model("auth", "Group"), apps.get_model("auth", "Permission"))
