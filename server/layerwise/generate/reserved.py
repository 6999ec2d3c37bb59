"""Words that a generated name must not be, by whom they belong to."""

import keyword

PYTHON = frozenset(keyword.kwlist)

# Legal attributes, but inside a class body they hide the type or decorator from the lines that follow.
BUILTINS = frozenset(
    {
        "bool",
        "bytes",
        "classmethod",
        "dict",
        "float",
        "frozenset",
        "int",
        "list",
        "object",
        "property",
        "set",
        "str",
        "tuple",
    }
)

# Attributes of SQLAlchemy's declarative base and of the models that inherit it.
SQLALCHEMY = frozenset({"metadata", "registry", "awaitable_attrs", "query", "query_class"})

# Public attributes of pydantic.BaseModel; a field of that name draws a warning or breaks the class.
PYDANTIC = frozenset(
    {
        "construct", "copy", "dict", "from_orm", "json", "parse_file", "parse_obj", "parse_raw", "schema",
        "schema_json", "update_forward_refs", "validate",
    }
)  # fmt: skip
PYDANTIC_PREFIX = "model_"

# What the classes of generated modules call by name, the first parameters of their methods, and the variables of those
# whose parameters are called as fields are.
GENERATED = frozenset(
    {
        "any_of", "cls", "dt", "how_many", "json_document", "literal_column", "mapped_column", "matching",
        "relationship", "searched", "self", "sorted_by", "string_enum", "uuid4", "uuid7",
    }
)  # fmt: skip

# What a list takes beside its filters.
LISTING = ("after", "limit", "search", "skip", "sort")

# Table names that some database would need quoted for.
SQL = frozenset(
    {
        "all", "alter", "analyze", "and", "any", "array", "as", "asc", "begin", "between", "both", "by", "case", "cast",
        "check", "collate", "column", "commit", "constraint", "create", "cross", "current", "current_date",
        "current_time", "current_timestamp", "current_user", "default", "delete", "desc", "distinct", "do", "drop",
        "else", "end", "except", "exists", "false", "fetch", "for", "foreign", "from", "full", "grant", "group",
        "having", "in", "index", "inner", "insert", "intersect", "into", "is", "join", "key", "leading", "left", "like",
        "limit", "natural", "not", "null", "offset", "on", "or", "order", "outer", "primary", "references", "returning",
        "right", "rollback", "row", "rows", "select", "session_user", "set", "some", "table", "then", "to",
        "transaction", "trailing", "true", "union", "unique", "update", "user", "using", "values", "view", "when",
        "where", "window", "with",
    }
)  # fmt: skip

# Classes that the generated code, or what it imports by name, already uses.
CLASSES = frozenset(
    {
        "Base", "Session", "AsyncSession", "Field", "Settings", "FastAPI", "Depends", "Annotated", "Any", "Mapped",
        "Decimal", "Enum", "StrEnum", "Exception", "None", "True", "False", "Request", "Response", "Schema", "Select",
        "Path", "Query", "Body", "Header", "Cookie", "Form", "Security", "Generic", "Protocol", "Literal", "Sequence",
        "Repository", "Service", "Model", "BaseModel", "DeclarativeBase", "Column", "Table", "Index", "String",
        "Integer", "Boolean", "Date", "DateTime", "Time", "Interval", "Numeric", "Text", "Uuid", "UUID", "JSON",
        "ForeignKey", "UniqueConstraint", "CheckConstraint", "LargeBinary",
    }
)  # fmt: skip
