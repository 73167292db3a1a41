"""Words that turn a sentence round: of negation, of leave and duty, of direction, of bound."""

from __future__ import annotations

import re
from typing import NamedTuple


class Pair(NamedTuple):
    """Words of one meaning in both languages, and words of the opposite."""

    one: re.Pattern[str]
    other: re.Pattern[str]


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _pair(one: str, other: str) -> Pair:
    return Pair(_words(one), _words(other))


IDLE = _words(
    r"(?:不|并?非|没有|未)(?:再|被|得|必)?(?:禁止|豁免|免|取消|排除|受限)"
    r"|不(?:动产|同|良|论|管|仅|但|断|可抗力|只|过(?=[，,])|变|记名|中断|间断|受影响|一定)"
    r"|无(?:论|形|线|人|锡|记名)|未(?:来|必)|（不含[^）]*）"
    r"|\bnot (?:only|just|merely|simply|least|barred|exempt|banned|prohibited|excluded)\b|\bno\. ?\d"
    r"|\bno matter\b|\bwhether or not\b|\bwithout (?:losing|loss|interrupt\w*|chang\w*|prejudice|delay|a break|interruption)"
    r"|\bfree (?:trade|hand|zone|float)"
    r"|\bnot (?:chang\w*|affect\w*|laps\w*|interrupt\w*)|[只仅光][^，。；]{1,16}不够|\bnot (?:enough|sufficient)"
)
"""Negations that deny nothing, or cancel each other."""

BOUNDED = _words(
    r"(?:不得?|不应|不能|不可|未|没有?)(?:低于|少于|小于|高于|超过|多于|大于|超出|超|足|满|早于|晚于|迟于|逾|突破)"
    r"|不(?:到|及|够)(?=[约一二三四五六七八九十两半百\d])"
    r"|\b(?:no|not|nor|never|cannot|(?:may|must|can|does|do) not)(?: be)?(?: any)? "
    r"(?:less|lower|fewer|smaller|more|higher|greater|later|earlier|longer than|exceed\w*|above|below"
    r"|over|fall below|go (?:above|over|beyond))\b(?: than)?"
)
"""Negations that say a bound."""

NEGATION = _words(
    r"不|无(?!疑)|未|没|毋|禁止|严禁|取消|豁免|(?<!减)免(?!税店)|停办|暂停|失去|丧失"
    r"|\b(?:not|no|never|neither|nor|none|nowhere|without|cannot|nothing|forfeit\w*|exempt(?!ions?\b)\w*|waive\w*|prohibit\w*|bans?|bar|bars|barring"
    r"|banned|barred|forbid\w*|ineligible|abolish\w*|disallow\w*|unlimited|uncapped|unregulated|excluded|free of|free from|tax-free|duty-free|outside(?! the mainland| china| hong kong))\b|n't\b"
)
CONDITION = _words(
    r"(?:未经?|没有|不)[^，,；;。]{1,24}[，,]?[^，,；;。]{0,14}(?:不得|不能|不可|不准|禁止|不予)"
    r"|\b(?:without|unless|until)\b[^.;]{1,90}?\b(?:may not|must not|cannot|can not|not be|no)\b"
    r"|\b(?:may not|must not|cannot|can not|not|no)\b[^.;]{1,60}?\b(?:without|unless|until)\b"
)
"""Two negations that say one thing: what may not be done without, must be done with."""

LIMIT = _words(
    r"违反|违规|除|代替|替代|取代|而非|以外(?![币汇])|之外|只|仅|才|方可|限于|前提|排除|例外|放弃|剔除|减免|脱离|移出|删|废|失|停|否|解除|拒|非(?!居民|银行|金融|洲|常|公开)"
    r"|\b(?:only|except\w*|unless|outside|other than|apart|exemptions?|rather|instead|until|fail\w*|lack\w*"
    r"|beyond|gone|skip\w*|spare[sd]?|merely|exclu\w*|drop\w*|remov\w*|scrap\w*|lift\w*|end(?:ed|s)?"
    r"|off|un\w+able|alone|zero|nil|just|out of|limited to|avoid\w*|refus\w*|breach\w*|violat\w*|stop\w*|suspend\w*|non"
    r"|void|invalid\w*|bypass\w*|relie\w+|save)\b"
)
"""Words that may say the same as a negation, but need not."""

_DUTY = (
    r"(?<![无不毋])须(?!知)|必须|应(?!用|收|付|对|急|纳|税|链|商)|(?<![不])需(?!求)"
    r"|(?<!不)要(?!求|点|素|约)|要求|\b(?:must|shall)\b(?! not)|\b(?:has|have|had) to\b"
    r"|\bneeds?\b(?! not| no| neither)|(?<!no longer )(?<!not )(?<!longer be )\brequir|\bmandatory|\b(?:is|are) to\b|\bshould\b(?! not)"
    r"|\bsubject to"
)
DUTY = _words(_DUTY)
"""What has to be done."""

BAN = _words(
    r"不得(?![低少小高超多大迟晚])|不可|不能(?![低少小高超多大])|不准|不许|不允许|禁止"
    r"|\b(?:may|can|must|shall) (?:not|no )|\bcannot|\bnot (?:allow|permit|let|support|eligible|available)"
    r"|(?<!not )\b(?:bars?|barr(?:ed|ing)|prohibit\w*|forbid\w*|ban|bans|banned)\b"
)
ONLY = _words(r"只[能可]|仅|\bonly\b")
"""What leaves out all else: it may only be amended, so it may not be cancelled."""

MODES = (
    _pair(
        r"(?<![不许认])可(?!再生|行|持续|比|靠|能|疑|见|转|变|抗)|(?<!不)允许|(?<![不只才])能(?!源|力|耗)|有权|支持"
        r"|\b(?:may|can)\b(?! not| no | only)|\b(?:allow|permit|let|enabl|support)s?\b|\beligible|\bis able|\bqualif|\bavailable|\bnot (?:barred|banned|prohibited)|不禁止",
        BAN.pattern,
    ),
    _pair(
        _DUTY + r"|才[可能]|方可|只|仅|\bonly\b",
        r"无须|无需|不需|不必|不用|毋须|不要求|豁免|免|不再|(?:取消|免除|删去|废止)(?:[^，,；;。]{0,40}?(?:要求|须|必须))?"
        r"|自行决定是?否?|自愿(?!碳|减排)|自行选择|可选择?(?=是否|不)|可以不|可不(?!得|能)"
        r"|\b(?:remov|lift|abolish|drop|scrap|end|ceas|do(?:es)? away with)\w*(?: [\w-]+){0,3} (?:requirements?|need|duty|obligation)\b"
        r"|\bfree (?:to|not to)\b|\boptional|\bvoluntar(?!y carbon)|\bat (?:will|its discretion)"
        r"|\bneed(?:s|ed)? (?:not|no)\b|\bnot (?:need|requir|have to|be required|subject|bound|oblig)"
        r"|\bno (?:need|requirement|longer)|\bexempt|\bwaive|\bunnecessary",
    ),
)
"""Leave and ban, duty and exemption."""

DIRECTIONS = (
    _pair(
        r"境内|内地|在岸|国内|(?<!out of the )(?<!outside the )\b(?:mainland|onshore|domestic|inland)",
        r"境外|离岸|海外|国外|外债|外资|外商|\b(?:offshore|overseas|abroad|foreign)|\b(?:outside|out of) (?:the mainland|china)",
    ),
    _pair(r"内地|\bmainland", r"香港|\bhong kong"),
    _pair(
        r"汇入|流入|调入|调回|汇回|迁入|转入|\b(?:inbound|inward|inflow|bring back|remitted? in)",
        r"汇出|流出|调出|迁出|转出|\b(?:outbound|outward|outflow|send out|remitted? out)",
    ),
    _pair(
        r"收汇|收入|收款|\bpayees?\b|\breceipts?\b|\breceiv|\bcollect",
        r"付汇|支出|付款|支付|\bpayments?\b|\bpay(?!ee)",
    ),
    _pair(r"结汇", r"购汇|售汇"),
    _pair(r"借入|借用|借款|\bborrow", r"放款|借出|贷出|放贷|放出|\b(?:lend|lent)"),
    _pair(
        r"人民币|本币|\b(?:renminbi|rmb|yuan)\b",
        r"外币|外汇|\bforeign[- ](?:currenc|exchange)|\bfx\b",
    ),
    _pair(
        r"北向|北上|[从由]香港[^，。；、]{0,6}(?:到|去|至|往|给|向)?内地|\bnorthbound|\bfrom hong kong (?:in)?to the mainland",
        r"南向|南下|[从由]内地[^，。；、]{0,6}(?:到|去|至|往|给|向)?香港|\bsouthbound|\bfrom the mainland (?:in)?to hong kong",
    ),
    _pair(r"进口|\bimport(?!an)", r"出口|\bexport"),
    _pair(
        r"买|购入|增持|\b(?:buy|bought|purchas|acquir)",
        r"卖|出售|售出|减持|\b(?:sell|sold|sale|dispos)",
    ),
    _pair(
        r"增加|提高|提升|上调|调高|升至|提到|\b(?:increas|rais|rise|rose|up from|higher)",
        r"减少|降低|下调|调低|降至|降到|\b(?:decreas|lower(?! than)|reduc|cut|down from|fell|fall)",
    ),
    _pair(
        r"扩大|放宽|扩至|扩到|简化|放松|便利|\b(?:widen|wider|eas(?:e|ed|es|ier)\b|relax|expand|simplif|extend|loosen|broad)",
        r"缩小|收紧|[更收]得?[更很]?紧|更紧|更严|缩减|加强|从严|\b(?:narrow|tight|shrink|shrunk|strict|restrict)",
    ),
    _pair(r"母公司|\bparent", r"子公司|\bsubsidiar"),
    _pair(r"间接|\bindirect", r"(?<!间接或)直接|\bdirect"),
    _pair(r"非居民|\bnon-resident", r"(?<!非)居民|(?<!non-)\bresident"),
    _pair(r"短期|\bshort[- ]term", r"长期|\blong[- ]term"),
    _pair(r"少数|参股|\bminorit", r"多数|控股|控制|\bmajorit|\bcontrol"),
    _pair(r"首次|首批|\bfirst\b", r"末次|最后|\blast\b"),
    _pair(
        r"最低|最少|至少|下限|不得?(?:低于|少于|小于)|\b(?:at least|least|minimum|floor|not? less than)\b",
        r"最高|最多|至多|上限|封顶|不得?(?:高于|超过|多于|大于|超出)"
        r"|\b(?:at most|most|maximum|up to|ceiling|cap|capped|not? more than)\b",
    ),
    _pair(r"以内|\b(?:within|inside)\b", r"以外|\boutside\b"),
)

SEQUENCE = _pair(
    r"之前|以前|(?<!税)前(?=[，。；、向须应先已经由要的再])|上市前|事前|\b(?:before|prior to)\b(?!-)",
    r"之后|以后|(?<![最税])后|\b(?:after|following|once)\b(?!-)",
)
"""What comes first and what comes later: *A before B* is *B after A*."""
