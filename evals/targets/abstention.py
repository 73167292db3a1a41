"""What a sentence of a free answer does: does it decline, or only talk; or does it claim something?

Patterns, not a model: the same sentence is always read alike, and why can be looked up. A sentence
declines where the answerer says of itself, of the sources it was given or of the question that no
answer comes of it. That a firm or a bank may not or cannot do something is law, not a refusal.
Chinese is read in simplified characters.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal

from bot.language import to_simplified

Act = Literal["refuses", "lacks", "talks", "claims"]
"""`refuses`: will not or cannot answer; `lacks`: does not know, or the sources do not say; `talks`:
an apology, a question, an advice to ask somebody; `claims`: anything else."""


def act_of(sentence: str) -> Act:
    """Tell what a sentence does."""
    text = " ".join(to_simplified(sentence).replace("’", "'").split())
    if not _CONDITION.match(text):
        if any(pattern.search(text) for pattern in _LACKS):
            return "lacks"
        if any(pattern.search(text) for pattern in _REFUSES):
            return "refuses"
    return "talks" if any(pattern.search(text) for pattern in _TALKS) else "claims"


def parts_of(sentence: str) -> list[str]:
    """Cut a sentence where it turns: "I do not know the rate, but the filing takes 20 days"."""
    cuts = [0, *(m.start() for m in _TURN.finditer(to_simplified(sentence))), len(sentence)]
    pieces = [sentence[a:b] for a, b in pairwise(cuts) if sentence[a:b].strip()]
    acts = {act_of(piece) for piece in pieces}
    return pieces if len(acts) > 1 and acts & {"refuses", "lacks"} else [sentence]


_TURN = re.compile(r"(?<=[，,；;])\s*(?=但|不过|然而|可是|but\b|however\b|though\b)", re.IGNORECASE)
_CONDITION = re.compile(
    r"\W*(?:如果?|若|倘若|假如|凡|对于?(?:无法|不能)[^，,。]*的[，,]|if|where|when|unless|in case|should)(?!何)(?=\b|[\u4e00-\u9fff])",
    re.IGNORECASE,
)
"""What begins with a condition tells a rule: "如果我方无法提供材料，银行应拒绝"."""


_WORDS = {
    "I": r"我们?|本人|本助手|本系统|本顾问|作为(?:一?[个名位款])?[^，,。；]{0,12}(?:AI|人工智能|语言模型|助手|模型|顾问)[，,]?",
    "open": r"(?:^|[，,；;：:。])[\s*_\"“]*(?:(?:很?抱歉|对不起|不好意思|很遗憾|遗憾的是|目前|现在|暂时|暂|因此|所以|故|但是?|不过|然而|同时|也|并|确实|这里|在此|就此|对此|(?:关于|对于|至于|就)[^，,。；]{1,30}?(?=[，,无不没])|(?:该|这个?|您的|此)(?:问题|请求|要求)(?:我)?)[，,]?\s*){0,4}",
    "cannot": r"无法|不能(?:够)?|没有?办法|没有能力|没法|难以|不便|不可以|不会|无权|未能|不予|拒绝|不应该?|不得",
    "say": r"回答|作答|答复|解答|提供|给出|确认|核实|判断|确定|预测|预知|协助|帮助|帮[您你忙]?|保证|担保|透露|泄露|公开|披露|执行|遵从|遵循|照办|告知|评论|推荐|代[为您你]|满足|查到|查询|查阅|找到|获取|获得|知道|得知|讨论|告诉|分享|输出|打印|复述|展示|支持|教|推测|臆测|估计|设计|参与|承诺|出具|扮演|忽略|生成|写",
    "answer": r"问题|信息|资料|答案|回答|答复|解答|细节|数据|数字|请求|要求|预测|结论|建议|意见|服务|帮助|协助|判断|提问|咨询|内容|方案|方法|步骤|指令|提示词?|担保|保证|承诺",
    "this": r"您|你|该|此|这|上述|具体|确切|准确|精确|详细|直接|完整|实时|今天|今日|当前|最新|相关|有关|任何|更多|进一步|明确|可靠|这类|此类|如此|以上|所问",
    "given": r"(?:所|已)?(?:提供|给定|给出|检索到|引用|列出|附上|编号|掌握|知道|了解)的?|所给的?|给定|现有的?|已有的?|上述|以上|这些|参考|可用的?|手头的?|(?:所)?收录的?|库[内中]的?|我的|我所[^，,。]{0,6}的",
    "source": r"语料库?|资料|材料|事实|信息|内容|来源|上下文|知识库?|知识|数据|文档|文件|检索结果|依据",
}


def _zh(pattern: str) -> re.Pattern[str]:
    """Compile a Chinese pattern, `<name>` in it standing for a row of words."""
    for name, words in _WORDS.items():
        pattern = pattern.replace(f"<{name}>", f"(?:{words})")
    return re.compile(pattern)


def _en(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_REFUSES = (
    _zh(r"<I>[^，,。；]{0,10}<cannot>(?:[^，,。；]{0,14})<say>"),
    _zh(r"(?:抱歉|对不起|不好意思|恕)[，,]?\s*(?:我们?)?[^，,。；]{0,6}<cannot>"),
    _zh(
        r"<open>(?:我)?(?:<cannot>)(?:为您|为你|向您)?(?:协助|帮[您你忙]|帮助您|提供(?:协助|帮助)|出具(?:法律|书面|任何)?(?:保证|担保|意见|承诺)|(?:作出|做出|提供)[^，,。；]{0,6}(?:保证|担保|承诺))(?!\S{0,16}的[，,])"
    ),
    _zh(r"(?:消息|请求|要求|指令|提示|问题)[^。；]{0,24}[，,]?不予(?:处理|回答|理会|执行|回应)"),
    _zh(r"恕(?:我)?(?:难|不)|爱莫能助|<open>(?:我)?拒绝(?:回答|协助|提供|执行)"),
    _zh(
        r"<open><cannot>(?:为您|为你|向您|向你|给您|给你|就此|对此|直接|完整|准确|确切)?"
        r"(?:<say>)(?:和|或|、)?(?:<say>)?<this>[^，,。；]{0,24}<answer>(?![^，,。；]{0,6}的(?:[，,]|银行|企业|机构))"
    ),
    _zh(
        r"<open><cannot>(?:直接|准确|确切|完整|就此|对此)?(?:回答|作答|答复|解答|判断|预测|预知|协助|提供帮助|提供协助|给出答案|保证)"
        r"(?=[。．！!；;，,]|$|您|你|该|此|这|上述|未来|具体|任何|哪|谁|明天|下周)(?!\S{0,12}的[，,])"
    ),
    _zh(
        r"(?:问题|请求|要求|提问|所问|内容|事项)[^，,。；]{0,8}(?:无法|不能|不予|难以|无从)(?:回答|作答|答复|解答|满足|协助|处理)"
    ),
    _zh(
        r"超出(?:了)?(?:<I>|本(?:服务|咨询|领域)|所给|上述|提供的)?[^，,。；]{0,14}"
        r"(?:知识|能力|服务|业务领域|专业|咨询|回答|解答|资料|讨论|职责|领域|训练数据)[^，,。；]{0,4}(?:范围|范畴|之外)?(?:[。，,；]|$)"
    ),
    _zh(
        r"(?:问题|请求|提问|要求|所问|咨询|内容)[^，,。；]{0,10}(?:不(?:在|属于)|超出|与)[^，,。；]{0,30}"
        r"(?:领域|服务范围|咨询范围|业务范围|专业范围|回答范围|解答范围|职责|范围|无关)"
    ),
    _zh(
        r"(?:不(?:在|属于)|超出)(?:了)?(?:<I>|本(?:服务|助手|咨询))(?:的)?[^，,。；]{0,14}(?:范围|领域|范畴|能力)"
    ),
    _zh(
        r"(?:没有人|无人|谁也|任何人都?|任何机构都?)(?:能(?:够)?|可以|无法|不能|都?不)(?:预知|预测|知道|知晓|保证|担保)"
    ),
    _en(
        r"\bI(?:'m| am)?\s+(?:\w+,?\s+){0,3}?(?:cannot|can ?not|can't|could ?n[o']t|couldn't|won't|will not|unable|not able"
        r"|not in a position|not permitted|not allowed|not authori[sz]ed|not qualified|not going to)\b"
        r"(?!\s+(?:stress|emphasi[sz]e|overstate))"
    ),
    _en(
        r"\bI\s+(?:must|have to|will have to|need to|shall|would|respectfully|am going to)?\s*(?:respectfully\s+)?(?:decline|refuse)\b"
    ),
    _en(
        r"\bwe(?:'re| are)?\s+(?:cannot|can ?not|can't|unable to|not able to)\s+(?:\w+\s+)?"
        r"(?:answer|help|assist|advise|comply|predict|guarantee|confirm whether|say)\b"
    ),
    _en(
        r"(?:outside|beyond)\s+(?:of\s+)?(?:my|our)\s+(?:\w+\s+){0,3}(?:scope|expertise|knowledge|field|remit|capabilit\w+|area|abilit\w+|competence|domain)"
    ),
    _en(
        r"\b(?:question|request|this|that|it|topic|matter)\s+(?:is|are|falls?|lies?|goes|seems to be)\s+(?:well\s+|far\s+)?(?:outside|beyond|not within|unrelated to)\s+"
        r"(?:of\s+)?(?:the\s+|this\s+)?(?:scope|field|remit|area|domain|subject|provided|facts|my|our|what)\b"
    ),
    _en(
        r"^\W*(?:(?:unfortunately|sorry|however|but|so|therefore|thus)[, ]+)*(?:this|that|it|your|the (?:question|request|answer))\b.{0,40}"
        r"\b(?:cannot|can't|can not|could not)\s+be\s+(?:\w+\s+)?(?:answered|determined|confirmed|predicted|known|verified|established|guaranteed|fulfilled)"
    ),
    _en(
        r"\b(?:no ?one|nobody)\s+(?:can|could|knows)\b|\b(?:impossible|not possible)\s+(?:for me\s+)?to\s+"
        r"(?:say|answer|predict|guarantee|know|tell)\b"
    ),
)
_LACKS = (
    _zh(
        r"<I>[^，,。；]{0,10}<cannot>(?:[^，,。；]{0,4})(?:确认|核实|确定|查到|查询|查阅|找到|获取|获得|知道|得知|获知)"
    ),
    _en(
        r"\bI(?:'m| am)?\s+(?:\w+\s+){0,2}?(?:cannot|can ?not|can't|could ?n[o']t|couldn't|unable to|not able to)\s+(?:\w+\s+)?"
        r"(?:confirm|verify|determine|find|locate|see|access|ascertain|check|establish|tell (?:you )?(?:the|which|whether|what|how))\b"
    ),
    _zh(
        r"<I>[^，,。；]{0,8}(?:不知道|不清楚|不了解|不确定|没有把握|不掌握|不熟悉|不知晓|没有(?:任何)?(?:<this>)?(?:的)?(?:信息|资料|数据|依据|来源))"
    ),
    _zh(
        r"<open>(?:不知道|不清楚|不了解|不确定|没有把握|不掌握|无从(?:得知|知晓|判断|回答|确认)|不得而知)"
        r"(?=[。．！!；;，,]|$|<this>|是否|有没有|如何|哪|多少|现行)(?!\S{0,16}的(?:投资者|客户|企业|机构|人|银行|单位|主体|个人|[，,]))"
    ),
    _zh(
        r"(?:<given>)(?:<source>)(?:和(?:<source>))?(?:库)?[中里内]?[，,]?[^，,。；]{0,10}?(?:没有|未|并未|并无|均无|无|不|缺乏|缺少)"
        r"(?:能|足以|直接|明确|具体|有)?(?:提及|提到|载明|记载|包含|涉及|说明|给出|提供|规定|涵盖|列出|显示|写明|写|足以|支持|覆盖|载|说|能?回答|找到|<this>|关于)"
        r"(?!\S{0,12}的[，,])"
    ),
    _zh(
        r"(?:事实|资料|上下文|知识库)[中里内](?:并)?(?:没有|未|无|不)(?:提及|提到|载明|记载|包含|涉及|说明|给出|提供|列出|<this>|关于|答案)"
    ),
    _zh(r"资料未载|事实未载|资料未提及|事实未提及|资料不足以|信息不足以|依据不足以"),
    _zh(
        r"(?:<open>|<I>[^，,。；]{0,6})(?:没有|缺乏|缺少|尚无|并无|无)(?:足够|充分|相关|具体|可靠|确切|公开|官方|实时|准确|最新|这方面|该)[^，,。；]{0,8}"
        r"(?:信息|资料|数据|渠道|来源|消息)(?!\S{0,10}的(?:企业|银行|机构|[，,]))"
    ),
    _zh(
        r"<open>(?:无法|不能|难以|未能)(?:直接|准确|确切|完整)?(?:确认|确定|核实|查到|找到|获知|得知|知道|给出|提供)"
        r"(?=[。．！!；;，,]|$|<this>|是否)(?!\S{0,24}的(?:[，,]|银行|企业|机构|境[内外]))"
    ),
    _en(
        r"\bI\s+(?:\w+\s+){0,2}?(?:do not|don't|did not|didn't)\s+(?:\w+\s+){0,2}?(?:know|have|recall|possess|see|find)\b"
    ),
    _en(
        r"\bI\s+(?:currently\s+)?(?:have|know of|know|am aware of|can find)\s+(?:no|nothing|insufficient|not enough)\b"
    ),
    _en(
        r"\bI(?:'m| am)\s+not\s+(?:\w+\s+)?(?:sure|certain|aware|familiar|confident|knowledgeable)\b"
    ),
    _en(
        r"(?<!what )(?<!which )(?<!that )\b(?:provided|given|supplied|available|retrieved|numbered|above|listed|cited|these|the|my)\s+(?:\w+\s+)?"
        r"(?:facts?|context|sources?|excerpts|passages?|evidence|corpus|knowledge base)(?:\s+(?:provided|given|supplied|above|available|here|listed|shown|at hand|(?:that )?I have))*\s+(?:do|does|did)(?:\s+not|n't)\b"
    ),
    _en(
        r"\b(?:facts?|information|context|sources?|documents?|materials?|texts?|data)\s+(?:provided|given|supplied|available|above|at hand|I have|here)\s+"
        r"(?:(?:do|does|did)(?:\s+not|n't)\s+(?:\w+\s+)?(?:mention|say|state|contain|include|specify|cover|address|provide|give|tell|indicate|answer|support|allow)"
        r"|(?:is|are)\s+(?:not enough|insufficient))"
    ),
    _en(
        r"\b(?:provided|given|supplied|available)\s+(?:information|documents?|materials?|texts?|data)\s+(?:do|does|did)(?:\s+not|n't)\s+(?:\w+\s+)?"
        r"(?:mention|say|state|contain|include|specify|cover|address|provide|give|tell|indicate|answer|support|allow)"
    ),
    _en(
        r"\b(?:facts?|sources?|corpus|context|knowledge base|information provided)\s+"
        r"(?:states?|gives?|contains?|mentions?|provides?|includes?|specif(?:y|ies)|holds?|ha(?:s|ve))\s+(?:no|nothing)\b"
    ),
    _en(
        r"\b(?:none|nothing)\s+(?:of|in|among)\s+(?:the|these|those|any|my)\s+(?:\w+\s+)?(?:facts?|sources?|context|corpus|information|material|documents?|knowledge base)\b"
    ),
    _en(
        r"\b(?:is|are|was)\s+(?:not|nowhere)\s+(?:\w+\s+)?(?:mentioned|covered|specified|addressed|stated|given|included|contained|available|found|provided|known)\s+"
        r"(?:in|by|from|among)\s+(?:the|these|any of the|my)?\s*(?:\w+\s+)?(?:facts?|context|sources?|information|material|knowledge)\b"
    ),
    _en(
        r"\bthere\s+(?:is|are)\s+(?:no|not enough|insufficient)\s+(?:\w+\s+){0,3}?(?:information|details?|mention|facts?)\b(?!\s+(?:requirement|barrier|obligation|exchange))"
    ),
    _en(
        r"\bno\s+(?:publicly\s+available|public|reliable|official|relevant|specific)\s+(?:information|data|details?|figures?|facts?)\b"
    ),
    _en(r"\b(?:insufficient|not enough)\s+information\s+(?:to|is|was)\b"),
)
_TALKS = (
    _zh(r"^\W*(?:您好|你好)[，,！!]\s*(?:这里是|我是|我可以|欢迎|很高兴)"),
    _zh(
        r"^\W*(?:(?:您|你)?可以(?:问|改问|换)|可以问的|请(?:直接|重新|换)[^，,。；]{0,10}(?:提出|提问|问)|(?:下面|以下)是|最接近的(?:资料|文件|规定)[:：])"
    ),
    _en(r"^\W*(?:you can ask|nearest (?:instruments|sources)|the nearest)\b"),
    re.compile(r"[?？][\"”'」』)）*_]*$"),
    _zh(
        r"^\W*(?:您好|你好|好的|当然|谢谢|感谢|很?抱歉|对不起|不好意思)(?:[，,。！!]|$)[^，,。；]{0,12}$"
    ),
    _zh(
        r"^\W*(?:具体情况)?(?:建议|请|敬请|最好|可以?|您可以?|你可以?|如[有需][^，,。]{0,16}[，,])[^。；]{0,30}?"
        r"(?:咨询|联系|联络|查阅|参阅|参考|查询|核实|核对|以[^，,。]{1,20}为准|随时|向[^，,。]{1,24}(?:咨询|了解|确认|核实|查询|求证))"
    ),
    _zh(
        r"仅供参考|不构成[^，,。；]{0,10}(?:意见|建议)|希望(?:以上|这|对|能)[^。]{0,12}(?:帮助|有用)|以(?:官方|主管部门|最新)[^，,。]{0,16}为准"
    ),
    _zh(
        r"^\W*(?:以下|下面|如下)[^。]{0,24}[:：]?$|^\W*<I>(?:可以|能|很?乐意|愿意|将|只能|主要)[^。；]{0,10}(?:为您|为你|帮|协助|回答|提供|解答|介绍|咨询)"
    ),
    _en(
        r"^\W*(?:hello|hi|sure|certainly|of course|thank you|thanks|I(?:'m| am) sorry|sorry|apologies|I apologi[sz]e|unfortunately)\W*$"
    ),
    _en(
        r"^\W*(?:please|kindly|(?:I|we)\s+(?:would\s+|strongly\s+)?(?:recommend|suggest|advise)|it is (?:recommended|advisable|best|important)|"
        r"you\s+(?:should|may|can|might|could|will need to)(?:\s+\w+){0,3}?|for\s+[^,.]{3,60},\s*(?:please|you should|I (?:recommend|suggest)))\b[^.]{0,60}?\b"
        r"(?:consult|consulting|contact|contacting|seek|seeking|check with|check the|verify|speak (?:to|with)|reach out|refer to|ask (?:a|your|the))\b"
    ),
    _en(
        r"\b(?:not|no substitute for)\s+(?:legal|financial|investment|professional)\s+advice\b|\bfor (?:reference|information(?:al purposes)?) only\b"
    ),
    _en(
        r"\b(?:I hope this|let me know|feel free to|if you have (?:any|further|other|more)|happy to help|I can (?:help|assist|only|answer)|I(?:'d| would) be (?:happy|glad))\b"
    ),
    _en(r"^\W*(?:here (?:is|are)|below (?:is|are)|the following)\b[^.]{0,60}:?$"),
)
