"""The `layerwise` command and `python -m layerwise`."""

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit code.

    `detect` and `hook` run on every prompt, so they are not kept waiting for the rest.
    """
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["detect"]:
        from layerwise.detect import command as detect

        return detect.main(given[1:]) if arguments else detect.run(given[1:])
    if given[:1] == ["hook"] and not {"-h", "--help"} & {*given}:
        from layerwise.hook.command import main as hook

        hook(given[1:])
    from layerwise.cli.command import run

    return run(given)


if __name__ == "__main__":
    sys.exit(main())
