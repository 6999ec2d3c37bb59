"""The form in which a user gives the fields that a wish leaves out, where the client can show one."""

from collections.abc import Callable
from typing import Any

from mcp.server.mcpserver import Context, Elicit
from mcp.types import ClientCapabilities
from pydantic import BaseModel, Field, create_model

from layerwise.jobs import Jobs


class FieldsForm(BaseModel):
    """What the user fills in."""

    fields: str = Field(
        title="Fields", description="name:type, separated by commas; '!' required, '?' nullable", min_length=1
    )


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
        form = create_model("FieldsForm", __base__=FieldsForm, fields=(str, _propose(proposed)))
        return Elicit(f"Which fields does {entity} have? Change the proposal as you like.", form)

    return ask_for_fields


def _shows_forms(capabilities: ClientCapabilities | None) -> bool:
    """Whether the client asks its user in forms: it says so, or says of elicitation nothing but that it has it."""
    elicitation = capabilities.elicitation if capabilities else None
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


def _propose(fields: str) -> Any:
    given = FieldsForm.model_fields["fields"]
    return Field(fields, title=given.title, description=given.description, min_length=1)
