"""New strings take the quotes of a project whose formatter leaves quotes alone."""

from layerwise.generate.likeness.polish import requote


def test_only_new_plain_strings_are_given_single_quotes() -> None:
    before = 'KEPT = "kept"\n'
    after = before + 'A = "new"\nB = f"{row[\'id\']}"\nC = "it\'s"\nD = "\\n"\nE = ""\n"""Doc."""\n'

    assert requote(before, after) == after.replace('"new"', "'new'")
