"""A manual of 300 pages, one procedure a page, put together from parts by a seed."""

from __future__ import annotations

import random

from evals.documents.paper import Facts, Line, Paper

PAGES = 300
_OFFICES = (
    "Alderney", "Brackwater", "Corrie", "Dunmore", "Elswick", "Farrow", "Glenholt", "Hartsmere",
    "Ingleby", "Jarrow", "Kelso", "Lynmouth", "Melrose", "Norwood", "Oakhurst", "Penrith",
    "Quorn", "Rosslare", "Selkirk", "Thurso", "Ullswater", "Ventnor", "Wexcombe", "Yarrow",
    "Zennor",
)  # fmt: skip
_SUBJECTS = (
    ("opening a vault", "the vault is opened", "two key holders"),
    ("counting foreign notes", "notes are counted", "a teller and a supervisor"),
    ("releasing a wire", "a wire is released", "a maker and a checker"),
    ("filing a signature card", "a card is filed", "the records clerk"),
    ("closing a safe deposit box", "a box is closed", "the lessee and an officer"),
    ("reversing a card charge", "a charge is reversed", "the disputes desk"),
    ("replacing a lost token", "a token is replaced", "the security desk"),
    ("accepting a bearer cheque", "a bearer cheque is accepted", "the duty manager"),
    ("delivering gold bars", "bars are delivered", "an armed escort"),
    ("balancing the till", "the till is balanced", "the head teller"),
    ("renewing a mandate", "a mandate is renewed", "the relationship officer"),
    ("blocking an account", "an account is blocked", "the compliance officer"),
)  # fmt: skip


def manual(seed: int) -> Paper:
    """Write the manual; numbers and offices differ from procedure to procedure."""
    draw = random.Random(seed)
    title = "Counter Procedures of the Thistledown Savings Society"
    lines = [
        Line("title", title),
        Line("paragraph", "(Written for testing; the society and its offices are invented.)"),
    ]
    pairs = [(office, subject) for subject in _SUBJECTS for office in _OFFICES]
    for number, (office, (name, passive, who)) in enumerate(pairs, start=1):
        lines.append(Line("heading", f"{number}. {office}: {name}", 1))
        minutes, limit = draw.randrange(6, 95), draw.randrange(3, 900) * 100
        years, hour = draw.randrange(2, 15), draw.randrange(8, 19)
        for at, text in enumerate(
            (
                f"At the {office} office {passive} by {who} only, and never after {hour}.30.",
                f"The step takes at most {minutes} minutes. Above {limit:,} crowns the regional"
                f" head of {office} has to be told first.",
                f"The slip is kept for {years} years in cabinet {number + 40} of the {office}"
                " archive.",
            ),
            start=1,
        ):
            lines.append(Line("paragraph", f"{number}.{at} {text}", 0, f"{number}.{at}"))
    return Paper(Facts(title=title, lang="en"), tuple(lines))
