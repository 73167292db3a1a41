"""What kind of thing a question asks for, and whether a fact is of that kind.

"多久" wants a span of time, "who approves" an authority. A fact of the kind asked for is the better
answer; a question whose kind no fact offers is not answered, however near the facts are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from knowledge.card import Fact, FactRef
from knowledge.corpus import Corpus
from knowledge.figures.bounds import Bound, bounds
from knowledge.figures.figure import Figure, read_figures

Want = Literal[
    "span",  # how long
    "date",  # when
    "share",  # rate, ratio, multiple
    "money",  # amount
    "count",  # how many
    "who",  # authority or other body
    "documents",  # which papers
    "permission",  # may we, must we
    "steps",  # how it is done
    "conditions",  # what must be met
    "penalty",  # what happens otherwise
    "change",  # what changed, what replaced what
]


class _Cue(NamedTuple):
    asks: re.Pattern[str]
    """Found in a question that wants it."""
    offers: re.Pattern[str] | None
    """Found in a fact that gives it; None: told from the fact's figures."""


def _cue(asks: str, offers: str | None = None) -> _Cue:
    flags = re.IGNORECASE
    return _Cue(re.compile(asks, flags), re.compile(offers, flags) if offers else None)


_OF_TIME = r"个?(?:工作日|(?:工作)?天|日(?![元圆])|月|年|季度|星期|小时)"
"""What follows 多少 where it asks for a span of time: 多少日, but not 多少日元."""
_MEASURE = r"(?:公?吨|份(?!额)|个(?!人|百分点|基点|点)|支(?![持出付])|[间家条项类种章位名张笔次])"
"""What follows 多少 where it asks for a count: 多少份, but not 多少份额."""
_UNITS_OF_TIME = (
    r"(?:working |business |calendar |trading )?(?:days|weeks|months|quarters|years|hours)\b"
)

_SPAN_OR_LEAVE = r"多少|多久|[^哪]几|何时|什么时候|须否|需否|是否|要不要|用不用|需不需要"
_CLAUSE = rf"(?:^|[，。；？?])(?:(?!{_SPAN_OR_LEAVE})[^，。；？?])*?"
"""The beginning of a clause that asks neither for a span of time nor for leave."""
_TO_VERB = r"(?:[^\s.?!,;]+ ){1,16}?"
"""Whoever acts, or what is acted on, before the verb of an English question."""
_NO_DOING = (
    r"(?:differs?|compares?|relates?|fits?|works?|counts?|appl(?:y|ies)|changes?|affects?|defines?|calculates?"
    r"|comput(?:e|es)|treats?|tax(?:es)?|measures?|knows?|mean|interacts?|decides?|determines?|stand)\b"
)
"""Verbs that ask for a rule or a relation, not for what to do."""
_DONE = (
    r"(?:\w+ed|done|made|paid|sent|brought|set up|carried out|drawn|sold|bought|lent|put)\b"
    r"(?<!\bcalculated)(?<!\bcomputed)(?<!\bdefined)(?<!\btreated)(?<!\btaxed)(?<!\bmeasured)(?<!\bcounted)"
    r"(?<!\bdetermined)(?<!\bregulated)(?<!\bcapped)(?<!\blimited)(?<!\brelated)(?<!\blinked)(?<!\bchanged)"
)
"""What "how is it …" asks the steps of."""

_CUES: dict[Want, _Cue] = {
    "span": _cue(
        rf"多久|多长时间|多少{_OF_TIME}|需时|几个?工作[日天]|几[天日年]|几个?月|期限|时限|时效|最迟|最晚|几耐|多快|要等|锁"
        # A deadline is asked for as a day and given as a span: "when must it be registered?"
        r"|(?:什么时[候点间]|何时|几时)[^，。？?]{0,4}(?:登记|备案|报|申请|提交|缴|办)"
        r"|\bwhen (?:must|should|do|does|shall) (?:I|we|they|it|the|an?)\b[^.?!,;]{0,30}\b(?:regist|fil|report|lodg|appl|submit|pa(?:y|id))"
        rf"|how (?:long|fast|soon|recent|late|early|many {_UNITS_OF_TIME})|\bdeadlines?\b"
        r"|\b(?:longest|shortest|maximum|minimum) (?:\w+ )?(?:term|period|maturity)\b|\btime ?(?:frame|limit)s?\b|\btenors?\b|\block-?ups?\b|\btimetable\b|\bholding period"
    ),
    "date": _cue(
        r"什么时[候点间]|何时|哪一?[天年]|几时|几月|生效|施行|开始|到期|截止|从哪天"
        r"|\bwhen (?:did|do|does|was|were|is|are|will|must|should|can|may|would)\b|\bwhen\s*\?|(?:what|which|until what|from which|effective) dates?|since when|by when|in force yet"
    ),
    "share": _cue(
        # A quota is given as an amount or as a multiple of something.
        rf"税率|比例|几成|几个点|利率|系数|额度|上限|参数|几?倍|占比|百分|折扣|加点|持股|股权比|门槛|评级|多少(?!{_OF_TIME}|{_MEASURE})"
        r"|\brates?\b|\bper ?cent(?:age)?\b|\bratios?\b|\bproportion\b|\bshare of|\bmultiples?\b|\bmultiplier|\bstakes?\b|\bthresholds?\b|\bquotas?\b|\bcaps?\b|\blimits?\b"
        r"|\bcoefficients?\b|\bslice\b|\bparameters?\b|\bhow much\b|what base|\bfloat\b",
    ),
    "money": _cue(
        rf"多少(?!{_OF_TIME}|{_MEASURE})|额度|门槛|上限|下限|最低|最高|至少|金额|费用|收费|多大|规模|资本|市值|多少钱|罚|补贴|奖励|盘子|几钱"
        r"|how (?:much|big|large)|\bcaps?\b|\bquotas?\b|\blimits?\b|\bthresholds?\b|\bfees?\b|\bcosts?\b|\blargest\b|\bminimum\b"
        r"|\bmaximum\b|\bsize\b|\bcapital\b|\bpenalt|\bfines?\b|\bgrants?\b|\bcheque\b|\bbudget\b"
    ),
    "count": _cue(
        rf"几家|几个|多少(?!{_OF_TIME}){_MEASURE}|几(?:大|[条项类种位份间支张笔次])|哪[几二三四五两]|\bhow many (?!{_UNITS_OF_TIME})|\bnumber of\b"
    ),
    "who": _cue(
        r"谁|边个|哪个(?:部门|机构|局)|哪家|哪位|向哪|去哪|在哪[里儿个家]|跑哪|何处|哪[里儿]办|主管|牵头|归谁|审批机关|部里|找哪"
        r"|\bwho(?:m|se)?\b|which (?:authority|court|regulator|exchange|bank|department|agency|body)"
        r"|what authority|\bwhere\b|whose",
        r"[局委部会署]|银行|总行|法院|公司|司长|交易所|commission|authorit|secretary|bureau|\bSAFE\b"
        r"|PBOC|NDRC|MOFCOM|CSRC|\bbanks?\b|court|exchange|council|ministry",
    ),
    "documents": _cue(
        r"材料|单证|什么文件|哪些(?:资料|文件|材料)|清单|凭什么|要交什么|准备(?:什么|啥)|审单"
        r"|documents?\b|papers?\b|paperwork|lodged|what (?:must|has to) be (?:filed|lodged)|evidence",
        r"材料|合同|发票|登记表|申报表|报告|决议|审计|文件|证明|单证|凭证|document|contract|invoice|\bform\b"
        r"|certificate|report|resolution|statement|record",
    ),
    "permission": _cue(
        r"能不能|可不可以|能否|可以吗|可否|行不行|吗|允不允许|是不是|要不要|还要|需不需要|得不得|不得|禁止|能用|可以用|对不|没戏"
        # A clause without question word: "what must we file" asks for papers, "must we file" for leave.
        r"|(?:(?:^|[.?!;,:])(?:(?!\b(?:what|which|how|when|where|who|whom|whose|why)\b)[^.?!;,:])*?|\b(?:and|or|but|so|then) )"
        r"\b(?:can|may|must|could|should|do|does|is|are|will) (?:we|i|our|it|they|the|a|an|you|there)\b"
        r"|\ballowed\b|\bpermitted\b|off[- ]limits|\brequired\b|correct\?|right\?",
        r"可|不得|无须|无需|须|应当|不能|禁止|允许|限于|不适用|may\b|must|cannot|can\b|need|not\b|allow|permit|prohibit"
        r"|eligible|open to|only",
    ),
    "steps": _cue(
        r"怎么(?!算|说|划|变|样|看|定|收|回事|理解|规定|个|处罚|罚|认定|判|管)|怎样(?!算|计|(?!做|办|走|操作)[^，。？?]{0,8}才)|点样|如何(?!计|算|规定|定)|手续|流程|步骤|程序|几道|顺序|路线(?!图)|一步步|怎么走|办什么|准备啥|去哪[里儿]?备案|过哪|哪几?[道关]|打交道|先后|去登记|(?<![不内])要登记|走哪|(?:什么|哪些|啥)[^，。？?]{0,4}(?:登记|备案|手续|审批|核准)|怎[么样]搭"
        # "须于多少日内办理登记" asks for a span and "要办备案吗" for leave, as they do in English.
        rf"|{_CLAUSE}(?:做|办(?!完|妥|好|了))[^，。？?]{{0,4}}(?:登记|备案|手续|审批|核准)(?![^，。；？?]*(?:吗|{_SPAN_OR_LEAVE}))"
        rf"|\bhow to\b|\bhow (?:do|does|can|could|should|would) (?!{_TO_VERB}{_NO_DOING})"
        rf"|\bhow\?|\bhow (?:is|are) {_TO_VERB}{_DONE}"
        r"|steps?\b|walk (?:me|us) through|\bprocedures?\b|\bsequence\b|\bprocess\b"
        r"|what has to be (?:done|lodged)|\b(?:what|which|best|cheapest|right|possible) routes?\b|\bclearances?\b|\bapprovals?\b|wh(?:at|ich) filings?|\bline up\b|\bset up\b",
    ),
    "conditions": _cue(
        r"条件|资格|门槛|要满足|够格|符合什么|准入|硬杠|要求|什么样的(?:企业|公司)|才能|谁能|哪些(?:企业|公司|主体|机构)可"
        r"|conditions?\b|eligib|qualif|requirements?\b|criteria|\btest\b|entry tickets?|who (?:can|may)",
    ),
    "penalty": _cue(
        r"处罚|罚|后果|会怎样|会怎么样|违规|不办会|没办会|追责"
        r"|what happens if|penalt|consequence|\bfines?\b|if we (?:don't|do not|fail)"
        r"|without (?:filing|registering|approval)",
        r"罚款|警告|处罚|责令|责任|受限|撤销|罚|fine|warning|penalt|sanction|liable|restrict|revok",
    ),
    "change": _cue(
        r"取代|替代|代替|换成|废止|修订|修改|变了|怎么变|前后|以前|之前|原来|旧规|新规|调整|还是旧|改了|老办法|后来"
        r"|\breplac|\bsupersed|\brepeal|\bchanged\b|\bprevious|\bformer|\bused to\b|old rules?|no longer|before the new|back then",
    ),
}


def wants_of(text: str) -> tuple[Want, ...]:
    """Tell what kinds of thing a question (simplified Chinese or English, folded) asks for.

    What follows where a step is left out is no question for the steps.
    """
    found = tuple(want for want, cue in _CUES.items() if cue.asks.search(text))
    return tuple(want for want in found if want != "steps") if "penalty" in found else found


_FIGURE_WANTS: frozenset[Want] = frozenset({"span", "date", "share", "money", "count"})
_TIME_UNITS = frozenset(
    {"year", "quarter", "month", "week", "day", "working-day", "trading-day", "hour", "minute"}
)


class Offers:
    """Which kinds of thing each fact of a corpus gives, worked out once a fact."""

    def __init__(self, corpus: Corpus) -> None:
        """Take the corpus whose facts are asked about."""
        self._corpus = corpus
        self.of = cache(self._of)

    def warm(self) -> None:
        """Work out every fact, so that no answer has to."""
        for ref in self._corpus.refs:
            self.of(ref)

    def share(self, ref: FactRef, wanted: Collection[Want]) -> float:
        """Return the share of the wanted kinds that a fact gives, in [0, 1]; 0 where none is wanted."""
        return len(self.of(ref).intersection(wanted)) / len(wanted) if wanted else 0.0

    def up_to(self, ref: FactRef, bound: Bound) -> frozenset[Want]:
        """Return the kinds of figure of a fact that can be the most ("to") or the least ("from").

        "Registered for at least a year" gives no longest term, nor do "the last three years".
        """
        fact = self._corpus.fact(ref)
        told, other = bounds(fact.zh), _OPPOSITE[bound]
        return frozenset(
            kind
            for figure in read_figures(fact.zh)
            if (kind := _kind_of(figure))
            and told[figure.kind, figure.value] != {other}
            and not _LOOKS_BACK.search(fact.zh[: figure.start])
        )

    def _of(self, ref: FactRef) -> frozenset[Want]:
        fact = self._corpus.fact(ref)
        text = f"{fact.zh} {fact.en}"
        found: set[Want] = {
            want for want, cue in _CUES.items() if cue.offers and cue.offers.search(text)
        }
        found.update(kind for figure in read_figures(fact.zh) if (kind := _kind_of(figure)))
        if _COUNTED.search(fact.zh):
            found.add("count")
        if fact.aspect in ("eligibility", "limit"):
            found.add("conditions")
        if fact.aspect in ("procedure", "documents"):
            found.add("steps")
        if fact.aspect == "authority":
            found.add("who")
        return frozenset(found)


_OPPOSITE: Mapping[Bound, Bound] = {"from": "to", "to": "from"}
_LOOKS_BACK = re.compile(r"(?:近|最近|过去|此前)\s*$")
_ASKS_MOST = re.compile(
    r"最[长多高大]|至多|\b(?:longest|largest|highest|maximum|at most|at the most|up to)\b",
    re.IGNORECASE,
)
_ASKS_LEAST = re.compile(
    r"最[短少低小]|至少|\b(?:shortest|smallest|lowest|minimum|at least)\b", re.IGNORECASE
)


def bound_asked(text: str) -> Bound | None:
    """Tell whether a text asks for the most or the least of something; None: neither, or both."""
    most, least = bool(_ASKS_MOST.search(text)), bool(_ASKS_LEAST.search(text))
    if most == least:
        return None
    return "to" if most else "from"


def _kind_of(figure: Figure) -> Want | None:
    if figure.kind == "date":
        return "date"
    if figure.kind == "percent" or figure.unit == "times":
        return "share"
    if figure.unit in _TIME_UNITS:
        return "span"
    if figure.unit and figure.unit.isupper():
        return "money"
    if figure.kind == "number":
        return "share" if "." in figure.value or ":" in figure.value else "count"
    return None


_COUNTED = re.compile(r"[一二三四五六七八九十两百]+(?:大|[项条类种家个份支间名位批轮章])")
"""A count in Chinese numerals: 四大支柱, 十项措施."""
_ILLUSTRATION = re.compile(
    r"案例|^例[:：]|业界|财新指出|据报道|呼吁|建议把|有(?:报道|文章|律师|观点)|^某|一家\S{2,12}(?:集团|公司)"
    r"|解读|评述|年会意见|(?:律师|律所|事务所|代理机构)\S{0,4}(?:认为|称|指出|估计|概括)|汉坤|君合"
)


@lru_cache(maxsize=4096)
def is_illustration(text: str) -> bool:
    """Tell whether a fact (in Chinese) reports a case or an opinion instead of a rule."""
    return bool(_ILLUSTRATION.search(text))


def is_aside(fact: Fact) -> bool:
    """Tell whether a fact stands beside the rules: background, a caution, a case or an opinion."""
    return fact.aspect in ("background", "risk") or is_illustration(fact.zh)


_ASKS_FIGURE = re.compile(
    r"多少|几(?!乎|种)|多大|多久|多长|多快|何时|什么时候|哪天|哪年|最[低高少多迟晚]|幾"
    r"|\bhow (?:much|many|long|big|large|fast|soon|recent|high|low|late|early|far)\b|\bwhen (?:did|do|does|was|were|is|are|will|must|should|can|may|would)\b|\bwhen\s*\?|what(?: is the| are the|'s the)? (?:\w+ )?(?:rates?|percentage|amount|date|fees?|limit|cap|ratio|quota)\b"
    r"|\b(?:longest|shortest|largest|smallest|lowest|highest|minimum|maximum)\b",
    re.IGNORECASE,
)


def figure_wants(text: str) -> frozenset[Want]:
    """Tell which kinds of figure a text asks for outright: only a figure can answer it.

    "额度怎么算" is about a quota but asks for a method; "额度多少" asks for a figure.
    """
    return _FIGURE_WANTS.intersection(wants_of(text)) if _ASKS_FIGURE.search(text) else frozenset()
