"""The lists of numbers that the bench reduces: made once by NumPy from fixed seeds, in a folder of the build, with the
exact answers beside each file. A file is made anew where its checksum, its size or its recipe does not fit."""

import gzip
import json
import shutil
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from exact_sums import (
    Sums,
    answers_of,
    dot_of_doubles,
    nearest_double,
    np,
    sums_of_doubles,
    sums_of_integers,
)
from programs import BenchError

RECIPE = 1  # counted up whenever a generator or the arithmetic of the answers changes: files of before are made anew
SEED = 20250101
CHUNK = 1 << 20  # numbers made at a time
CHUNK_BYTES = 1 << 22

DECIMAL_DIGITS, FRACTION_DIGITS = 17, 15
# The top exponent fields are left out, so that a sum of random signs stays a finite double that can be checked.
FULL_RANGE_TOP_FIELD = 0x7FE - 32


@dataclass(frozen=True)
class DataSet:
    """One list in a file. answers: statistic to expected text (exact_sums.answers_of)."""

    name: str
    path: Path
    count: int
    size_bytes: int
    answers: dict = field(repr=False)


def int64_numbers(random, count):
    return random.integers(-(2**63), 2**63 - 1, count, dtype=np.int64, endpoint=True)


def int32_numbers(random, count):
    return random.integers(-(2**31), 2**31 - 1, count, dtype=np.int32, endpoint=True)


def mantissas_below_one(random, count):
    """Doubles in [1/2, 1) with all 53 bits random, and random signs."""
    mantissas = random.integers(1 << 52, 1 << 53, count, dtype=np.int64).astype(np.float64) * 2.0**-53
    return np.where(random.integers(0, 2, count, dtype=np.int8) == 0, mantissas, -mantissas)


def mixed_binades(random, count):
    return np.ldexp(mantissas_below_one(random, count), random.integers(0, 60, count, dtype=np.int32))


def full_range(random, count):
    """Random bit patterns of finite doubles, subnormals too."""
    sign_and_mantissa = random.integers(0, 1 << 53, count, dtype=np.uint64)
    fields = random.integers(0, FULL_RANGE_TOP_FIELD, count, dtype=np.uint64, endpoint=True)
    one, width = np.uint64(1), np.uint64(52)
    sign, mantissa = sign_and_mantissa >> width, sign_and_mantissa & ((one << width) - one)
    return ((sign << np.uint64(63)) | (fields << width) | mantissa).view(np.float64)


ARRAYS = {  # name: the type in the file, its generator
    "i64": ("<i8", int64_numbers),
    "i32": ("<i4", int32_numbers),
    "uniform": ("<f8", lambda random, count: random.random(count)),
    "normal": ("<f8", lambda random, count: random.standard_normal(count)),
    "same-sign": ("<f8", lambda random, count: np.abs(random.standard_normal(count))),
    "mixed60": ("<f8", mixed_binades),
    "full-range": ("<f8", full_range),
    "f32": ("<f4", lambda random, count: random.standard_normal(count, dtype=np.float32)),
}


class Lists:
    """The files of one run, in `folder`."""

    def __init__(self, folder, say=print):
        self.folder = Path(folder)
        self.say = say
        self.checked = {}  # path to DataSet, of this run

    def array(self, name, count):
        """An .npy file of `count` numbers."""
        return self._made(name, f"{name}-{count}.npy", count, write_array)

    def text(self, name, count):
        """A file of `count` lines: "integers" of up to 19 digits, or "decimals" of 17."""
        return self._made(name, f"{name}-{count}.txt", count, TEXTS[name])

    def compressed(self, data):
        """The file of a list as gzip; it holds the same numbers and has the same answers."""

        def write(_, count, path):
            with open(data.path, "rb") as source, gzip.open(path, "wb", compresslevel=1) as target:
                shutil.copyfileobj(source, target, CHUNK_BYTES)
            return data.answers

        return self._made(data.name, data.path.name + ".gz", data.count, write)

    def empty(self, data, compressed=False):
        """A file of the type of `data` with no numbers in it."""
        path = self.folder / f"empty-{data.name}.npy"
        self.folder.mkdir(parents=True, exist_ok=True)
        np.save(path, np.zeros(0, ARRAYS[data.name][0]))
        if compressed:
            packed = path.with_name(path.name + ".gz")
            packed.write_bytes(gzip.compress(path.read_bytes()))
            return packed
        return path

    def write_afresh(self, data):
        """The same bytes in a new file in the place of the old. How large the pages of the page cache are depends on how a
        file came into it, and a process that maps small ones waits for several times as many page faults: so those who
        compare processes start from a file that was just written, as the first use of new data does."""
        fresh = data.path.with_name(data.path.name + ".new")
        with open(data.path, "rb") as source, open(fresh, "wb", buffering=0) as target:
            shutil.copyfileobj(source, target, CHUNK_BYTES)
        fresh.replace(data.path)

    def dot_answer(self, left, right):
        """The nearest double to the sum of products of two arrays, kept in a file by their names."""
        path = self.folder / f"dot-{left.path.stem}-{right.path.stem}.json"
        recipe = {"recipe": RECIPE, "checksums": [self._note(data.path)["checksum"] for data in (left, right)]}
        known = read_json(path)
        if known is None or {key: known.get(key) for key in recipe} != recipe:
            self.say(f"exact dot product of {left.path.name} and {right.path.name}, once")
            exact = dot_of_doubles(*(np.load(data.path, mmap_mode="r") for data in (left, right)))
            known = {**recipe, "dot": nearest_double(exact).hex()}
            path.write_text(json.dumps(known))
        return known["dot"]

    def _note(self, path):
        return read_json(path.with_name(path.name + ".json"))

    def _made(self, name, file_name, count, write):
        """The checksum is taken in every run, which also brings the file into the page cache."""
        path = self.folder / file_name
        if path in self.checked:
            return self.checked[path]
        recipe = {"recipe": RECIPE, "seed": SEED, "count": count}
        note = self._note(path)
        known = note is not None and {key: note.get(key) for key in recipe} == recipe
        if not known or not path.exists() or checksum_of(path) != note["checksum"]:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._check_room(count)
            self.say(f"making {path.name}, once")
            answers = write(name, count, path)
            note = {**recipe, "checksum": checksum_of(path), "answers": answers}
            path.with_name(path.name + ".json").write_text(json.dumps(note, indent=1))
        self.checked[path] = DataSet(name, path, count, path.stat().st_size, note["answers"])
        return self.checked[path]

    def _check_room(self, count):
        needed_bytes = 24 * count  # the longest line of text has 20 bytes
        if shutil.disk_usage(self.folder).free < 2 * needed_bytes:
            raise BenchError(f"{self.folder} lacks room for lists; name another folder by --data=DIR")


def read_json(path):
    try:
        return json.loads(path.read_text())
    except (OSError, json.JSONDecodeError):
        return None


def checksum_of(path):
    checksum = 0
    with open(path, "rb") as source:
        while chunk := source.read(CHUNK_BYTES):
            checksum = zlib.crc32(chunk, checksum)
    return checksum


def chunk_sizes(count):
    yield from (min(CHUNK, count - start) for start in range(0, count, CHUNK))


def random_of(name):
    """Each list has numbers of its own: the name is part of the seed."""
    return np.random.default_rng([SEED, zlib.crc32(name.encode())])


def write_array(name, count, path):
    type_name, generate = ARRAYS[name]
    random, start = random_of(name), 0
    numbers = np.lib.format.open_memmap(path, "w+", np.dtype(type_name), (count,))
    for size in chunk_sizes(count):
        numbers[start : start + size] = generate(random, size)
        start += size
    numbers.flush()
    is_integer = np.dtype(type_name).kind == "i"
    sums = sums_of_integers(numbers) if is_integer else sums_of_doubles(numbers)
    return answers_of(sums, rounds_sums=not is_integer)


def write_integers(name, count, path):
    """Non-negative, nine in ten of them of all 19 digits."""
    numbers = random_of(name).integers(0, 2**63 - 1, count, dtype=np.int64, endpoint=True)
    with open(path, "w", encoding="ascii", newline="") as target:
        for start in range(0, count, CHUNK):
            target.write("\n".join(map(str, numbers[start : start + CHUNK].tolist())) + "\n")
    return answers_of(sums_of_integers(numbers), rounds_sums=False)


def write_decimals(name, count, path):
    """17 digits each, two of them before the point. The sums are those of the digits as one integer, scaled."""
    numbers = random_of(name).integers(10 ** (DECIMAL_DIGITS - 1), 10**DECIMAL_DIGITS, count, dtype=np.int64)
    cut = DECIMAL_DIGITS - FRACTION_DIGITS
    with open(path, "w", encoding="ascii", newline="") as target:
        for start in range(0, count, CHUNK):
            lines = (f"{digits[:cut]}.{digits[cut:]}\n" for digits in map(str, numbers[start : start + CHUNK].tolist()))
            target.writelines(lines)
    unit, sums = 10**FRACTION_DIGITS, sums_of_integers(numbers)
    scaled = [sums.sum / unit, sums.sumsq / unit**2, sums.sumabs / unit, sums.minimum / unit, sums.maximum / unit]
    return answers_of(Sums(sums.count, *scaled), rounds_sums=False)


TEXTS = {"integers": write_integers, "decimals": write_decimals}
