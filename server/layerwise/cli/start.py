"""How a command begins: the jobs over its root, once what an earlier one left half done is settled."""

from typing import TYPE_CHECKING

from layerwise.cli.terminal import print_error
from layerwise.roots import find_roots

if TYPE_CHECKING:
    from layerwise.jobs import Jobs


def open_jobs(root: str, *, new: bool = False) -> "Jobs":
    """The jobs over `root`, by default the folder that the host names or this one; with `new` it need not be there yet.

    Raises InvalidInputError when it is no folder.
    """
    from layerwise.jobs import Jobs

    # Who runs the command in a project runs its code anyway; servers and hooks look at projects unasked.
    jobs = Jobs(find_roots([root] if root else [], new=new), team_rules=True)
    for told in jobs.recover():
        print_error(told)
    return jobs
