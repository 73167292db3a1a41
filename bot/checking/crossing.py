"""Crossing: names that stand in each other's place: bodies, cities, parties, kinds of share.

Two names of a sentence have changed places when the surroundings of each are more like those that
the other has in a fact than like those that it has there itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from bot.checking.polarity import NO_TURN, Reading, Surroundings, Turn, likeness


class Name(NamedTuple):
    """A name in a text; several words may name one thing."""

    kind: str
    key: str
    start: int
    end: int


Places = Mapping[tuple[str, str], Sequence[Surroundings]]
"""What surrounds each name of a text, by its kind and key."""

_CITIES = (
    ("北京", "beijing"), ("上海", "shanghai"), ("广州", "guangzhou"), ("深圳", "shenzhen"),
    ("广东", "guangdong"), ("天津", "tianjin"), ("重庆", "chongqing"), ("江苏", "jiangsu"),
    ("浙江", "zhejiang"), ("海南", "hainan"), ("横琴", "hengqin"), ("前海", "qianhai"),
    ("香港", "hong kong"), ("澳门", "macao"), ("新加坡", "singapore"), ("伦敦", "london"),
    ("临港", "lin-gang"), ("浦东", "pudong"), ("虹桥", "hongqiao"), ("福建", "fujian"),
    ("山东", "shandong"), ("四川", "sichuan"), ("苏州", "suzhou"), ("宁波", "ningbo"),
)  # fmt: skip
_PARTIES = (
    ("bank", "银行|行方", "banks?"),
    ("firm", "企业|公司", "firms?|compan(?:y|ies)|enterprises?"),
    ("lender", "贷款人|出借人|债权人", "lenders?|creditors?"),
    ("borrower", "借款人|债务人", "borrowers?|debtors?"),
    ("exporter", "出口商|出口企业", "exporters?"),
    ("importer", "进口商|进口企业", "importers?"),
    ("buyer", "买方|买家|受让方|收购方", "buyers?|purchasers?|transferees?|acquirers?"),
    ("seller", "卖方|卖家|转让方", "sellers?|transferors?"),
    ("issuer", "发行人", "issuers?"),
    ("investor", "投资者|投资人", "investors?"),
    ("sponsor", "保荐人", "sponsors?"),
    ("applicant", "申请人", "applicants?"),
    ("regulator", "监管机构|监管部门", "regulators?"),
    ("broker", "券商|经纪商", "brokers?"),
    ("custodian", "托管人|托管行|托管银行", "custodians?"),
    ("manager", "管理人|基金经理", "managers?"),
    ("parent", "母公司", "parents?"),
    ("subsidiary", "子公司", "subsidiar(?:y|ies)"),
    ("insurer", "保险公司|承保人|保险人", "insurers?"),
    ("policyholder", "投保人|保单持有人|被保险人", "policyholders?|insured"),
    ("employer", "雇主", "employers?"),
    ("employee", "雇员|员工", "employees?|staff"),
    ("guarantor", "担保人", "guarantors?"),
    ("carrier", "承运人", "carriers?"),
    ("holder", "持有人", "holders?"),
    ("sender", "提供方|发送方", "senders?|exporting party"),
    ("recipient", "接收方|收款人|受益人", "recipients?|receivers?|payees?|beneficiar(?:y|ies)"),
    ("payer", "付款人", "payers?"),
    ("court", "法院", "courts?"),
    ("board", "董事会", "boards?"),
    ("member", "成员企业|成员公司", "members?"),
    ("headquarters", "总部|总公司", "headquarters|head office"),
    ("branch", "分行|分公司|分支机构", "branch(?:es)?"),
)
"""Who takes part in a deal, by the words of either language."""
_NAMES = re.compile(
    "|".join(
        [rf"(?P<c{at}>{zh}|\b{en}\b)" for at, (zh, en) in enumerate(_CITIES)]
        + [rf"(?P<p{at}>{zh}|\b(?:{en})\b)" for at, (_, zh, en) in enumerate(_PARTIES)]
        + [r"(?P<share>\b[ABH](?=[- ]shares?\b)|[ABH](?=股))"]
    ),
    re.IGNORECASE,
)


@lru_cache(8192)
def cities(text: str) -> frozenset[str]:
    """Return the cities and provinces that a text (Chinese simplified) names."""
    return frozenset(name.key for name in names_in(text) if name.kind == "city")


def names_in(text: str) -> Iterator[Name]:
    """Yield the cities, parties and kinds of share that a text (Chinese simplified) names."""
    for match in _NAMES.finditer(text):
        group = match.lastgroup or ""
        if group == "share":
            yield Name("share", match[0].upper(), *match.span())
        elif group[0] == "c":
            yield Name("city", _CITIES[int(group[1:])][0], *match.span())
        else:
            yield Name("party", _PARTIES[int(group[1:])][0], *match.span())


def places_of(reading: Reading, names: Iterable[Name]) -> Places:
    """Return what surrounds each name of a text; names of the same kind are left out of it."""
    names = list(names)
    found: dict[tuple[str, str], list[Surroundings]] = {}
    for name in names:
        taken = {
            token.text
            for token in reading.tokens
            for one in names
            if one.kind == name.kind and token.start < one.end and one.start < token.end
        }
        around = reading.around(name.start, name.end)
        kept = {word: weight for word, weight in around.items() if word not in taken}
        found.setdefault((name.kind, name.key), []).append(kept)
    return found


def crossed_names(mine: Places, facts: Iterable[Places]) -> Turn:
    """Find the two names of a sentence that fit each other's places in a fact best."""
    worst = NO_TURN
    for theirs in facts:
        for one, other in combinations([key for key in mine if key in theirs], 2):
            if one[0] == other[0]:
                own = _fit(mine[one], theirs[one]) + _fit(mine[other], theirs[other])
                cross = _fit(mine[one], theirs[other]) + _fit(mine[other], theirs[one])
                worst = max(worst, Turn(cross - own, f"{one[1]}, {other[1]}"))
    return worst


def _fit(here: Sequence[Surroundings], there: Sequence[Surroundings]) -> float:
    return max(likeness(one, other) for one in here for other in there)
