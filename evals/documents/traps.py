"""Broken and hostile files, and how each is to end."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from email.message import EmailMessage

from evals.documents.office import settled, word
from evals.documents.paper import Facts, Line, Paper, Trap

_SENTENCE = "Wires above 640 crowns are called back before release."
_READ = "read"
"""Stands among the codes of a file that a reader may also get through unharmed."""
_BOMB_BYTES = 400_000_000
_PIECE = b" " * 1_000_000
_MACRO_TYPE = b"application/vnd.ms-word.document.macroEnabled.main+xml"
_WORD_TYPE = re.compile(
    rb"application/vnd\.openxmlformats-officedocument\.wordprocessingml\.document\.main\+xml"
)


def traps(pdf: bytes) -> Iterator[tuple[Trap, bytes]]:
    """Make the files; `pdf` is a sound one of which broken ones are made."""
    document = word(_paper())
    yield Trap(file="trap-truncated.pdf", codes=("damaged", "no-text")), pdf[: len(pdf) // 3]
    yield Trap(file="trap-encrypted.pdf", codes=("encrypted",)), _encrypted(pdf)
    yield Trap(file="trap-pages.pdf", codes=("too-many-pages", "damaged")), _many_pages()
    yield Trap(file="trap-noise.pdf", codes=("damaged", "unknown-format")), _noise(b"%PDF-1.7\n")
    yield Trap(file="trap-empty.txt", codes=("empty",)), b""
    yield Trap(file="trap-binary.dat", codes=("unknown-format",)), _noise(b"\x7fELF\x02\x01\x01\0")
    yield (
        Trap(file="trap-old.doc", codes=("old-office",)),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096),
    )
    yield Trap(file="trap-bomb.docx", codes=("unpacks-too-large",)), _bomb(document)
    yield (
        Trap(file="trap-claim.docx", codes=("unpacks-too-large", "damaged", _READ)),
        _claims(document),
    )
    yield Trap(file="trap-xxe.docx", codes=("forbidden-declaration",)), _external(document)
    yield Trap(file="trap-giant.png", codes=("too-many-pixels", "damaged")), _giant_picture()
    yield (
        Trap(file="trap-macro.docm", remark="macros-left-out", absent=("AutoOpen", "Shell")),
        _with_macro(document),
    )
    yield (
        Trap(file="trap-members.docx", absent=("climbed out",)),
        settled(document, {"../../climbed.txt": b"climbed out", "/etc/climbed": b"climbed out"}),
    )
    yield Trap(file="trap-named-pdf.docx"), pdf
    yield (
        Trap(file="trap-scripts.html", absent=("alert(", "steal", "onerror", "file:///")),
        _scripts(),
    )
    yield (
        Trap(file="trap-attachment.eml", remark="attachments-not-read", absent=("climbed out",)),
        _attachment(),
    )


def _paper() -> Paper:
    lines = (Line("title", "Call-back Rules"), Line("paragraph", _SENTENCE))
    return Paper(Facts(title="Call-back Rules", lang="en"), lines)


def _noise(head: bytes) -> bytes:
    return head + b"".join(
        zlib.crc32(bytes([at % 256, at // 256])).to_bytes(4) for at in range(999)
    )


def _encrypted(pdf: bytes) -> bytes:
    """Declare a PDF encrypted by a password that nobody knows."""
    key = b"<" + b"5a" * 32 + b">"
    rule = b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -44 /O %b /U %b >>" % (key, key)
    identity = b"/ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]"
    sound = _small_pdf(1)
    assert pdf
    return sound.replace(b"trailer <<", b"trailer << " + rule + identity)


def _many_pages() -> bytes:
    return _small_pdf(100_000)


def _small_pdf(claimed: int) -> bytes:
    """Write a PDF of one page that claims so many."""
    stream = b"BT /F1 12 Tf 72 700 Td (%b) Tj ET" % _SENTENCE.encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count %d >>" % claimed,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >> stream\n%b\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj %b endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    begin = len(out)
    count = len(objects) + 1
    return (
        out
        + b"xref\n0 %d\n0000000000 65535 f \n" % count
        + table
        + b"trailer << /Root 1 0 R /Size %d >>\nstartxref\n%d\n%%%%EOF\n" % (count, begin)
    )


def _bomb(document: bytes) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(document)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            with new.open(zipfile.ZipInfo(name), "w") as member:
                if name != "word/document.xml":
                    member.write(content)
                    continue
                member.write(content.replace(b"</w:body>", b""))
                for _ in range(_BOMB_BYTES // len(_PIECE)):
                    member.write(_PIECE)
                member.write(b"</w:body>")
    packed = io.BytesIO()
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            with old.open(name) as source:
                entry = zipfile.ZipInfo(name)
                entry.compress_type = zipfile.ZIP_DEFLATED
                with new.open(entry, "w") as member:
                    while piece := source.read(len(_PIECE)):
                        member.write(piece)
    return packed.getvalue()


def _claims(document: bytes) -> bytes:
    """Let every member claim two gigabytes, in the directory and before its data."""
    data = bytearray(document)
    claim = struct.pack("<I", 2_000_000_000)
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.find(signature)
        while at >= 0:
            data[at + offset : at + offset + 4] = claim
            at = data.find(signature, at + 4)
    return bytes(data)


def _external(document: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(document)) as old:
        content = old.read("word/document.xml").decode()
    head, _, rest = content.partition("?>")
    doctype = '<!DOCTYPE w:document [<!ENTITY held SYSTEM "file:///etc/passwd">]>'
    named = rest.replace(_SENTENCE, f"{_SENTENCE} &held;")
    return settled(document, {"word/document.xml": f"{head}?>{doctype}{named}".encode()})


def _with_macro(document: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(document)) as old:
        types = _WORD_TYPE.sub(_MACRO_TYPE, old.read("[Content_Types].xml"))
    types = types.replace(
        b"</Types>",
        b'<Override PartName="/word/vbaProject.bin"'
        b' ContentType="application/vnd.ms-office.vbaProject"/></Types>',
    )
    macro = b'Sub AutoOpen()\r\nShell "calc"\r\nEnd Sub'
    return settled(document, {"[Content_Types].xml": types, "word/vbaProject.bin": macro})


def _giant_picture() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(100_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def _scripts() -> bytes:
    return f"""<!DOCTYPE html><html><head><title>Call-back Rules</title>
<script>alert("run"); fetch("http://127.0.0.1/steal");</script>
<meta http-equiv="refresh" content="0; url=http://169.254.169.254/"></head>
<body onload="alert(1)"><h1>Call-back Rules</h1><p>{_SENTENCE} The rule has held since spring, and
every branch keeps a list of the numbers that may be called.</p>
<img src="x" onerror="alert(2)"><iframe src="file:///etc/passwd"></iframe>
<p>Calls are noted in the log of the desk, with the name of whoever answered.</p>
<object data="file:///etc/passwd"></object></body></html>""".encode()


def _attachment() -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "desk@example.com", "treasury@example.com"
    message["Subject"] = "Call-back rules"
    message["Date"] = "Mon, 03 Feb 2025 09:00:00 +0000"
    message.set_content(_SENTENCE)
    message.add_attachment(
        b"climbed out", maintype="text", subtype="plain", filename="../../../etc/cron.d/climbed"
    )
    message.set_boundary("=====part=====")
    return message.as_bytes()


NAMES: Mapping[str, str] = {
    "../../../../etc/passwd.txt": "etc/passwd.txt",
    "..\\..\\windows\\win.ini.txt": "windows/win.ini.txt",
    "/etc/cron.d/job.txt": "etc/cron.d/job.txt",
    "a\0b\n<script>.txt": "a b <script>.txt",
}
"""Names under which a sound file is handed in, and what it may be known by."""
