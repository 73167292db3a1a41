"""The day for which a question wants the rules, when its words say so.

Most dates in a question are something else: part of an instrument's name, the day of the deal, the
year of the profits, a deadline. A date counts only when a word makes it the day of the rules
("2024年的时候", "as of 1 May 2025"), when a later word points back to it ("3月初挂牌，当时…"), or
when what is asked is put to it in the past ("in early 2024 could we", "去年6月能不能"). A question
about now, one that compares old with new, and a count of things ("how many banks as of") are not
read; they want the rules of today, or those of both days.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from bot.query.asked import ASKS, COUNTS, NOW, Asked
from bot.query.moments import FIRST, MASKED, Moment, mask, read_moments


class AsOf(NamedTuple):
    """What a question says about the day for which it wants the rules."""

    day: dt.date | None
    """The day; None where only a change is named."""
    kind: Literal["day", "before-change"]
    """`before-change`: before a change, to be found on the instrument in question ("旧规定下")."""
    also_now: bool
    """Whether it asks as well what holds now, or what came after."""
    start: int
    """Where the date, or the words for the change, stand in the text."""
    end: int


def read_as_of(text: str, today: dt.date) -> AsOf | None:
    """Read the day for which a question wants the rules; None when it does not say one.

    Args:
        text: the question, folded (NFKC), in simplified Chinese or English.
        today: the asker's day; no day after it is returned.
    """
    moments = {moment.start: moment for moment in read_moments(text, today)}
    asked = Asked(mask(text, [(moment.start, moment.end) for moment in moments.values()]))
    for finder in (_marked, _recalled, _topical, _before_date):
        for moment, day in finder(asked, moments):
            return AsOf(day, "day", asked.also_now, moment.start, moment.end)
    change = _change(asked)
    return AsOf(None, "before-change", asked.also_now, *change) if change else None


def _pattern(*alternatives: str) -> re.Pattern[str]:
    """Compile alternatives, `DATE` for a masked date."""
    return re.compile("|".join(alternatives).replace("DATE", MASKED), re.IGNORECASE)


_RECORDS = r"(?:净?利润|净资产|总资产|资产|所有者权益|权益|审计报告|经审计|财报|年报|报表|报告期?|账|营收|收入|亏损|余额|分红|股息|业绩|汇算|数据)"
"""What a firm has or shows at a date: the date is then not that of the rules."""
_RECORDS_EN = (
    r"(?:net assets?|equity|accounts?|balances?(?: sheets?)?|statements?|figures|revenue|turnover|profits?"
    r"|earnings|dividends?|audited|assets|results|income|sales)"
)
_NAMES = (
    r"(?:办法|条例|通知|公告|指引|意见|方案|决定|批复|施政报告|预算案|修订|修正|征求|草案|协议|备忘录|通函|论坛|新[规政法]"
    r"|Measures|Rules|Notices?|Circulars?|Orders?|Provisions|Regulations?|Guidelines?|Guidance|Opinions|Law\b"
    r"|Ordinance|Act\b|Budget|Policy Address|Action Plan|draft|revision|edition|Arrangement|Forum)"
)
"""What follows a date that is part of a name: the 2025 Measures, 2024年修订."""
_RECORD_AFTER = re.compile(rf"\s*的?(?:我们|公司|集团|经审计的?)?(?:{_RECORDS}|审计)")
_RECORD_BEFORE = re.compile(
    rf"\b{_RECORDS_EN} (?:as (?:of|at|on)|at|for|in|of) (?:the )?$", re.IGNORECASE
)
_RECORD = re.compile(rf"{_RECORDS}|\b{_RECORDS_EN}\b", re.IGNORECASE)


_Moments = Mapping[int, Moment]
_Found = Iterator[tuple[Moment, dt.date]]

_THEN = (
    r"(?:时候|那个?(?:时候?|会儿?|阵(?:子|时)?|段(?:时间|日子))|当[时年天日月]|那一?(?:年|天|日|个?月)"
    r"|彼时|嗰(?:阵时?|时|段时间)|时点)"
)
_RULES = r"(?:规定|规则|规矩|法规|口径|标准|政策|要求|做法|情况|情形)"
_MARKS = tuple(
    _pattern(mark)
    for mark in (
        rf"DATE份?的?{_THEN}",
        r"DATE时(?![间限效长段差期刻])",
        # 2021年试点那阵, 去年发债的时候
        rf"DATE(?:(?!{_RECORDS}|{_NAMES})[^,，。;；:：?？!！、\s\d{FIRST}]){{1,16}}?"
        r"(?:的时候|那会儿?|那阵子?|时(?=[,，能可要须需应是有]))",
        rf"(?:截[至止](?:到|于)?|(?:倒|退|放)?回到?|站在|放在|以|按照?|依照?|根据|照)DATE的?(?:当时|那时)?的?"
        rf"(?:{_RULES}|时点|为准|来?看|来?算|角度)",
        r"(?:截[至止](?:到|于|至)?|回到|[倒退]回到?)DATE(?!之?前|以前|的)",
        r"^(?:那么?|换成?|如果是?|要是|改成|咁)?在?DATE(?:的话|的)?(?:呢|又?(?:如何|怎[么样]))",
        r"(?<!effective )(?<!effect )\bas (?:of|at|on) (?:about |around |the )?DATE(?! on\b| onwards?\b)",
        r"\bback (?:in|on|at|around) (?:the )?DATE",
        r"\b(?:in force|in effect|applicable|applied|applying|valid|current)"
        r" (?:on|in|at|as (?:of|at)|during) (?:the )?DATE",
        r"DATE's (?:rules|position|regime|law)\b",
        r"DATE,? then\b",
        r"^(?:and |so |but |ok,? )*(?:(?:what|how) about )?(?:(?:back )?(?:in|on|at|for|during) )?"
        r"(?:the )?DATE\s*\?*$",
    )
)


def _date_in(match: re.Match[str]) -> int:
    return match.string.index(FIRST, match.start())


def _marked(asked: Asked, moments: _Moments) -> _Found:
    """Find dates that a word beside them makes the day of the rules."""
    for mark in _MARKS:
        for match in mark.finditer(asked.text):
            moment = moments[_date_in(match)]
            if not _is_record(asked, moment) and asked.asks_then(moment.start):
                yield moment, moment.day


_BACK_THEN = re.compile(
    r"当时|那个?时候?|那会儿?|那阵子?|彼时|嗰(?:阵时?|时)"
    r"|\bback then\b|\bat (?:the|that) time\b(?! of)|\bin those days\b|\bthen (?:in force|applicable)\b"
    r"|(?<!since )(?<!by )(?<!and )(?<!but )\bthen(?=\s*(?:[?.,;]|and\b|$))",
    re.IGNORECASE,
)


_NAMED_BY = re.compile(rf"的?[^,，。?？{FIRST}]{{0,4}}{_NAMES}|[\s-]+{_NAMES}", re.IGNORECASE)


def _recalled(asked: Asked, moments: _Moments) -> _Found:
    """Find dates that a later "当时" or "at the time" points back to."""
    for match in _BACK_THEN.finditer(asked.text):
        earlier = [
            moment
            for start, moment in moments.items()
            if start < match.start() and not _NAMED_BY.match(asked.around(moment)[1])
        ]
        if earlier and asked.asks_then(match.start()):
            yield earlier[-1], earlier[-1].day


_HAN = re.compile(r"[\u4e00-\u9fff]")
_RULE_ZH = re.compile(
    r"能(?![源力])|可以|可不可|可否|可唔可|允许|要不要|要唔要|使唔使|需不需|是否|需要|必须|要(?:先|去|到|向|交|报|备案|登记|审批|满足|多少|多久|几|什么)"
    r"|适用|规定|规则|上限|下限|额度|期限|门槛|系数|参数|比例|税率|倍|怎么?(?:算|办|按|规定|备案|登记|走|管)|归谁|(?:谁|边个)(?:管|批|办|审)"
    r"|几天|多少天|工作日|手续|材料|条件|资格|禁止|限制|最[多少高低长短]|找谁|去哪"
)
_HAPPENED_ZH = re.compile(
    r"[了过](?!几)|(?:怎么|如何|有没有|是否|是不是)(?:调|改|变|修|放宽|收紧)|[调降升提][到至]|改[成为]|变[成为化]|调整|计划|预计|打算|几次|那次|新[规增发出推]"
    r"|什么时候|何时|几时|哪[天年月]|还有效"
)
_STATE_ZH = re.compile(
    r"是(?:多少|怎|什么|甚么|谁|哪|几)|怎么?(?:算|规定|管|样|定)|能不能|可不可以|能否|归谁|上限|额度|比例|税率|门槛|系数|参数"
)
_DEADLINE_ZH = re.compile(r"完成|提交|报送|办完|办好|缴|交|[上申汇]报|登记|备案")
_OPENING_ZH = re.compile(
    r"\s*(?:请问|想问一?下?|如果|假如|假设|复盘|那么?)?\s*(?:我们|我司|公司)?\s*[在于喺]?\s*"
)
_PREDICATE_ZH = re.compile(r"是多少|是怎|怎么?(?:算|规定)|要不要|能不能|能否|可不可以")
_NOT_TOPIC_ZH = re.compile(
    rf"的|起|以来|以前|之前|前|头|到|至|[-~]|度|版|那|这|[^,，。?？]{{0,6}}[之以]?后"
    rf"|[^,，。?？]{{0,14}}?(?:{_NAMES}|改革|那[条个份批套])"
)

_PAST = re.compile(
    r"\b(?:could|was|were|did|had to|applied|governed|used to)\b"
    r"|\b(?:who|what|which) (?:(?!is\b|are\b|be\b|ha[sd]\b|have\b)\w+ ){0,2}\w+ed\b|\bwould\b[^.?!]{0,60}\bhave\b",
    re.IGNORECASE,
)
_FIRMLY_PAST = re.compile(
    r"\b(?:had to|applied|governed|w(?:as|ere) (?:required|allowed|it|there|the|we|a)|did (?:we|the|a))\b"
    r"|\bwould\b[^.?!]{0,60}\bhave\b",
    re.IGNORECASE,
)
_RULE_EN = re.compile(
    r"\b(?:could|had to|applied|governed|cap|limits?|ceiling|quota|multipl\w+|coefficient|parameter|rates?|ratio"
    r"|thresholds?|rules?|require\w*|need\w*|allow\w*|permit\w*|eligib\w*|able|fil(?:e|ing)s?|regist\w+|approv\w+"
    r"|licen[cs]\w+|deadline|how long|law|lend|borrow|remit|float|in force|govern\w*|minimum|maximum)\b",
    re.IGNORECASE,
)
_HAPPENED_EN = re.compile(
    r"\b(?:did|was|were|has|had)\b(?:(?!\b(?:allowed|permitted|able|required|have to|need|fil\w+)\b)[^?.!;,]){0,60}?"
    r"\b(?:chang|cut\b|rais|mov(?:e|ed)\b|hit\b|added\b|lower(?:ed)?\b|revis|issue[ds]?\b|announc|publish|launch|replac|introduc|sign(?:ed)?\b|say\b|said\b|released?\b"
    r"|ris(?:e|en)\b|gr[eo]w|fell\b|sold\b|join|adopt|decid|extend|expand|relax|eased?\b|tighten|loosen|happen|won\b)"
    r"|\bwhat (?:has )?(?:changed|happened)\b",
    re.IGNORECASE,
)
_PLACED_EN = re.compile(
    r"\b(?:in|on|at|during|over|around|for|by|throughout) (?:the )?$", re.IGNORECASE
)
_LINKED_EN = re.compile(
    r"\b(?:from|to|since|of|till|between|and|than|with|before|until) (?:the )?$", re.IGNORECASE
)
_UNTIL_EN = re.compile(r"\b(?<!and )(?:before|prior to|until|up to) (?:the )?$", re.IGNORECASE)
_ADVERBIAL_EN = re.compile(
    r"\s*(?:in|on|at|during|over|around|for|by|throughout|when|while|if|had|as|before|prior|until|suppose)\b"
    rf"|\s*(?:the )?{FIRST}",
    re.IGNORECASE,
)
_PART_OF_NAME_EN = re.compile(
    rf"['’]s\b|[\s-]+(?:(?!did|was|were|could|would|had|the|what|how|on|a)[\w&-]+[\s-]+){{0,3}}?{_NAMES}",
    re.IGNORECASE,
)


def _topical(asked: Asked, moments: _Moments) -> _Found:
    """Find dates to which a question is put without another word ("去年6月能不能")."""
    put = _put_in_chinese if _HAN.search(asked.text) else _put_in_english
    for moment in moments.values():
        if moment.settled and not _is_record(asked, moment) and put(asked, moment):
            yield moment, moment.day


def _put_in_chinese(asked: Asked, moment: Moment) -> bool:
    lead, rest = asked.around(moment)
    opens = _OPENING_ZH.fullmatch(lead) or _PREDICATE_ZH.match(rest)
    if not opens or _NOT_TOPIC_ZH.match(rest):
        return False
    words = asked.until_asked(moment.start, own=bool(rest.strip()))
    return bool(ASKS.search(words) and _RULE_ZH.search(words)) and not (
        _HAPPENED_ZH.search(words) or COUNTS.search(words) or NOW.search(words)
    )


def _put_in_english(asked: Asked, moment: Moment) -> bool:
    lead, rest = asked.around(moment)
    if _LINKED_EN.search(lead) or _PART_OF_NAME_EN.match(rest):
        return False
    if lead.strip() and rest.strip() and not _PLACED_EN.search(lead):
        return False
    return _asks_in_past(asked, moment)


def _asks_in_past(asked: Asked, moment: Moment) -> bool:
    place = asked.place(moment.start)
    words = asked.words(place)
    if not ASKS.search(words):
        words, told = asked.words(place + 1), not _ADVERBIAL_EN.match(words)
        if told and not _FIRMLY_PAST.search(words):
            return False
    return bool(ASKS.search(words) and _PAST.search(words) and _RULE_EN.search(words)) and not (
        _HAPPENED_EN.search(words) or COUNTS.search(words)
    )


_UNTIL_ZH = re.compile(r"(?:以前|之前|前(?![\d一二三四五六七八九十几首]))")


def _before_date(asked: Asked, moments: _Moments) -> _Found:
    """Find dates before which the rules are wanted ("2025年之前是多少"): the day before counts."""
    for moment in moments.values():
        lead, rest = asked.around(moment)
        until = _UNTIL_ZH.match(rest)
        if until and moment.settled:
            words = rest[until.end() :] or asked.until_asked(moment.start, own=False)
            wanted = _STATE_ZH.search(words) and not _DEADLINE_ZH.search(words)
        else:
            wanted = _UNTIL_EN.search(lead) and not _PART_OF_NAME_EN.match(rest)
            wanted = wanted and _asks_in_past(asked, moment)
        if wanted and not _is_record(asked, moment):
            yield moment, moment.first - dt.timedelta(days=1)


def _is_record(asked: Asked, moment: Moment) -> bool:
    """Tell whether a date is that of a firm's books, not of the rules."""
    lead, rest = asked.around(moment)
    if _RECORD_AFTER.match(rest) or _RECORD_BEFORE.search(lead):
        return True
    words = asked.words(asked.place(moment.start))
    return bool(_RECORD.search(words)) and not ASKS.search(words)


_NEW_ZH = (
    r"(?:新的?(?:办法|规定?|政策?|法规?|条例|通知|规则|制度|例|指引|安排)|改革|修订|合并"
    r"|(?:\d+|[一二三四五六七八九十百]+)号[文令]|《[^》]{2,60}》)"
)
_COMES = r"(?:出来?|出台|发布|公布|印发|生效|施行|实施|落地|执行|推出)"
_NEW_EN = (
    r"(?:the |this |these )?(?:(?:new|revised|current|latest|overseas|lending|listing|loan|cash|pool|foreign|debt"
    r"|outbound|(?-i:[A-Z][\w&-]*)|DATE) ){0,4}"
    r"(?:measures|rules?|regulations?|notice|circular|order|provisions|regime|reform|law|change|amendment"
    r"|document|guidelines)(?: (?:No\.? ?)?\d+)?"
)
_BEFORE_CHANGE = _pattern(
    # not the contracts and loans of before
    rf"{_NEW_ZH}(?:正式)?{_COMES}?(?:之前|以前|前)(?!后|的?(?:存量|老|旧|已|合同|业务|贷款|项目|账户|交易)"
    r"|[^,，。?？]{0,6}的(?:合同|业务|贷款|项目|债)|要?(?:准备|做|完成|补|先))",
    rf"{_NEW_ZH}(?:还没有?|尚未|还未|未)(?:正式)?{_COMES}(?:的时候|那会儿?|之前|时)",
    r"(?:还没|没|未)(?:改|修订|调整)(?:的时候|之前|前)",
    r"(?:旧|老|原先?的?|原来的?|以前的?|此前的?|过去的?|之前的?|从前的?)(?:规(?![划模范])[定矩则]?|办法|制度?|指引|法规|政策|口径|要求|标准|例)[下里中]?",
    rf"\b(?:before|prior to|until) {_NEW_EN}(?: (?:came|took|was|were|had|entered|started|replaced)\b[^,.?]*)?"
    r"(?=\s*(?:[,.?;:]|$|(?:what|who|how|which|did|was|were|could|had)\b))",
    r"\b(?:the|its) (?:old|former|previous|earlier|prior|superseded) (?:[\w&-]+ ){0,3}?(?:rules?|regime|measures"
    r"|guidelines?|regulations?|notice|circular|requirements?|policy|law)\b",
    r"\b(?:previously|formerly|(?<!be )(?<!is )(?<!are )(?<!was )(?<!were )used to)\b",
    r"(?:以前|原来|过去|从前)(?!的)",
)
_OF_BOTH = re.compile(
    r"旧[^,，。]{0,4}新|新[^,，。]{0,4}旧|区别|不同|差别|异同|相比|对比|比较|衔接|废|失效|取代|替代|代替|沿用|继续|写进|了[吗没]|差[多别几]|怎么变|还(?:能|可以|用|按|照|有效|适用|算)|还是(?:新|旧|老|按|用|现|\d)|[和与跟比同](?:旧|老|以前|原来)|(?:旧|老|以前|原来).{0,6}比"
    r"|\b(?:differ|compar|chang|replac|repeal|remain|stay|keep)\w*\b|\bstill (?:appl|in force|valid|use them|rely|alive)|\b(?:versus|vs|than|before and after)\b",
    re.IGNORECASE,
)
_IN_PASSING = re.compile(r"以前|原来|过去|从前|previously|formerly|used to", re.IGNORECASE)


def _change(asked: Asked) -> tuple[int, int] | None:
    """Find words for the rules before a change; return where they stand."""
    for match in _BEFORE_CHANGE.finditer(asked.text):
        place = asked.place(match.start())
        words = asked.words(place)
        asking = words if ASKS.search(words) else asked.words(place + 1)
        if _OF_BOTH.search(words + asking) or NOW.search(words):
            continue
        if not asked.asks_then(match.start()):
            continue
        chinese = _HAN.search(match[0])
        if _IN_PASSING.fullmatch(match[0]) and not (
            ASKS.search(words)
            and (_RULE_ZH if chinese else _RULE_EN).search(words)
            and not _HAPPENED_ZH.search(words)
        ):
            continue
        under = re.search(r"\bunder $", asked.text[: match.start()], re.IGNORECASE)
        if chinese or under or any(_PAST.search(asked.words(at)) for at in (place, place + 1)):
            return match.span()
    return None
