"""NIST's univariate reference sets on every engine: means and standard deviations to all certified digits."""
import harness
import harness_lists as lists
from harness import run
from nist_univariate import SETS


def as_certified(text, certified):
    """A printed double to as many digits as are certified, and the certified ones, both in one form."""
    digits = len(certified.lstrip("-0.").replace(".", ""))
    return f"{float(text):.{digits - 1}e}", f"{float(certified):.{digits - 1}e}"


class Nist(lists.ListTest):
    def test_the_sets(self):
        """What is known of them besides: how many there are, how their digits end."""
        counts = {"Lew": 200, "Lottery": 218, "Mavro": 50, "Michelso": 100, "PiDigits": 5000, "NumAcc1": 3,
                  "NumAcc2": 1001, "NumAcc3": 1001, "NumAcc4": 1001}
        self.assertEqual({name: len(chosen.numbers) for name, chosen in SETS.items()}, counts)
        self.assertEqual("".join(SETS["PiDigits"].numbers[:20]), "31415926535897932384")
        self.assertEqual("".join(SETS["PiDigits"].numbers[-10:]), "7413260472")
        for name, chosen in SETS.items():
            for certified in (chosen.mean, chosen.deviation):
                self.assertEqual(len(certified.lstrip("-0.").replace(".", "")), 15, name)

    def test_decimals_give_all_certified_digits(self):
        for name, chosen in SETS.items():
            path = lists.write(" ".join(chosen.numbers).encode())
            for engine in lists.engines("text"):
                with self.subTest(name=name, engine=engine):
                    result = run([f"--engine={engine}", "-q", "--stat=mean,sd", path])
                    self.assert_status(result, 0)
                    mean, deviation = result.stdout.split()
                    self.assertEqual(*as_certified(mean, chosen.mean))
                    self.assertEqual(*as_certified(deviation, chosen.deviation))

    def test_doubles_are_those_of_the_rounded_numbers(self):
        """Rounded to doubles the numbers of NumAcc4 deviate by 0.10000000055879355, exactly so."""
        for name, chosen in SETS.items():
            numbers = [float(number) for number in chosen.numbers]
            answers = lists.expected_floats(numbers)
            text = lists.write(" ".join(chosen.numbers).encode(), ".txt")
            raw = lists.write(lists.raw("f64", numbers))
            for engine in lists.engines("floats"):
                for path in (text, raw):
                    with self.subTest(name=name, engine=engine, path=path):
                        self.assert_lists([f"--engine={engine}", "--type=f64", path], answers)


if __name__ == "__main__":
    harness.main()
