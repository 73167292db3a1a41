"""A small law in versions, with its card: for tests of synchronisation."""

from __future__ import annotations

from collections.abc import Mapping

from knowledge.card import Bilingual, Fact, Instrument, Source
from tests.unit.small_cards import small_card

TITLE = "某市跨境资金管理若干规定"
ARTICLES: Mapping[str, str] = {
    "一": "为了便利跨境资金收付，规范企业跨境资金管理，防范跨境资金流动风险，服务实体经济发展，根据有关法律、行政法规，结合本市实际，制定本规定。",
    "二": "本规定适用于在本市登记的企业及其境外成员企业。金融机构为前述企业办理跨境资金业务的，适用本规定；国家另有规定的，从其规定。",
    "三": "企业开立跨境资金账户的，应当向银行提交营业执照、账户用途说明。银行应当在3个工作日内办理。",
    "四": "企业境外放款余额不得超过其上年度所有者权益的50%。",
    "五": "银行应当按季度向主管部门报送账户收支数据，于季度结束后10个工作日内报送。",
    "六": "违反本规定第四条的，由主管部门责令改正，处5万元以上30万元以下罚款。",
    "七": "本规定自2026年1月1日起施行。",
}
CARD = "city-cross-border-funds"


def html(articles: Mapping[str, str] = ARTICLES, title: str = TITLE, charset: str = "utf-8") -> str:
    """Set the law as a web page, with what surrounds a text on a government's site."""
    body = "".join(f"<p>第{number}条　{text}</p>" for number, text in articles.items())
    return (
        f'<html><head><meta charset="{charset}"><title>{title}</title></head><body>'
        "<div class=nav><a href=/>首页</a> <a href=/news>要闻</a></div>"
        f"<div class=main><h1>{title}</h1>{body}</div>"
        "<div class=foot>主办单位：某市人民政府　网站地图</div></body></html>"
    )


def changed(**articles: str | None) -> dict[str, str]:
    """Give the law with articles worded otherwise, by number; None leaves one out."""
    found = {**ARTICLES, **articles}
    return {number: text for number, text in found.items() if text is not None}


def inserted(after: str, text: str) -> dict[str, str]:
    """Give the law with a new article behind one; those that follow get the next number."""
    texts = list(ARTICLES.values())
    at = list(ARTICLES).index(after) + 1
    return dict(zip("一二三四五六七八", [*texts[:at], text, *texts[at:]], strict=True))


def fact(number: int, zh: str, locator: str | None = None, en: str = "S") -> Fact:
    return Fact.model_validate(
        {
            "id": number,
            "aspect": "limit",
            "zh": zh,
            "en": en,
            "source": "s1",
            "locator": locator,
        }
    )


FACTS = (
    fact(1, "开户时银行应在3个工作日内办理。", "第三条"),
    fact(2, "境外放款余额以上年度所有者权益的50%为限。", "第四条"),
    fact(3, "银行按季度报送账户收支数据，时限为季度结束后10个工作日。"),
    fact(4, "违反放款上限的，处5万元以上30万元以下罚款。", "第六条"),
    fact(5, "该规定适用于本市登记企业，并自2026年1月1日起施行。", "第二条、第七条"),
    fact(6, "境内银行可以代理境外参加行的人民币清算。"),
)


def law_card(url: str, *facts: Fact) -> Instrument:
    """Give the card of the law; its text stands at `url`."""
    return small_card(
        CARD,
        *(facts or FACTS),
        title=Bilingual(zh=TITLE, en="City Provisions on Cross-border Funds"),
        sources=(
            Source(
                id="s1",
                publisher="市政府",
                title=TITLE,
                url=url,
                official=True,
                quality="official",
            ),
        ),
    )
