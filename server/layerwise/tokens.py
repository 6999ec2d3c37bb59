"""What an answer costs its reader, by one rule for every budget: a token is four characters of what the model sees."""

CHARACTERS_PER_TOKEN = 4


def count_tokens(text: str) -> int:
    """Tokens of `text`; a begun one counts."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)
