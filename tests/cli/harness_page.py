"""What a page of HTML refers to, its photographs by a headless browser, and reading them."""
import html.parser
import shutil
import struct
import subprocess
import unittest
import zlib

import harness

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "headless_shell")


class PageParser(html.parser.HTMLParser):
    """What a page refers to, and whether its elements are closed in order."""
    VOID = {"meta", "br", "hr", "img", "link", "input", "circle", "rect", "path"}

    def __init__(self):
        super().__init__()
        self.open, self.names, self.references = [], [], []

    def handle_starttag(self, tag, attributes):
        self.names.append(tag)
        self.references += [value for name, value in attributes
                            if name in ("src", "href", "xlink:href", "action") or name.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert tag in self.VOID or self.open.pop() == tag, f"</{tag}> closes nothing"


def photograph(page, scheme, width, height):
    """Lines of pixels, three bytes each, of a page as a reader with the scheme light or dark sees it, without a network. Skips
    the calling test where there is no browser."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise unittest.SkipTest("no Chromium here, so nobody looked at the page")
    picture = harness.scratch() / f"{scheme}-{width}.png"
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
               "--force-device-scale-factor=1", "--host-resolver-rules=MAP * ~NOTFOUND",
               f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}",
               f"--user-data-dir={harness.scratch() / 'browser'}", f"--window-size={width},{height}",
               f"--screenshot={picture}", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert picture.exists(), done.stderr[-2000:]
    return read_png(picture.read_bytes())


def read_png(data):
    """The lines of a picture of 8-bit colours, three bytes a pixel."""
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert depth == 8 and colour in (2, 6), (depth, colour)
            channels = 3 if colour == 2 else 4
        elif kind == b"IDAT":
            packed += body
        at += 12 + size
    raw, stride = zlib.decompress(packed), width * channels
    lines, above = [], bytearray(stride)
    for y in range(height):
        start_at = y * (stride + 1)
        line = unfilter(raw[start_at], bytearray(raw[start_at + 1:start_at + 1 + stride]), above, channels)
        above = line
        lines.append(bytes(line) if channels == 3 else
                     b"".join(line[i:i + 3] for i in range(0, stride, 4)))
    return lines


def unfilter(kind, line, above, step):
    """One line of a PNG, by the filters of its specification (section 9.2)."""
    for i in range(len(line)):
        left = line[i - step] if i >= step else 0
        up = above[i]
        corner = above[i - step] if i >= step else 0
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = up
        elif kind == 3:
            guess = (left + up) // 2
        elif kind == 4:
            distance = {way: abs(left + up - corner - way) for way in (corner, up, left)}
            guess = min((left, up, corner), key=distance.get)
        else:
            return line
        line[i] = (line[i] + guess) & 255
    return line
