"""The study's page: one file that needs nothing else, and what a browser makes of it."""
import re
import xml.etree.ElementTree

import harness
from harness import run
from harness_page import PageParser, photograph
from harness_study import ROWS, StudyTest, rows_of

GROUNDS = {"light": b"\xfb\xfb\xf9", "dark": b"\x12\x14\x17"}
THREADS = {"light": b"\x1f\x5f\xd0", "dark": b"\x82\xaa\xff"}
PROCESSES = {"light": b"\xc4\x50\x0a", "dark": b"\xf2\xa0\x5c"}
# Pixels of the photographs: width and height.
NARROW, WIDE = (400, 1800), (1200, 900)


class PageTest(StudyTest):
    @classmethod
    def setUpClass(cls):
        cls.path = harness.scratch() / "page.html"
        result = run(["study", "--json", "--tasks=2", "--count=1000", "--workers=2", f"--html={cls.path}"], harness.none())
        assert result.status == 0, str(result)
        cls.rows, cls.text = rows_of(result), cls.path.read_text()


class Page(PageTest):
    def test_one_file_that_needs_nothing(self):
        parser = PageParser()
        parser.feed(self.text)
        self.assertEqual(parser.open, [])
        self.assertEqual(parser.references, [])
        self.assertEqual(parser.names.count("section"), len(ROWS))
        self.assertEqual(parser.names.count("svg"), len(ROWS))
        for word in ("<script", "http:", "https:", "url(", "@import", "javascript"):
            self.assertNotIn(word, self.text)
        self.assertIn("prefers-color-scheme: dark", self.text)
        for row in self.rows.values():
            self.assertIn(row["sentence"].replace('"', "&quot;"), self.text)
        for picture in re.findall(r"<svg.*?</svg>", self.text, re.S):
            self.assertTrue(list(xml.etree.ElementTree.fromstring(picture)))

    def test_bars_are_as_long_as_the_numbers(self):
        section = re.search(r'<section id="create">.*?</section>', self.text, re.S)[0]
        widths = {name: float(width) for width, name in re.findall(r'<rect [^>]*width="([\d.]+)"[^>]*class="(\w+)"', section)}
        ratio = self.rows["create"]["process"]["median"] / self.rows["create"]["thread"]["median"]
        self.assertAlmostEqual(widths["processes"] / widths["threads"], ratio, delta=0.05 * ratio)


class Browser(PageTest):
    def assert_well(self, scheme, width, height):
        lines = photograph(self.path, scheme, width, height)
        self.assertEqual((len(lines), {len(line) for line in lines}), (height, {3 * width}))
        pixels = [line[i:i + 3] for line in lines for i in range(0, len(line), 3)]
        self.assertEqual(pixels[0], GROUNDS[scheme])
        # Bars of both colours, and letters on the raised ground.
        self.assertGreater(pixels.count(THREADS[scheme]), 400)
        self.assertGreater(pixels.count(PROCESSES[scheme]), 400)
        self.assertGreater(len(set(pixels)), 100)
        # Nothing runs over the edge of the page.
        self.assertEqual({line[-3:] for line in lines}, {GROUNDS[scheme]})
        return lines

    def test_light_and_dark_wide_and_narrow(self):
        """One photograph each, the browser taking its time to start."""
        light, dark = self.assert_well("light", *WIDE), self.assert_well("dark", *NARROW)
        self.assertNotEqual(light[0][:3], dark[0][:3])


if __name__ == "__main__":
    harness.main()
