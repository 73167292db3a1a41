"""What a message is trying to do: ask, or make the adviser misbehave.

Nothing in a message can steer the extractive writer; the recogniser is here so that an attempt is
named and declined instead of being answered beside the point, and so that an honest question
around an injected instruction is still answered.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Intent = Literal["ask", "injection", "evasion", "legal-guarantee"]

_MARKUP = re.compile(
    r"<script\b.*?</script\s*>|<[^<>]{1,400}>|\[/?(?:SYSTEM|INST)[^\]]{0,80}\]", re.I | re.S
)
_INJECTION = re.compile(
    r"(?:忽略|无视|忘掉|跳过).{0,8}(?:以上|上面|之前|前面|所有|全部|你的).{0,8}(?:指令|指示|规则|提示|设定|要求)"
    r"|(?:系统|内部)提示词|调试模式|开发者模式|越狱|知识库(?:文件)?路径|请直接当(?:作)?现行|直接当现行规定"
    r"|你现在是(?!否)|从现在起你是|由而家起你(?:是|系)|扮演|假装你"
    r"|ignore (?:all |any |the )?(?:previous|prior|above|earlier|preceding)|disregard (?:all|the|your|previous)"
    r"|system (?:prompt|override)|developer mode|debug mode|jailbreak|you are now|act as (?:an?|my)\b|pretend (?:to be|you)"
    r"|repeat the (?:markup|text|words|above)|(?:begin|start) your (?:answer|reply|response) with|reveal your"
    r"|(?:state|present) it as (?:law|fact|the rule)|print (?:out )?your (?:prompt|instructions)",
    re.IGNORECASE,
)
_EVASION = re.compile(
    r"(?:避开|绕过|绕开|逃避|躲过|躲开|规避|瞒过|骗过).{0,12}(?:风控|监管|审核|审查|外管|外汇管理|限额|额度|银行|备案|申报|限制)"
    r"|(?:拆成|拆分成?|化整为零|分拆成?).{0,16}(?:不用|不必|免|逃|避|看不|不会|绕)|地下钱庄|对敲|找.{0,4}U商|蚂蚁搬家"
    r"|(?:虚构|编造|伪造|假造|做个?假).{0,8}(?:贸易|合同|发票|单据|背景|订单)|洗钱(?!.{0,6}(?:法|规定|义务|要求|合规|监管))"
    r"|(?:怎么|怎样|如何|教我?|帮我?).{0,6}(?:拆分|分拆|化整为零).{0,6}(?:购汇|换汇|付汇|收汇|汇款|额度|转账)(?!.{0,12}(?:处罚|违规|认定|算不算))"
    r"|借(?:用)?别人的?(?:购汇)?额度|个人(?:购汇)?额度.{0,8}(?:凑|借|拼)"
    r"|(?:get around|evade|circumvent|bypass|dodge|skirt|sneak past|avoid detection by).{0,30}"
    r"(?:control|limit|check|rule|quota|SAFE|bank|review|filing|reporting|capital)"
    r"|split (?:it|the payment|them|this) .{0,40}(?:so that|to avoid|below|under|without)"
    r"|(?:fake|fabricate|forge|backdate|sham).{0,20}(?:invoice|contract|trade|document|paper)|underground bank"
    r"|without (?:the )?(?:bank|SAFE|regulator)s? (?:noticing|knowing|finding out)|launder (?:the|our|some)? ?money",
    re.IGNORECASE,
)
_GUARANTEE = re.compile(
    r"(?:书面|白纸黑字)?(?:保证|担保|承诺|打包票).{0,24}(?:100%|百分之?百|完全|绝对|一定).{0,6}(?:合法|合规|没事|没问题|通过)"
    r"|(?:不准|不许|别|不要|不得)加?.{0,6}(?:免责声明|免责)|出(?:了)?事.{0,4}(?:由|算)你|你.{0,3}(?:负责|担责|承担责任)"
    r"|guarantee (?:in writing|that (?:it|this|we) (?:is|are|will)).{0,40}(?:legal|lawful|compliant|approved)"
    r"|(?:no|without|drop the) disclaimers?|you (?:will )?take (?:full )?(?:legal )?responsibility",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^。！？!?\n;；]+[。！？!?\n;；]*")
_QUESTION = re.compile(
    r"[?？吗呢]|多少|什么|哪|怎|谁|能不能|能否|是否|如何|几|\b(?:what|which|who|when|where|how|whether|can|may|do|does|is|are)\b",
    re.IGNORECASE,
)


class Reading(NamedTuple):
    """What a message is after, and the honest question left in it."""

    intent: Intent
    text: str
    """The message without markup and injected instructions; empty when nothing else is left."""
    cleaned: bool
    """Whether anything was taken out."""


def read_intent(text: str) -> Reading:
    """Tell what a message (folded; Chinese simplified) tries to do.

    An injected instruction beside a question leaves the question to be answered (`ask`, with the
    instruction taken out); alone it is `injection`. Evasion is never answered in part.
    """
    if _EVASION.search(text):
        return Reading("evasion", text, cleaned=False)
    if _GUARANTEE.search(text):
        return Reading("legal-guarantee", text, cleaned=False)
    bare = _MARKUP.sub(" ", text).strip()
    if not _INJECTION.search(text):
        return Reading("ask", bare or text, cleaned=bare != text)
    rest = _without_injection(bare)
    return Reading("ask", rest, cleaned=True) if rest else Reading("injection", "", cleaned=True)


def _without_injection(text: str) -> str:
    """Keep the clauses that ask something and do not command."""
    kept = []
    for sentence in _SENTENCE.findall(text):
        if not _INJECTION.search(sentence):
            kept.append(sentence)
            continue
        # "Repeat X exactly, then tell me who …": the part after the command may be honest.
        for clause in re.split(r"\b(?:and )?then\b|[,，:：]|然后|顺便|另外", sentence):
            if not _INJECTION.search(clause) and _QUESTION.search(clause):
                kept.append(clause)
    rest = " ".join(part.strip() for part in kept if part.strip())
    return rest if _QUESTION.search(rest) else ""
