"""Distractors: the chatter around a question that has nothing to do with it."""

from __future__ import annotations

import random

from bot.language import Lang, to_traditional

_CHATTER = {
    True: (
        "刚开完部门例会，会议室空调太冷了。",
        "今天路上堵得厉害，我迟到了一会儿。",
        "我同事小李这周休假，所以由我来写这条消息。",
        "办公室的打印机又坏了，只好先在手机上打字。",
        "老板让我下班前给个说法，语气不太好听见谅。",
        "顺便说一句，你们的页面看着挺清爽。",
        "下周团建去爬山，大家都很期待。",
    ),
    False: (
        "I have just come out of our weekly team meeting, and the air conditioning was far too cold.",
        "Traffic was terrible this morning, so I am a little late with this message.",
        "My colleague Lee is on leave this week, which is why I am writing instead.",
        "The office printer is broken again, so please excuse any sloppy formatting.",
        "My boss would like to hear back from me before I leave the office.",
        "By the way, your page looks very tidy.",
        "Our team is going hiking next week and everybody looks forward to it.",
    ),
}
"""By whether the question is Chinese. None asks anything, has a figure or a term of the field."""


def distracted(question: str, lang: Lang, chance: random.Random) -> str:
    """Return a question with one or two irrelevant sentences before it, after it, or both."""
    chinese = lang != "en"
    first, second = chance.sample(_CHATTER[chinese], 2)
    if lang == "zh-Hant":
        first, second = to_traditional(first), to_traditional(second)
    space = "" if chinese else " "
    ended = question if question[-1] in "。？！?!." else f"{question}{'？' if chinese else '?'}"
    match chance.choice(("before", "after", "both")):
        case "before":
            return f"{first}{space}{question}"
        case "after":
            return f"{ended}{space}{first}"
        case _:
            return f"{first}{space}{ended}{space}{second}"
