"""The form in which a user gives the fields that a wish leaves out, where the client can show one."""

from collections.abc import Callable
from typing import Any

from mcp.server.elicitation import AcceptedElicitation
from mcp.server.mcpserver import Context, Elicit, ElicitationResult
from mcp.types import ClientCapabilities
from pydantic import BaseModel, Field, create_model

from layerwise.jobs import Jobs


class FieldsForm(BaseModel):
    """What the user fills in."""

    fields: str


def build_question(jobs: Jobs) -> Callable[..., Elicit[FieldsForm] | None]:
    """The function that finds out whether `generate_code` has to ask before it begins: gives the form, or None."""

    def ask_for_fields(
        context: Context[Any, Any],
        request: str,
        name: str,
        fields: str,
        spec: dict[str, Any],
        cursor: str,
        project: str,
    ) -> Elicit[FieldsForm] | None:
        if fields or spec or cursor or not _shows_forms(context.client_capabilities):
            return None
        missing = jobs.find_missing_fields(request=request, name=name, project=project)
        if missing is None:
            return None
        entity, proposal = missing
        proposed = proposal.removeprefix(f"{entity}(").removesuffix(")")
        syntax = "name:type, separated by commas; '!' required, '?' nullable"
        field = Field(proposed, title="Fields", description=syntax, min_length=1)
        form = create_model("FieldsForm", __base__=FieldsForm, fields=(str, field))
        return Elicit(f"Which fields does {entity} have? Change the proposal as you like.", form)

    return ask_for_fields


def read_fields(asked: ElicitationResult[FieldsForm]) -> str:
    """The fields that the user gave; empty when nobody was asked, or did not want to say."""
    return asked.data.fields if isinstance(asked, AcceptedElicitation) and asked.data else ""


def _shows_forms(capabilities: ClientCapabilities | None) -> bool:
    """Whether the client asks its user in forms: it says so, or says of elicitation nothing but that it has it."""
    elicitation = capabilities.elicitation if capabilities else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)
