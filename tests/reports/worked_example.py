"""The published worked example: 57 people whose nine answers add up to the sums that an election office printed."""

PEOPLE = 57
# January to June 2025, index 88.4503 -> 88.45, A.
SUMS = {
    "requirements": 198,
    "procedure": 203,
    "speed": 196,
    "cost": 226,
    "product": 190,
    "competence": 196,
    "conduct": 202,
    "facilities": 190,
    "complaints": 214,
}


def worked_example_answers() -> list[dict[str, int]]:
    """57 sheets of nine answers of 1-4 with exactly those sums."""
    columns = {element: answers_with_sum(total) for element, total in SUMS.items()}
    return [{element: columns[element][person] for element in SUMS} for person in range(PEOPLE)]


def answers_with_sum(total: int) -> list[int]:
    """Some very unhappy people, one in between, and the rest content."""
    unhappy, rest = divmod(4 * PEOPLE - total, 3)
    return ([1] * unhappy + [4 - rest] + [4] * PEOPLE)[:PEOPLE]
