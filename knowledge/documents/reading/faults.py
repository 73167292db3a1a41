"""Why a file cannot be read, said in both languages: what was seen, what was expected, what to do."""

from __future__ import annotations

from knowledge.card import Bilingual
from knowledge.documents.reading.reading import Remark, UnreadableFile

_READABLE_ZH = "可读取：PDF、Word（.docx）、Excel（.xlsx）、PowerPoint（.pptx）、HTML、Markdown、纯文本、电子邮件（.eml）及图片"
_READABLE_EN = (
    "Readable are PDF, Word (.docx), Excel (.xlsx), PowerPoint (.pptx), HTML, Markdown, text,"
    " e-mail (.eml) and pictures"
)
_FAULTS: dict[str, tuple[str, str]] = {
    "not-found": (
        "找不到该文件。请检查路径。",
        "There is no such file. Check the path.",
    ),
    "not-a-file": (
        "这是{seen_zh}，不是普通文件。请指定文件本身。",
        "This is {seen}, not an ordinary file. Name the file itself.",
    ),
    "not-readable": (
        "没有读取该文件的权限。请更改其权限后重试。",
        "The file may not be read by this user. Change its permissions and try again.",
    ),
    "empty": (
        "文件是空的（0字节）。请重新保存或下载后再试。",
        "The file is empty (0 bytes). Save or download it again.",
    ),
    "too-large": (
        "文件有{seen}MB,上限为{limit}MB。请拆分后再添加。",
        "The file has {seen} MB; the limit is {limit} MB. Split it and add the pieces.",
    ),
    "too-many-pages": (
        "文件称有{seen}页，上限为{limit}页。请拆分后再添加。",
        "The file claims {seen} pages; the limit is {limit}. Split it and add the pieces.",
    ),
    "too-much-text": (
        "文件内容超过{limit}字符的上限。请拆分后再添加。",
        "The file holds more than {limit} characters, the limit. Split it and add the pieces.",
    ),
    "too-many-pixels": (
        "图片有{seen}百万像素，上限为{limit}百万。请缩小后再添加。",
        "The picture has {seen} megapixels; the limit is {limit}. Scale it down and add it again.",
    ),
    "unpacks-too-large": (
        "该压缩包结构的文件解压后过大（{seen}），可能是压缩炸弹，未予读取。请用原程序另存后再试。",
        "Unpacked, this file would be out of proportion ({seen}): it may be a zip bomb and was not"
        " read. Save it anew from its own program.",
    ),
    "encrypted": (
        "文件设有密码或已加密。请去除密码后再添加。",
        "The file is encrypted or asks for a password. Save it without one and add that.",
    ),
    "damaged": (
        "文件已损坏或不完整：按{seen}读取失败。请重新下载，或用原程序另存后再试。",
        "The file is damaged or incomplete: it cannot be read as {seen}. Download it again, or save"
        " it anew from its own program.",
    ),
    "forbidden-declaration": (
        "文件内的XML带有实体声明（DTD），Office文件中不应出现，未予读取。请用原程序另存后再试。",
        "XML inside the file declares entities (a DTD), which Office files never do; it was not"
        " read. Save it anew from its own program.",
    ),
    "old-office": (
        "这是旧版Office格式（.doc、.xls、.ppt、.msg）或加密的Office文件。请去除密码，另存为.docx、.xlsx、.pptx"
        "或.eml后再添加。",
        "This is an old Office format (.doc, .xls, .ppt, .msg) or an encrypted Office file. Save it"
        " without a password as .docx, .xlsx, .pptx or .eml and add that.",
    ),
    "unknown-format": (
        "无法识别文件格式（{seen}）。" + _READABLE_ZH + "。请转换后再添加。",
        "The kind of file is not known ({seen}). " + _READABLE_EN + ". Convert it and add that.",
    ),
    "no-text": (
        "文件中没有可读取的文字。请确认选对了文件。",
        "No text was found in the file. Check that it is the right one.",
    ),
    "no-text-layer": (
        "文件没有文字层（扫描件或图片），而文字识别组件未安装。请运行 pip install 'hugang[ocr]'"
        "（在项目目录中为 make install）后重试。",
        "No text layer: this is a scan or a picture, and text recognition is not installed. Run"
        " pip install 'hugang[ocr]' (in the project's folder: make install) and try again.",
    ),
    "too-many-scans": (
        "需要文字识别的页面有{seen}页，上限为{limit}页。请拆分后再添加。",
        "{seen} pages need text recognition; the limit is {limit}. Split the file and add the"
        " pieces.",
    ),
    "no-such-page": (
        "没有第{seen}页，文件共{limit}页。",
        "There is no page {seen}; the file has {limit}.",
    ),
    "no-pages": (
        "该格式没有可显示的页面图像。",
        "This kind of file has no pages to picture.",
    ),
    "too-slow": (
        "读取用时超过上限，已停止。请拆分文件，或用原程序另存后再试。",
        "Reading took longer than allowed and was stopped. Split the file, or save it anew from its"
        " own program.",
    ),
    "too-much-memory": (
        "读取所需内存超过上限，已停止。请拆分文件，或用原程序另存后再试。",
        "Reading needed more memory than allowed and was stopped. Split the file, or save it anew"
        " from its own program.",
    ),
    "crashed": (
        "读取程序意外中止，文件可能已损坏。请用原程序另存后再试。",
        "The reader ended unexpectedly; the file may be damaged. Save it anew from its own program.",
    ),
}  # fmt: skip

_REMARKS: dict[str, tuple[str, str]] = {
    "macros-left-out": (
        "文件含宏：只读取了文字，宏未运行也未保存。",
        "The file holds macros: only its text was read; they were neither run nor kept.",
    ),
    "recognised": (
        "第{pages}页没有文字层，文字由图像识别得出，请核对。",
        "Pages without a text layer, recognised from their pictures: {pages}. Check them.",
    ),
    "pages-without-text": (
        "第{pages}页没有文字层，未能读取：文字识别组件未安装（pip install 'hugang[ocr]' 或 make install）。",
        "Pages without a text layer, not read as text recognition is not installed"
        " (pip install 'hugang[ocr]' or make install): {pages}.",
    ),
    "attachments-not-read": (
        "附件未读取：{names}。如需检索，请单独添加。",
        "Attachments were not read: {names}. Add them by themselves to search them.",
    ),
    "pages-unreadable": (
        "第{pages}页已损坏，未能读取。",
        "Damaged pages that could not be read: {pages}.",
    ),
    "hidden-sheets": (
        "工作簿含隐藏的工作表，已一并读取：{names}。",
        "The workbook has hidden sheets, which were read as well: {names}.",
    ),
    "text-replaced": (
        "部分字符无法按{encoding}解码，已用 � 代替。",
        "Some characters could not be decoded as {encoding} and were replaced by �.",
    ),
}  # fmt: skip


def unreadable(code: str, **seen: object) -> UnreadableFile:
    """Make the error of a code; `seen` fills its places."""
    zh, en = _FAULTS[code]
    return UnreadableFile(code, _filled(zh, en, seen))


def remark(code: str, **seen: object) -> Remark:
    """Make the remark of a code; `seen` fills its places."""
    zh, en = _REMARKS[code]
    return Remark(code=code, message=_filled(zh, en, seen))


def listed(numbers: list[int]) -> str:
    """Write page numbers with their runs drawn together: `1-3, 7`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def _filled(zh: str, en: str, seen: dict[str, object]) -> Bilingual:
    return Bilingual(zh=zh.format(**seen), en=en.format(**seen))
