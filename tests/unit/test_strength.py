"""What facts plan, encourage, leave to choice or demand is not said more or less firmly."""

from __future__ import annotations

import pytest

from bot.checking.strength import Strength, strength
from knowledge.card import PassageLang

STUDY_ZH = "证监会正研究设立电子债券交易平台，以提高效率。"
STUDY_EN = "The SFC is studying an electronic bond trading platform to raise efficiency."
CALL_ZH = "行动方案鼓励金融机构发展碳金融。"
CALL_EN = "The action plan encourages financial institutions to develop carbon finance."
DUTY_ZH = "每家公司须委任公司秘书，并设注册办事处地址。"
DUTY_EN = "Every company must appoint a company secretary and keep a registered office address."
FREE_ZH = "标准合同扩展至所有行业，自愿采用。"
FREE_EN = "The standard contract is open to all sectors and voluntary."


def against(text: str, zh: str, en: str) -> Strength:
    lang: PassageLang = "en" if text.isascii() else "zh"
    return strength(text, [en if lang == "en" else zh], [zh if lang == "en" else en], lang)


@pytest.mark.parametrize(
    "text",
    [
        "证监会已经设立电子债券交易平台，效率因此提高。",
        "The SFC runs an electronic bond trading platform that raises efficiency.",
    ],
)
def test_a_study_told_as_done_is_hardened(text: str) -> None:
    assert against(text, STUDY_ZH, STUDY_EN).hardened > 0.4


@pytest.mark.parametrize(
    "text",
    [
        "证监会打算设立电子债券交易平台来提高效率。",
        "The SFC is looking into an electronic bond trading platform to raise efficiency.",
    ],
)
def test_a_study_told_as_a_plan_is_not(text: str) -> None:
    assert against(text, STUDY_ZH, STUDY_EN) == Strength(0.0, 0.0, 0.0)


def test_what_only_one_language_hedges_is_no_plan() -> None:
    text = "证监会已设立电子债券交易平台，效率因此提高。"
    assert against(text, STUDY_ZH, "The SFC has set up an electronic bond platform.").hardened == 0


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("金融机构有责任发展碳金融。", CALL_ZH, CALL_EN),
        ("Financial institutions are obliged to develop carbon finance.", CALL_ZH, CALL_EN),
        ("各行业一律要签标准合同。", FREE_ZH, FREE_EN),
        ("All sectors have to use the standard contract.", FREE_ZH, FREE_EN),
    ],
)
def test_a_duty_where_the_facts_encourage_or_leave_a_choice_is_bound(
    text: str, zh: str, en: str
) -> None:
    assert against(text, zh, en).bound > 0.4


def test_leave_for_what_is_encouraged_is_no_more_than_the_facts_say() -> None:
    text = "Financial institutions may develop carbon finance."
    assert against(text, CALL_ZH, CALL_EN) == Strength(0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "text",
    [
        "公司可以自行决定要不要委任公司秘书。",
        "It is up to a company whether it appoints a company secretary.",
    ],
)
def test_a_choice_where_the_facts_have_a_duty_is_freed(text: str) -> None:
    assert against(text, DUTY_ZH, DUTY_EN).freed > 0.4


@pytest.mark.parametrize(
    "text", ["每家公司都必须委任公司秘书。", "A company needs a company secretary."]
)
def test_a_duty_told_as_one_is_neither(text: str) -> None:
    assert against(text, DUTY_ZH, DUTY_EN) == Strength(0.0, 0.0, 0.0)
