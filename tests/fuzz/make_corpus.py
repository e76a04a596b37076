"""Writes the files that the fuzz targets start from, and that replay.c checks: the folders of corpus/, beside this
file. It knows the formats by itself and shares no code with the library. Run it when a format changes."""
import gzip
import pathlib
import struct
import zlib

CORPUS = pathlib.Path(__file__).parent / "corpus"
USUAL = "{'descr': '<i8', 'fortran_order': False, 'shape': (3, 4), }"


def npy(text, version=1, minor=0, length=None, magic=b"\x93NUMPY", data=b""):
    text = text.encode("latin-1")
    size = len(text) if length is None else length
    packed = struct.pack("<H" if version == 1 else "<I", size)
    return magic + bytes([version, minor]) + packed + text + data


def header(descr="'<i8'", order="False", shape="(3,)"):
    return "{'descr': %s, 'fortran_order': %s, 'shape': %s, }" % (descr, order, shape)


NPY = {
    "good-usual": npy(USUAL.ljust(117) + "\n", data=bytes(96)),
    "good-version-2": npy(USUAL, version=2),
    "good-version-3": npy(USUAL, version=3),
    "good-scalar": npy(header(shape="()")),
    "good-fortran": npy(header("'>f8'", "True", "(2, 3, 5)")),
    "good-native": npy(header("'=u4'")),
    "good-bytes": npy(header("'|u1'")),
    "good-long-suffix": npy(header(shape="(3L, 4L)")),
    "good-order-of-keys": npy('{"shape":(7,),"descr":"<f4","fortran_order":True}'),
    "good-white-space": npy(" {\n'descr'\t:'<i2' ,\r'fortran_order' : False,'shape':( 1 , 2 , ) , } "),
    "good-empty": npy(header(shape="(0, 9223372036854775807, 9223372036854775807)")),
    "good-largest": npy(header("'|i1'", shape="(9223372036854775807,)")),
    "good-64-dimensions": npy(header(shape="(" + "1," * 64 + ")")),
    "good-longest": npy(USUAL.ljust(10000), version=2),
    "bad-65-dimensions": npy(header(shape="(" + "1," * 65 + ")")),
    "bad-too-long": npy(USUAL.ljust(10001), version=2),
    "bad-huge-length": npy(USUAL, version=2, length=2**32 - 1),
    "bad-cut-off": npy(USUAL, length=len(USUAL) + 1),
    "bad-cut-in-text": npy(USUAL)[:40],
    "bad-cut-in-prefix": npy(USUAL)[:9],
    "bad-nothing": b"",
    "bad-magic": npy(USUAL, magic=b"\x93NUMPX"),
    "bad-version-4": npy(USUAL, version=4),
    "bad-version-0": npy(USUAL, version=0),
    "bad-minor": npy(USUAL, minor=1),
    "bad-overflow": npy(header(shape="(1152921504606846976,)")),
    "bad-overflow-product": npy(header("'|i1'", shape="(4294967296, 4294967296)")),
    "bad-size-2-64": npy(header(shape="(18446744073709551616, 0)")),
    "bad-negative": npy(header(shape="(-1,)")),
    "bad-no-tuple": npy(header(shape="(3)")),
    "bad-list": npy(header(shape="[3]")),
    "bad-boolean": npy(header("'|b1'")),
    "bad-half": npy(header("'<f2'")),
    "bad-complex": npy(header("'<c16'")),
    "bad-string": npy(header("'<U5'")),
    "bad-object": npy(header("'|O'")),
    "bad-structured": npy(header("[('a', '<i8')]")),
    "bad-no-order": npy(header("'|i8'")),
    "bad-missing-key": npy("{'descr': '<i8', 'shape': (3,)}"),
    "bad-unknown-key": npy("{'descr': '<i8', 'fortran_order': False, 'shape': (3,), 'x': 1}"),
    "bad-twice": npy("{'descr': '<i8', 'descr': '<i8', 'fortran_order': False, 'shape': (3,)}"),
    "bad-open-dict": npy("{'descr': '<i8', 'fortran_order': False, 'shape': (3,)"),
    "bad-open-string": npy("{'descr': '<i8"),
    "bad-behind": npy(USUAL + "x"),
    "bad-zero-byte": npy(USUAL + "\0"),
}


def wide(value):
    return (value % 2**256).to_bytes(32, "little")


def integers(elements):
    extremes = b""
    if elements:
        extremes = b"".join((e % 2**128).to_bytes(16, "little") for e in (min(elements), max(elements)))
    return wide(sum(elements)) + wide(sum(e * e for e in elements)) + wide(sum(map(abs, elements))) + extremes


def partial(numbers, count, kind=0, version=1, statistics=0xFFF, type_name=b"integer", input_kind=b"range",
            length_less=0, checksum=0, magic=b"parsum\x1apartial\n\0"):
    rest = struct.pack("<I16s16sQQQ", statistics, type_name, input_kind, count, 2, 1) + numbers
    head = magic + struct.pack("<II", version, kind)
    whole = head + struct.pack("<Q", len(head) + 8 + len(rest) + 4 - length_less) + rest
    return whole + struct.pack("<I", zlib.crc32(whole) ^ checksum)


THREE = [-5, 7, 2**64 - 1]


def window(limbs):
    """The limbs of a decimal: {index: signed limb}."""
    if not limbs:
        return struct.pack("<HH", 0, 0)
    first, last = min(limbs), max(limbs)
    return struct.pack("<HH", first, last - first + 1) + b"".join(
        struct.pack("<q", limbs.get(i, 0)) for i in range(first, last + 1))


def binary(limbs, specials=0):
    return b"".join(struct.pack("<Q", limbs.get(i, 0)) for i in range(68)) + struct.pack("<Q", specials)


# 0.5 and -2.25. Limb 114 of a sum and 57 of a number count 1.
DECIMALS = (window({113: -75 * 10**16, 114: -1}) + window({113: 3125 * 10**14, 114: 5})
            + window({113: 75 * 10**16, 114: 2})
            + b"\x01" + window({56: 25 * 10**16, 57: 2}) + b"\x00" + window({56: 5 * 10**17}))
# 1.5 and 2. Limb 34 counts 1.
FLOATS = (binary({33: 2**63, 34: 3}) + binary({33: 2**62, 34: 6}) + binary({33: 2**63, 34: 3})
          + struct.pack("<dd", 1.5, 2.0))

PARTIAL = {
    "good-three": partial(integers(THREE), 3),
    "good-none": partial(integers([]), 0),
    "good-sum": partial(wide(6), 3, statistics=2, type_name=b"i64", input_kind=b"array"),
    "good-extremes": partial(bytes(32), 2**64 - 1, statistics=0x30),
    "good-count": partial(b"", 5, statistics=1),
    "good-dot": partial(wide(-12), 3, statistics=1 << 12, type_name=b"i8", input_kind=b"array"),
    "good-decimals": partial(DECIMALS, 2, kind=1, type_name=b"decimal", input_kind=b"text"),
    "good-floats": partial(FLOATS, 2, kind=2, type_name=b"f64", input_kind=b"array"),
    "good-floats-nan": partial(binary({}, 1) * 3 + struct.pack("<dd", float("nan"), float("nan")), 1, kind=2),
    "bad-nothing": b"",
    "bad-magic": partial(integers(THREE), 3, magic=b"parsum\x1apartial\r\0"),
    "bad-newer": partial(integers(THREE), 3, version=2),
    "bad-version-0": partial(integers(THREE), 3, version=0),
    "bad-kind": partial(integers(THREE), 3, kind=1000),
    "bad-checksum": partial(integers(THREE), 3, checksum=1),
    "bad-length": partial(integers(THREE), 3, length_less=1),
    "bad-cut-off": partial(integers(THREE), 3)[:-1],
    "bad-cut-in-head": partial(integers(THREE), 3)[:50],
    "bad-longer": partial(integers(THREE), 3) + b"\0",
    "bad-more-numbers": partial(integers(THREE) + b"\0", 3),
    "bad-fewer-numbers": partial(integers(THREE)[:-1], 3),
    "bad-statistics-none": partial(b"", 3, statistics=0),
    "bad-statistics-unknown": partial(integers(THREE), 3, statistics=1 << 13),
    "bad-statistics-mixed": partial(integers(THREE), 3, statistics=0x1002),
    "bad-type": partial(integers(THREE), 3, type_name=b"in\nteger"),
    "bad-type-without-end": partial(integers(THREE), 3, type_name=b"x" * 16),
    "bad-sum-too-large": partial(wide(2**192), 3, statistics=2),
    "bad-squares-negative": partial(wide(-1), 3, statistics=4),
    "bad-variance-negative": partial(wide(3) + wide(2), 3, statistics=1 << 9),
    "bad-element": partial(struct.pack("<QQQQ", 0, 0, 0, 1), 3, statistics=0x30),
    "bad-extremes-crossed": partial(struct.pack("<QQQQ", 2, 0, 1, 0), 3, statistics=0x30),
}


# The first two bytes: layout (0 list, 1 columns, 2 delimited) + 3 * delimiter (of ",;\t |.0"), and column + flags.
def text(layout, content, delimiter=0, column=0):
    return bytes([layout + 3 * delimiter, column]) + content


TEXT = {
    "good-list": text(0, b"1 -2.5\t+3e2\n\n.5 5. NA 00012345678901234567890.000\r\n7"),
    "good-columns": text(1, b"a 1\n b  2 \n\nc\t3", column=1),
    "good-delimited": text(2, b'x,1,"2"\r\ny,,NA\n"a,\nb",4, 5 ', column=2),
    "good-quotes": text(2, b'"a""b";"1.5"\n"";2\n', delimiter=1, column=1),
    "good-long": text(0, b"0" * 400 + b"1" + b"2" * 300 + b"." + b"3" * 300 + b"e-5 1e-1024 9e1023"),
    "good-blank-lines": text(2, b"\n\r\n1\n\n2", column=0),
    "bad-word": text(0, b"1 2 x3"),
    "bad-number": text(2, b"1,2\n3,4-\n", column=1),
    "bad-too-few": text(2, b"1,2\n3\n", column=1),
    "bad-exponent": text(0, b"1e1024"),
    "bad-place": text(0, b"1e-1025"),
    "bad-exponent-overflow": text(0, b"1e999999999999999999999"),
    "bad-open-quote": text(2, b'1\n"2\n3'),
    "bad-not-finite": text(0, b"1 inf"),
    "bad-nul": text(0, b"1\x002"),
    "bad-behind-quote": text(2, b'"1"2,3\n'),
}


RANGE = {
    "good-usual": b"1:100", "good-step": b"-7:+9:3", "good-empty": b"5:5", "good-backwards": b"9:-9:2",
    "good-all": b"-9223372036854775808:9223372036854775807", "good-unsigned": b"0:18446744073709551615",
    "good-largest": b"18446744073709551615:18446744073709551616", "good-far-end": b"0:1" + b"0" * 60 + b":1" + b"0" * 60,
    "good-far-empty": b"1" + b"0" * 99 + b":-3", "good-zeros": b"000:-000:0001",
    "bad-one-part": b"12", "bad-four-parts": b"1:2:3:4", "bad-step": b"1:2:0", "bad-step-below": b"1:2:-1", "bad-word": b"a:b",
    "bad-part": b"1::2", "bad-signs": b"+-1:2", "bad-blank": b"1 :2", "bad-below": b"-9223372036854775809:0",
    "bad-beyond": b"0:18446744073709551617", "bad-count": b"-1:18446744073709551615", "bad-far-step": b"0:1" + b"0" * 70,
    "bad-nothing": b"", "bad-end": b"1:",
}

OPTIONS = {
    "good-nothing": b"", "good-range": b"1:100", "good-usual": b"--stat=all\n-e\nserial\n-w4\n1:100\n5:9:2",
    "good-compare": b"compare\n--runs=3\n--warmup\n0\n--csv\n--\n-5:5", "good-devices": b"devices\n-tj",
    "good-merge": b"merge\n-q\na\nb", "good-raw": b"-Ti64\n-f\nraw\n/dev/null", "good-text": b"--column=a\n-D\ntab\n-",
    "good-device": b"--device=gpu:1\n--work-group-size=64\n1:2", "good-help": b"--help\nx", "good-page": b"--generate=man",
    "good-abbreviated": b"--verif=closed-form\n--digits=exact\n--skip-nan\n-", "good-partial": b"--partial=x\n1:3",
    "bad-option": b"--stta=sum", "bad-letter": b"-qZ", "bad-value": b"--workers=0", "bad-no-value": b"--engine",
    "bad-empty-value": b"--engine=\n1:2", "bad-too-much": b"--quiet=1", "bad-statistic": b"-ssum,nothing",
    "bad-command": b"compare\n--partial=x", "bad-range": b"1:2:3:4", "bad-missing": b"/nonexistent/file",
    "bad-delimiter": b"-D\nab\n-", "bad-of-input": b"--type=i8\n1:2", "bad-merge": b"merge", "bad-ambiguous": b"--ver",
    "bad-number": b"--runs=99999999999999999999", "bad-page": b"--generate=x", "bad-group": b"-egpu",
    "bad-missing-value": b"compare\n--runs=3\n-c", "bad-missing-long-value": b"devices\n--device",
}


def gz(data):
    return gzip.compress(data, 9, mtime=0)


def compressed(zstd, content, piece=16):
    """As the target fuzz_compressed reads it: pieces of 2^piece bytes."""
    return bytes([2 * piece + zstd]) + content


def zstd_block(data, last):
    """A block that is stored as it is."""
    return struct.pack("<I", len(data) << 3 | last)[:3] + data


def zstd_frame(declared, blocks):
    """Magic, one segment of a size of one byte, which may be wrong, and the blocks."""
    return b"\x28\xb5\x2f\xfd\x20" + bytes([declared]) + blocks


def zstd_raw(data, skip=b""):
    """A frame of one block that is stored as it is."""
    return skip + zstd_frame(len(data), zstd_block(data, 1))


def zstd_ended(data, declared):
    """The same, ended by a second block that is empty."""
    return zstd_frame(declared, zstd_block(data, 0) + zstd_block(b"", 1))


ZSTD_SKIP = b"\x50\x2a\x4d\x18\x03\0\0\0abc"
COMPRESSED = {
    "good-gzip": compressed(0, gz(b"1 2 3\n")), "good-gzip-members": compressed(0, gz(b"1\n") + gz(b"") + gz(b"2\n"), 0),
    "good-gzip-padded": compressed(0, gz(b"7") + bytes(600), 1), "good-gzip-large": compressed(0, gz(b"0" * 2_000_000), 21),
    "bad-gzip-cut-off": compressed(0, gz(b"1 2 3\n")[:-3]), "bad-gzip-checksum": compressed(0, gz(b"1 2 3\n")[:-8] + bytes(8)),
    "bad-gzip-behind": compressed(0, gz(b"1") + b"x"), "bad-gzip-behind-padding": compressed(0, gz(b"1") + b"\0\0x"),
    "bad-gzip-nothing": compressed(0, b""), "bad-gzip-magic": compressed(0, b"\x1f\x8c\x08"),
    "bad-gzip-code": compressed(0, gz(b"1 2 3\n" * 9)[:10] + b"\xff" * 20),
    "good-zstd": compressed(1, zstd_raw(b"1 2 3\n")), "good-zstd-frames": compressed(1, zstd_raw(b"1\n") + zstd_raw(b"2"), 0),
    "good-zstd-skipped": compressed(1, zstd_raw(b"1\n", ZSTD_SKIP) + ZSTD_SKIP, 1),
    "bad-zstd-cut-off": compressed(1, zstd_raw(b"1 2 3\n")[:-2]), "bad-zstd-behind": compressed(1, zstd_raw(b"1") + b"xxxxx"),
    "good-zstd-empty-block": compressed(1, zstd_ended(b"1\n", 2), 0),
    "good-zstd-empty-compressed-block": compressed(1, zstd_ended(b"1\n", 2)[:-3] + b"\5\0\0", 0),
    "bad-zstd-few": compressed(1, zstd_ended(b"1\n", 3), 0),
    "bad-zstd-few-then-whole": compressed(1, zstd_ended(b"1\n", 3) + zstd_raw(b"2\n"), 0),
    "bad-zstd-many": compressed(1, zstd_ended(b"1\n", 1), 1),
    "bad-zstd-few-of-33068": compressed(1, b"\x28\xb5\x2f\xfd\x40\x01\x2c\x80\1\0\0", 0),
    "bad-zstd-nothing": compressed(1, b""), "bad-zstd-magic": compressed(1, b"\x28\xb5\x2f\xfc\x20\0\0\0\0"),
}

RAW = {
    "good-nothing": b"\x00", "good-i8": b"\x00\x80\xff\x01", "good-i16": b"\x11" + b"\xff\x7f\x00\x80" * 70,
    "good-i64": b"\x03" + struct.pack("<3q", -2**63, 2**63 - 1, -1), "good-u64": b"\x17" + b"\xff" * 800,
    "good-u32": b"\x16" + b"\xff" * 404, "bad-i16": b"\x01123", "bad-u64": b"\x171234567", "bad-i32": b"\x1212345",
}


def main():
    for name, files in (("npy", NPY), ("partial", PARTIAL), ("text", TEXT), ("range", RANGE), ("options", OPTIONS),
                        ("compressed", COMPRESSED), ("raw", RAW)):
        folder = CORPUS / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            (folder / file).write_bytes(content)


if __name__ == "__main__":
    main()
