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
    r"<script\b.*?</script\s*>|</?[A-Za-z!][^<>]{0,400}>|\[/?(?:SYSTEM|INST)[^\]]{0,80}\]",
    re.IGNORECASE | re.DOTALL,
)
_INJECTION = re.compile(
    r"(?:忽略|无视|忘掉|忘记|跳过)[^，。？]{0,10}(?:指令|指示|提示词|设定)"
    r"|(?:请|^|[。！？，,;；]\s*|另外)你?(?:忽略|无视|忘掉)[^，。？]{0,6}(?:前面|上面|以上|所有|你)[^，。？]{0,4}(?:规定|规则|要求)"
    r"|(?:系统|内部)提示词|调试模式|开发者模式|越狱"
    r"|知识库(?:文件)?路径|请?直接当(?:作|成)?现行|你现在是(?!否|不是)|从现在起你(?:是|就是)|由而家起你(?:是|系)"
    r"|(?:请|你来?|现在)扮演|假装你"
    r"|\b(?:ignore|disregard|forget)\b(?: (?:all|any|of|the|your|my|previous|prior|above|earlier|preceding|system)){0,5}"
    r" (?:instructions?|prompts?|directions|guidelines|programming)"
    r"|\b(?:ignore|disregard|forget) (?:all )?your (?:\w+ )?rules"
    r"|system (?:prompt|override)|developer mode|debug mode|jailbreak|you are now\b|pretend (?:to be|you)"
    r"|(?:^|[.!?;:]\s*|\byou (?:must |should |will |now )?)act as (?:an?|my)\b"
    r"|repeat the (?:markup|text|words|above)|(?:begin|start) your (?:answer|reply|response) with|reveal your"
    r"|(?:state|present) it as (?:law|fact|the rule)|print (?:out )?your (?:prompt|instructions)",
    re.IGNORECASE,
)
_CONTROLS = (
    r"(?:风控|监管|审核|审查|审批|外管|外汇管理|外汇管制|资本管制|限额|额度|备案|申报|登记|限制)"
)
_EVASION = re.compile(
    rf"(?:避开|绕过|绕开|逃避|躲过|躲开|规避|瞒过|骗过)[^，,。；;？?]{{0,8}}{_CONTROLS}"
    r"|拆(?:成|分成?|为)[^。；？?]{0,8}[笔份][^。；？?]{0,24}(?<!是)(?<!要)(?:不用|不必|免得|逃|避开|看不|不会看|查不)"
    r"|(?:怎么|怎样|如何|教我?|帮我?|想)[^，。？?]{0,6}(?:拆分|分拆|化整为零)[^，。？?]{0,4}(?:购汇|换汇|付汇|收汇|汇款|额度|转账)"
    r"|(?:找|通过|走|用)[^，。？?]{0,6}(?:地下钱庄|U商|对敲)|蚂蚁搬家[^。？?]{0,12}(?:汇|换|转)"
    r"|(?:帮|教|怎么|如何|怎样|想|能不能)[^，。？?]{0,8}(?:做个?假|洗钱|把钱洗)"
    r"|(?:虚构|编造|伪造|假造|虚开|开假)[^，。？?]{0,8}(?:贸易|合同|发票|单据|背景|订单|用途|票)"
    r"|(?:借用?|凑)别人的?(?:购汇)?额度|用(?:亲友|员工|别人)的?(?:个人)?(?:购汇)?额度"
    r"|\b(?:get around|evade|circumvent|bypass|dodge|skirt|sneak past)\b[^.?!;]{0,30}"
    r"\b(?:controls?|limits?|checks?|rules?|quotas?|SAFE|reviews?|filings?|reporting|registration)\b"
    r"|\bsplit (?:it|the payments?|them|this|up)\b[^.?!;]{0,50}(?:so that|to avoid|to stay below|below|under|without)"
    r"|(?:please|help|how (?:do|can|to)|want to|let's)[^.?!;]{0,30}(?:fake|fabricate|forge|backdate|launder|sham)\b"
    r"|\bsplit(?:ting)? (?:\w+ ){0,3}(?:payments?|transfers?|remittances?|invoices?)\b[^.?!;]{0,30}\b(?:to (?:stay|keep|avoid)|under|below)\b"
    r"|through an underground bank|without (?:the )?(?:banks?|SAFE|regulators?) (?:noticing|knowing|finding out)",
    re.IGNORECASE,
)
_ABOUT_EVASION = re.compile(
    r"后果|处罚|罚则|罚款|责任|认定|算不算|会被|怎么查|如何查|识别|防范|防止|反洗钱|义务|合规|算(?:是)?违规|是不是违规|违规吗|被外汇局|会怎样"
    r"|what happens|penalt|detect|consequence|deemed|considered|count as|prevent|avoid being|attempts? to|check for|spot|illegal to|is it (?:legal|lawful|allowed)",
    re.IGNORECASE,
)
"""Asking what the rules say about evasion is an honest question, and a common one."""
_GUARANTEE = re.compile(
    r"(?:书面|白纸黑字)?(?:保证|承诺|打包票)[^，。？?]{0,24}(?:100%|百分之?百|完全|绝对|一定)[^，。？?]{0,6}(?:合法|合规|没事|没问题|通过)"
    r"|(?:不准|不许|别|(?<!要)不要)(?:再)?加(?:任何)?免责(?:声明|条款)|出(?:了)?事[^，。？?]{0,4}(?:由你|算你|你负责|你来)"
    r"|你[要得来]?(?:承担|负)(?:全部|一切|法律)?责任"
    r"|guarantee (?:in writing|that (?:it|this|we) (?:is|are|will))[^.?!]{0,40}(?:legal|lawful|compliant|approved)"
    r"|(?:\bno|without|drop the|skip the) disclaimers?|you (?:will )?take (?:full )?(?:legal )?responsibility",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?:[^。！？!?\n;；.]|\.(?!\s|$))+[。！？!?\n;；.]*")
_QUESTION = re.compile(
    r"[?？吗呢]|多少|什么|哪|怎|谁|能不能|能否|是否|如何|几|\b(?:what|which|who|when|where|how|whether|can|may|do|does|is|are)\b",
    re.IGNORECASE,
)


_ASKS = re.compile(r"[?？吗呢]|多少|什么|哪|怎|谁|能不能|能否|是否|如何|几|请问")


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
    if _EVASION.search(text) and not _ABOUT_EVASION.search(text):
        return Reading("evasion", text, cleaned=False)
    if _GUARANTEE.search(text):
        return Reading("legal-guarantee", _without_demands(text), cleaned=False)
    bare = _MARKUP.sub(" ", text).strip()
    if not _INJECTION.search(text):
        return Reading("ask", bare or text, cleaned=bare != text)
    rest = _without_injection(bare)
    return Reading("ask", rest, cleaned=True) if rest else Reading("injection", "", cleaned=True)


_DEMAND = re.compile(
    r"(?:书面|白纸黑字)?(?:保证|承诺|打包票)|guarantee (?:in writing )?(?:that )?", re.IGNORECASE
)
_ABOUT_US = re.compile(r"免责|律师|负责|责任|disclaimer|responsib|liab", re.IGNORECASE)


def _without_demands(text: str) -> str:
    """Keep what a demand for a guarantee is about, so that the rules on it are found."""
    clauses = re.split(r"[,，。;；!！?？]|\.(?=\s|$)", text)
    kept = [c for c in clauses if not _INJECTION.search(c) and not _ABOUT_US.search(c)]
    return _DEMAND.sub("", " ".join(kept)).strip() or text


def _without_injection(text: str) -> str:
    """Keep the clauses that ask something and do not command."""
    kept = []
    for sentence in _SENTENCE.findall(text):
        if not _INJECTION.search(sentence):
            # Beside a command, what only states is a claim planted for us to repeat.
            if _ASKS.search(sentence):
                kept.append(sentence)
            continue
        # "Repeat X exactly, then tell me who …": the part after the command may be honest.
        for clause in re.split(r"\b(?:and )?then\b|[,，:：]|然后|顺便|另外", sentence):
            if not _INJECTION.search(clause) and _QUESTION.search(clause):
                kept.append(clause)
    rest = " ".join(part.strip() for part in kept if part.strip())
    return rest if _QUESTION.search(rest) else ""
