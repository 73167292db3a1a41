"""A question in clauses: which of them ask, and whether about now.

The dates of the text are masked (see `bot.query.moments`), so that patterns may speak of them.
"""

from __future__ import annotations

import re

from bot.query.moments import Moment

_CLAUSE_END = re.compile(
    r"[。;；:：?？!！、\n]|[,，](?!\d{3})|\.(?=\s|$)"
    r"|\s(?:and|but|so)\s(?=(?:how|what|which|who|when|where|since|is|are|do|does|did|can|could|may|must)\b)"
)
ASKS = re.compile(
    r"多少|几(?!乎)|什么|甚么|哪|怎|谁|吗|呢|(?P<verb>[\u4e00-\u9fff])[不唔](?P=verb)|可[不唔]可以|有没有|如何|咩|乜"
    r"|何时|多[大快久长]|点样|点计|边个|能否|可否|是否|分别"
    r"|\b(?:what|which|who|whose|where|how|whether|when (?:did|was|were|is))\b"
    r"|\b(?:can|could|may|must|do|does|did|is|are|was|were|would|should|will|had|has|have) "
    r"(?:we|I|you|a|an|the|our|it|they|there|one|this|that|these|those|any|firms?|compan|banks?|mainland|non|such)\w*\b",
    re.IGNORECASE,
)
"""Found in a clause that asks."""
NOW = re.compile(
    r"现[在时行](?!复盘|要复盘|回头|想?(?:查|补|写|倒查))|如今|目前|眼下|当前|今天|而家|依家|今时今日"
    r"|\b(?<!as of )(?:now(?! that| \w+ing\b)|today|currently|nowadays|at present|these days)\b"
    r"|\bstill appl",
    re.IGNORECASE,
)
"""Found in a clause that speaks of now."""
_AFTER = re.compile(
    r"后来|[到成]多少了|(?:什么时候|啥时候?|何时|几时)(?:开始)?(?:改|变|换|取消)|换成(?:了)?什么|改成(?:了)?什么"
    r"|\bsince when\b|\bwhen did (?:it|that|this) (?:change|end)|\bwhat (?:has )?replaced\b",
    re.IGNORECASE,
)
COUNTS = re.compile(
    r"累计|总[量额数](?![控度])|总规模|数量|家数|占比(?!上限|要求|不)|有多少(?![天倍])|多少[家只户笔]|几[家只户笔]|募(?:了|集了|资额)|融了|发行(?:了|量|规模)"
    r"|成交|排第|排名|市值(?:大概|约)|同比|增长了|进展"
    r"|\bhow many (?!(?:working |business |calendar )?(?:days|weeks|months|years|times)\b)"
    r"|\b(?:number of|cumulative|issuance|total (?:of|value|volume|amount raised)|market size|raised|sold)\b",
    re.IGNORECASE,
)
"""Found in a clause that asks how much or how many there was, not for a rule."""


class Asked:
    """A question, its moments masked, in clauses."""

    def __init__(self, text: str) -> None:
        """Take the masked text."""
        self.text = text
        ends = [match.start() for match in _CLAUSE_END.finditer(text)]
        self.clauses = list(zip([0, *(end + 1 for end in ends)], [*ends, len(text)], strict=True))
        asks = [clause for clause in map(self.words, range(len(ends) + 1)) if ASKS.search(clause)]
        self.also_now = any(NOW.search(clause) for clause in asks) or bool(_AFTER.search(text))

    def place(self, at: int) -> int:
        """Return the clause in which a character stands."""
        return next(place for place, (_, end) in enumerate(self.clauses) if at <= end)

    def words(self, place: int) -> str:
        """Return a clause's text; empty beyond the last."""
        start, end = self.clauses[place] if place < len(self.clauses) else (0, 0)
        return self.text[start:end]

    def around(self, moment: Moment) -> tuple[str, str]:
        """Return what stands before and after a moment in its clause."""
        start, end = self.clauses[self.place(moment.start)]
        return self.text[start : moment.start], self.text[moment.end : end]

    def until_asked(self, at: int, *, own: bool) -> str:
        """Return what follows a place up to the clause that asks, its own clause or at most two."""
        first = self.place(at)
        if own:
            return self.words(first)
        asking = next(
            (place for place in (first + 1, first + 2) if ASKS.search(self.words(place))), first
        )
        return self.text[self.clauses[first][1] : self.clauses[asking][1]]

    def asks_then(self, at: int) -> bool:
        """Tell whether what is asked from the clause at a place on is not only about now."""
        own = self.place(at)
        clauses = [self.words(place) for place in range(own, len(self.clauses))]
        if not any(map(ASKS.search, clauses)):
            return not (NOW.search(self.text) or COUNTS.search(self.text))
        then = [clause for clause in clauses if clause == clauses[0] or not NOW.search(clause)]
        return any(ASKS.search(clause) and not COUNTS.search(clause) for clause in then)
