"""The user that a backend's login stands on: what its spec must hold, whatever was asked for."""

from dataclasses import replace

from layerwise.generate.spec import Field, Spec

NAME = "User"

_FIELDS = (
    Field("email", "email", unique=True),
    Field("password", "password", writeonly=True),
    Field("is_active", "bool", default="true", internal=True),
    Field("is_superuser", "bool", default="false", internal=True),
)


def complete_account(spec: Spec) -> tuple[Spec, tuple[str, ...]]:
    """`spec` with what the login needs, and a notice for everything that was added or changed."""
    notices = []
    fields = {field.name: field for field in spec.fields}
    for needed in _FIELDS:
        field = fields.get(needed.name)
        if field is None:
            notices.append(f"User also gets {needed.name}: the login needs it.")
        elif needed.name == "email" and not (field.type == "email" and field.unique and not field.null):
            notices.append("User.email is made a unique e-mail address: the login finds the user by it.")
        elif needed.name == "password" and field.type != "password":
            notices.append("User.password is kept as its hash only.")
        elif needed.type == "bool" and not (field.internal or field.readonly):
            notices.append(f"User.{needed.name} is kept out of requests: nobody may promote themselves.")
        else:
            continue
        fields[needed.name] = needed
    return replace(spec, fields=tuple(fields.values())), tuple(notices)


def login_names(spec: Spec) -> list[str]:
    """The fields by which a user may log in; the e-mail address first."""
    username = [
        field.name for field in spec.fields if field.name == "username" and field.type == "str" and field.unique
    ]
    return ["email", *username]
