"""Synonyms: everyday words by which the words of rules are told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache

from bot.checking.content import read_tokens, read_words
from knowledge.card import PassageLang

_GROUPS: Mapping[PassageLang, str] = {
    "en": """
        company firm enterprise business corporate corporation issuer entity
        money fund proceeds cash capital
        loan lend lending credit
        limit cap ceiling maximum quota threshold
        exceed above over beyond pass
        alarm alert warn warning
        stake share shareholding equity holding hold
        sale sell disposal dispose
        tell inform notify report declare
        join participate participant participating member part
        start begin launch commence open introduce
        end expire finish stop halt close
        pay payment remit send remittance transfer
        collect receive receipt receiving
        allow permit let enable may can
        get obtain gain acquire
        need require requirement demand
        show prove demonstrate evidence proof explain
        office premises place location
        give provide supply offer grant submit hand
        rule regulation measure provision requirement
        plan scheme programme program
        file filing lodge
        register registration record
        approve approval consent clearance
        check review verify examine vet assess assessment
        big large great huge leading major
        small little minor
        raise increase lift grow rise widen expand
        cut lower reduce decrease drop fall shrink
        about approximately nearly almost around roughly some
        yearly annual annually year
        keep retain remain stay leave maintain hold
        use apply employ spend
        buy purchase acquire
        foreign overseas abroad offshore
        domestic mainland onshore china
        exempt exemption free waive relief
        swap exchange convert conversion
        fine penalty punish sanction
        breach break violate violation infringe
        staff employee personnel people
        manager director officer executive
        group conglomerate
        decide determine
        set form establish incorporate formation
        earn profit income gain revenue turnover
        duty obligation
        lighter simple simplify ease easier streamline
        spread allocate allocation distribute
        worth value market capitalisation
        rate rating
        quick fast rapid
        publish issue announce release
        wait time period deadline
        yuan renminbi rmb
        prefer encourage favour rather
        count treat deem regard considered
        central centralise centralised centrally
        inside within
        list listing float listed
        customer client
        supplier vendor
        owner shareholder
        person individual people
        area zone region district
        double twice
        add combine aggregate total sum
        home back
        collateral pledge security
    """,
    "zh": """
        资金 款项 货款 本金
        公司 企业 单位 法人
        上限 限额 额度 封顶 最高
        超过 突破 超出
        获批 领取
        办理 处理 办妥 经办
        流程 过程 程序 手续
        地点 办公
        员工 人员 雇员 职工
        客户 顾客
        使用 运用 用途
        提供 出具 给予 提交 递交
        申请 提出 申报
        备案 报备
        批准 核准 审批
        审核 审查 核验 核查 检查 评估
        规定 办法
        增加 提高 提升 上调 扩大 调高
        减少 降低 下调 缩减 调低
        简化 简便 便利 方便 简单
        开始 施行 实施 生效 启动 启用
        结束 届满 终止 期满
        延长 延期 续期 展期
        逗留 居留 居住 停留
        完成 办完 投完
        购买 买入 购入 认购
        出售 卖出 销售
        兑换 换汇 结售 购汇
        汇出 付出 支付 付款
        汇入 收款 收取
        境外 海外 国外 离岸
        境内 内地 国内
        利润 盈利 收益 收入 营收
        费用 收费 支出 开支
        免收 免征 免缴 豁免
        缴纳 交纳 缴付
        处罚 罚款 惩处
        违反 违规
        股权 股份 持股
        投资 出资
        借款 借入 贷款 融资
        担保 保证
        负责 承担
        参加 加入
        设立 成立 开设
        允许 准许 容许
        约定 协议 合同
        证明 凭证 单证 材料
        全国 国内
        大约 左右 接近
        暂停 停发 中止
        发行 发债
        认定 识别 界定
        轧差 净额
        垫付 代垫
        结算 清算 收付
        外资 外商
        税务 税收
        数额 金额 总额
        补贴 资助 津贴
    """,
}


@cache
def _alike(lang: PassageLang) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for line in _GROUPS[lang].strip().splitlines():
        tokens = [*read_words(line, lang), *read_tokens(line, lang)]
        words = {token.text for token in tokens if lang == "en" or token.text in line.split()}
        for word in words:
            found[word] |= words
    return {word: frozenset(words) for word, words in found.items()}


def synonyms(words: Iterable[str], lang: PassageLang) -> frozenset[str]:
    """Return content words, in either cut of `bot.checking.content`, that mean what some of these do."""
    alike = _alike(lang)
    return frozenset(other for word in words for other in alike.get(word, ()))
