"""Entities whose fields are known, and proposals for those whose fields are not."""

from collections.abc import Sequence

from layerwise.generate.account import NAME as ACCOUNT
from layerwise.generate.canonical import canonical_fields, write_field
from layerwise.generate.names import class_case, singularize
from layerwise.generate.problems import MissingFieldsError
from layerwise.generate.reader import parse
from layerwise.generate.spec import Spec

USER_NOTICE = (
    "User has email (unique), username (unique), password (stored as hashed_password) and created_at by default;"
    " is_active and is_superuser stand behind sign-in and are set by no sign-up. Give fields to have others."
)
_USER = (
    "email:email unique, username:str(50) unique min=3, password:password, is_active:bool=true readonly,"
    " is_superuser:bool=false internal"
)

_PROPOSALS = {
    "article": "title:str(200), slug:slug unique, body:text, published_at:datetime?",
    "category": "name:str(100) unique, description:text?",
    "comment": "body:text, author_name:str(100)",
    "customer": "name:str(200), email:email unique, phone:phone?",
    "invoice": "number:str(32) unique, amount:money ge=0, due_on:date, status:enum(draft, sent, paid)=draft filter",
    "order": "number:str(32) unique, status:enum(draft, placed, paid, cancelled)=draft filter, total:money ge=0",
    "post": "title:str(200), slug:slug unique, body:text, published_at:datetime?",
    "product": "name:str(200) search, sku:str(64) unique, price:money ge=0, in_stock:bool=true filter",
    "project": "name:str(200) unique, description:text?",
    "tag": "name:str(50) unique",
    "task": "title:str(200), description:text?, done:bool=false filter, due_on:date?",
}

# What a field called so, or ending so, most likely is; only ever proposed.
_GUESSES = {
    "email": "email", "url": "url", "link": "url", "website": "url", "slug": "slug", "phone": "phone",
    "password": "password", "price": "money ge=0", "total": "money ge=0", "amount": "money ge=0", "cost": "money ge=0",
    "quantity": "int ge=0", "count": "int ge=0", "stock": "int ge=0", "age": "int ge=0", "position": "int ge=0",
    "at": "datetime?", "on": "date?", "date": "date", "description": "text?", "body": "text", "content": "text",
    "notes": "text?", "currency": "currency", "country": "country", "percent": "percent", "number": "str(64) unique",
    "sku": "str(64) unique", "code": "str(64) unique", "color": "color", "latitude": "float", "longitude": "float",
    "author": "ref(User)", "owner": "ref(User) owner", "user": "ref(User)", "creator": "ref(User) owner",
    "status": "enum(draft, active, archived)=draft filter", "role": "enum(member, admin)=member filter",
}  # fmt: skip
_PARTS = ("items", "lines", "entries")


def default_account() -> Spec:
    """The user of the patterns: e-mail address, username, a password kept as its hash, and two flags."""
    return parse(ACCOUNT, _USER)


def known_spec(entity: str) -> Spec | None:
    """The spec of an entity that needs no fields to be given; None for any other."""
    return default_account() if entity == ACCOUNT else None


def propose(entity: Spec | str, names: Sequence[str] = ()) -> str:
    """A spec in canonical form that `entity` may have: of these field names, or of what such entities often hold."""
    spec = parse(entity, "name:str(200)") if isinstance(entity, str) else entity
    usual = _PROPOSALS.get(spec.snake, "name:str(200)")
    same = {field.name: write_field(field) for field in parse(spec.name, usual).fields}
    fields = ", ".join(same.get(name, f"{name}:{_guess(spec.name, name)}") for name in names) or usual
    return f"{spec.name}({canonical_fields(parse(spec.name, fields))})"


def require_fields(entity: str, names: Sequence[str] = ()) -> Spec:
    """The known spec of `entity`; MissingFieldsError, which proposes one, where there is none."""
    spec = known_spec(entity) if not names else None
    if spec is None:
        raise MissingFieldsError(entity, propose(entity, names))
    return spec


def _guess(entity: str, name: str) -> str:
    if name in _PARTS:
        return f"has_many({entity}{class_case(singularize(name))}(name:str(200), quantity:int gt=0))"
    if name.startswith(("is_", "has_")):
        return "bool=false"
    return _GUESSES.get(name) or _GUESSES.get(name.rpartition("_")[2], "str(200)")
