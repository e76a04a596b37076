"""An independent reader of texts of numbers: byte by byte, slow, by the rules that users are told.

Fields are parted by one delimiter and quoted as RFC 4180 says; or numbers are parted by white space. Blanks around a
field do not count; an empty field and NA are missing.
"""
import re
from fractions import Fraction

NUMBER = re.compile(rb"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
BOM = b"\xef\xbb\xbf"


class BadField(ValueError):
    """A field that is no number: (what, line, column), from 1, column in bytes."""


def number(text):
    """The Fraction that the bytes say; ValueError where they are no number."""
    if not NUMBER.fullmatch(text):
        raise ValueError(text)
    mantissa, _, exponent = text.lower().partition(b"e")
    whole, _, fraction = mantissa.lstrip(b"+-").partition(b".")
    # Python refuses to turn very long texts into integers at once; ours are read piece by piece.
    value = 0
    for at in range(0, len(whole + fraction), 1000):
        piece = (whole + fraction)[at:at + 1000]
        value = value * 10**len(piece) + int(piece)
    power = int(exponent or b"0") - len(fraction)
    result = Fraction(value) * Fraction(10)**power if value else Fraction(0)
    return -result if mantissa.startswith(b"-") else result


class Field:
    """The bytes of one field, whether it was quoted, and where it begins."""

    def __init__(self, line, column):
        self.content, self.quoted, self.line, self.column = bytearray(), False, line, column

    def value(self):
        content = bytes(self.content).strip(b" \t")
        if content in (b"", b"NA"):
            return None
        try:
            return number(content)
        except ValueError:
            raise BadField(content, self.line, self.column) from None


def records(text, delimiter):
    """The records of a delimited text, each a list of Fields; blank lines are none."""
    at, line, begin = 0, 1, 0
    while at < len(text):
        fields, blank, ended = [], True, False
        while not ended:
            field = Field(line, at - begin + 1)
            if text[at:at + 1] == b'"':
                field.quoted, blank, at = True, False, at + 1
                while True:
                    if at >= len(text):
                        raise BadField(b"open quote", field.line, field.column)
                    if text[at] == ord('"'):
                        if text[at + 1:at + 2] != b'"':
                            at += 1
                            break
                        at += 1
                    elif text[at] == ord("\n"):
                        line, begin = line + 1, at + 1
                    field.content.append(text[at])
                    at += 1
            while at < len(text) and text[at:at + 1] not in (delimiter, b"\n"):
                field.content.append(text[at])
                at += 1
            ended = at >= len(text) or text[at:at + 1] == b"\n"
            if ended and field.content.endswith(b"\r"):
                del field.content[-1]
            fields.append(field)
            at += 1
        if len(fields) > 1 or not blank or fields[0].content:
            yield fields
        line, begin = line + 1, at


def read_delimited(text, delimiter, index, header):
    """The numbers of one column, and how many are missing."""
    rows = list(records(text.removeprefix(BOM), delimiter))[int(header):]
    values = [row[index].value() for row in rows]
    return [value for value in values if value is not None], values.count(None)


def read_list(text):
    """The numbers of a text that white space parts, and how many are missing."""
    tokens = text.removeprefix(BOM).split()
    return [number(token) for token in tokens if token != b"NA"], tokens.count(b"NA")


def read_columns(text, index, header):
    """The numbers of one column of lines that blanks part, and how many are missing."""
    rows = [row.removesuffix(b"\r").replace(b"\t", b" ").split() for row in text.removeprefix(BOM).split(b"\n")]
    tokens = [row[index] for row in rows if row][int(header):]
    return [number(token) for token in tokens if token != b"NA"], tokens.count(b"NA")
