"""A vendor's patients with the truth about them: families, couples, twins, fathers and sons of one name, namesakes, and some people
in a second record, written as people and machines write: married, shortened, mistyped, misread, swapped."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from random import Random

MBI_LETTERS = "ACDEFGHJKMNPQRTUVWXY"
FAMILY_HEADS = (
    "Ab Ack Al And Arm Bar Bax Beck Ben Berg Black Blan Bon Brad Bran Bren Brook Buck Bur Cal Cam Car Cas Chand Clay Cob Col Con Cran Cros Dal Dan "
    "Daw Del Den Dick Don Dou Dun East Ed El Em Ever Fair Fer Fin Flem Fos Frank Gar Gil Glen Gold Good Gra Green Gun Had Hal Ham Han Har Hat Hay Hen "
    "Her Hil Hol Hop Hos Hud Hun Ing Jack Jan Jen Jo Kel Ken Kim Kir Lam Lan Law Lin Lock Lor Mac Mal Man Mar Mas May Mel Mer Mil Mon Mor Mur Nel New "
    "Nor Oak Ol Os Pal Par Pat Pem Per Pet Pres Rad Ram Ran Red Rich Rob Rod Ros Rus San Saw Sel Shel Sim Sin Stan Ster Sul Sum Tal Tan Ter Thom Til "
    "Tor Tre Tur Val Van Wal War Wat Web Wel Wes Whit Wil Win Wood Wor York Zim"
).split()
FAMILY_ENDS = (
    "son man er ley ton well berg stein field wood ford land ner ez sky ski ing ell ett ard ney ham by den ver ster ling ow ard ick ams ins kins per low "
    "dale gan ris worth more"
).split()
COMMON_FAMILIES = (
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin "
    "Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson "
    "Baker Hall Rivera Campbell Mitchell Carter Roberts Núñez Müller O'Brien Strauß Peña García-López"
).split()
GIVEN = (
    "Mary Robert James John Barbara Patricia William Richard Linda Carol Charles Donald Judith Betty Nancy Thomas David Ronald Joseph Sandra Shirley George "
    "Kenneth Sharon Margaret Helen Edward Paul Dorothy Joyce Joan Gerald Carolyn Janet Frank Larry Raymond Virginia Jerry Harold Gary Jean Ruth Elizabeth "
    "Walter Beverly Roger Marilyn Frances Judy Martha Henry Jack Arthur Susan Gloria Albert Janice Wayne Alice Ralph Eugene Rose Ann Karen Marie Louis "
    "Roy Evelyn Peggy Dennis Phyllis Fred Lawrence Carl Howard Donna Phillip Joe Catherine Doris Kathleen Willie Stephen Jane Lois Connie Earl Norma Diane "
    "Anna Diana Eleanor Billy Douglas Lillian Ernest Michael Ruby Brenda Gladys Wilhelmina Leonard Edna Anthony Irene Stanley Marjorie Juanita Kay Leroy "
    "Bonnie Francis Mildred Charlotte Marvin Theresa Norman Rita Florence Lucille Josephine Clarence Alfred Delores Bernard Harvey Melvin Elaine Rosemary "
    "José María Zoë Concepción Jesús Ángela Björn Søren Xiaoming Yeongja Galina Boris Fatima Ahmed Rivka Moshe Thanh Linh Duc Hoa Ivan Olga Stanisław"
).split()
SHORT = {
    "Robert": "Bob",
    "William": "Bill",
    "James": "Jim",
    "Richard": "Dick",
    "Elizabeth": "Betty",
    "Margaret": "Peggy",
    "Patricia": "Pat",
    "Joseph": "Joe",
    "Kenneth": "Ken",
    "Judith": "Judy",
    "Thomas": "Tom",
    "Edward": "Ed",
    "Deborah": "Debbie",
    "Dorothy": "Dottie",
    "Catherine": "Kate",
    "Barbara": "Barb",
    "Charles": "Chuck",
    "Lawrence": "Larry",
    "Gerald": "Jerry",
    "Raymond": "Ray",
    "Walter": "Walt",
    "Donald": "Don",
    "Ronald": "Ron",
    "Susan": "Sue",
    "Virginia": "Ginny",
    "Theresa": "Terry",
    "Stephen": "Steve",
    "Michael": "Mike",
}
ALIKE_TWINS = (("Ronald", "Donald"), ("Jean", "Joan"), ("Marilyn", "Carolyn"), ("Jane", "Janet"), ("Larry", "Jerry"), ("Mary", "Marie"))
MISREAD = (
    ("rn", "m"),
    ("m", "rn"),
    ("cl", "d"),
    ("o", "0"),
    ("l", "1"),
    ("i", "l"),
    ("e", "c"),
    ("h", "b"),
    ("n", "u"),
    ("vv", "w"),
    ("w", "vv"),
)
CLIENTS = 40


@dataclass(frozen=True)
class Patient:
    """One record: `person` is the truth, `written` says in which way a second record differs from the first (empty for a first one)."""

    client: str
    mrn: str
    family: str
    given: str
    born: date
    mbi: str
    person: int
    written: str = ""


class People:
    """Makes people by the shares of a Medicare population; the same seed makes the same people."""

    def __init__(self, seed: int) -> None:
        """Take the seed of all chances."""
        self.chance = Random(seed)
        made = [head + end for head in FAMILY_HEADS for end in FAMILY_ENDS]
        made += [head + middle + end for head in FAMILY_HEADS for middle in ("er", "in", "an", "el") for end in FAMILY_ENDS]
        self.chance.shuffle(made)
        self.families = COMMON_FAMILIES + list(dict.fromkeys(made))
        # The commonest family name has 0.8 per cent of the people and the thousand commonest two fifths of them, as in the census.
        self.family_weights = list(accumulate((rank + 14) ** -0.87 for rank in range(len(self.families))))
        self.given_weights = list(accumulate((rank + 8) ** -1.0 for rank in range(len(GIVEN))))

    def family(self) -> str:
        """Return a family name."""
        return self.chance.choices(self.families, cum_weights=self.family_weights)[0]

    def given(self) -> str:
        """Return a given name, every fifth with a middle initial."""
        name = self.chance.choices(GIVEN, cum_weights=self.given_weights)[0]
        return f"{name} {self.chance.choice('ABCDEFGHJLMRSTW')}" if self.chance.random() < 0.2 else name

    def born(self) -> date:
        """Return a day of birth; somewhat more are born on the first of January, where nobody knew better."""
        year = int(self.chance.triangular(1926, 1961, 1949))
        return date(year, 1, 1) if self.chance.random() < 0.004 else date(year, 1, 1) + timedelta(days=self.chance.randrange(365))

    def mbi(self) -> str:
        """Return a Medicare number that can be one."""
        draw = self.chance.choice
        digits, letters = "0123456789", MBI_LETTERS
        kinds = ("123456789", letters, letters + digits, digits, letters, letters + digits, digits, letters, letters, digits, digits)
        return "".join(draw(kind) for kind in kinds)

    def patient(self, person: int, **facts: object) -> Patient:
        """Return a first record at some client; four in five have their Medicare number."""
        mbi = self.mbi() if self.chance.random() < 0.8 else ""
        client = f"C{self.chance.randrange(CLIENTS):02d}"
        made = Patient(client, f"M{person}", self.family(), self.given(), self.born(), mbi, person)
        return replace(made, **facts)  # type: ignore[arg-type]

    def household(self, first: int) -> list[Patient]:
        """Return one person, a couple, brothers and sisters, twins, or father and son of one name."""
        one = self.patient(first)
        kind = self.chance.random()
        if kind < 0.30:
            return [one, self.patient(first + 1, family=one.family, client=one.client)]
        if kind < 0.34:
            return [one, self.patient(first + 1, family=one.family)]
        if kind < 0.343:
            others = (name for name in iter(self.given, "") if name.split()[0] != one.given.split()[0])
            given = self.chance.choice(ALIKE_TWINS) if self.chance.random() < 0.15 else (one.given, next(others))
            return [replace(one, given=given[0]), self.patient(first + 1, family=one.family, given=given[1], born=one.born)]
        if kind < 0.348:
            years = self.chance.randrange(19, 30)
            elder = date(one.born.year - years, one.born.month, min(one.born.day, 28)) if self.chance.random() < 0.1 else self.born()
            named = (" Sr", " Jr") if self.chance.random() < 0.5 else ("", "")
            father = self.patient(first + 1, family=one.family + named[0], given=one.given, born=elder)
            return [replace(one, family=one.family + named[1]), father]
        return [one]


WAYS: tuple[tuple[float, str], ...] = (
    (50, "the same"),
    (10, "another spelling of the same letters"),
    (4, "middle initial more or less"),
    (5, "typing error in the family name"),
    (4, "typing error in the given name"),
    (4, "short form"),
    (3, "married name"),
    (2, "one of two family names"),
    (1, "names swapped"),
    (2, "day and month swapped"),
    (3, "one digit of the birth date"),
    (1, "birth date a day off"),
    (3, "misread by a machine"),
    (2, "two typing errors"),
    (1, "typing error in name and birth date"),
)


def second_record(people: People, first: Patient) -> Patient:
    """Return another record of the same person at another client (one in twenty: at the same), written in one of many ways."""
    chance = people.chance
    way = chance.choices([name for _, name in WAYS], weights=[weight for weight, _ in WAYS])[0]
    client = first.client if chance.random() < 0.05 else f"C{(int(first.client[1:]) + chance.randrange(1, CLIENTS)) % CLIENTS:02d}"
    mbi = first.mbi if chance.random() < 0.8 else ""
    if mbi and (fate := chance.random()) < 0.015:
        mbi = people.mbi() if fate < 0.005 else _typed_number(mbi, chance)
    return _written(replace(first, client=client, mrn=f"S{first.person}", mbi=mbi, written=way), way, people)


def _written(record: Patient, way: str, people: People) -> Patient:
    chance = people.chance
    family, given, born = record.family, record.given, record.born
    changes: dict[str, Callable[[], dict[str, object]]] = {
        "the same": dict,
        "another spelling of the same letters": lambda: {"family": chance.choice((family.upper(), family.lower(), f" {family}."))},
        "middle initial more or less": lambda: {"given": given.split()[0] if " " in given else f"{given} {chance.choice('ABCDEF')}"},
        "typing error in the family name": lambda: {"family": _typed(family, chance)},
        "typing error in the given name": lambda: {"given": _typed(given, chance)},
        "short form": lambda: {"given": SHORT.get(given.split()[0], given.split()[0])},
        "married name": lambda: {"family": people.family()},
        "one of two family names": lambda: {"family": f"{family}-{people.family()}"},
        "names swapped": lambda: {"family": given, "given": family},
        "day and month swapped": lambda: {"born": born.replace(month=born.day, day=born.month) if born.day <= 12 else _digit(born, chance)},
        "one digit of the birth date": lambda: {"born": _digit(born, chance)},
        "birth date a day off": lambda: {"born": born + timedelta(days=chance.choice((-1, 1)))},
        "misread by a machine": lambda: {"family": _misread(family, chance)},
        "two typing errors": lambda: {"family": _typed(family, chance), "given": _typed(given, chance)},
        "typing error in name and birth date": lambda: {"family": _typed(family, chance), "born": _digit(born, chance)},
    }
    return replace(record, **changes[way]())  # type: ignore[arg-type]


def _typed(word: str, chance: Random) -> str:
    """Return a word with one slip: a letter left out, doubled, replaced, or swapped with the next."""
    place = chance.randrange(len(word))
    letter = chance.choice("abcdefghijklmnopqrstuvwxyz")
    swapped = word[:place] + word[place : place + 2][::-1] + word[place + 2 :]
    return chance.choice(
        (word[:place] + word[place + 1 :], word[: place + 1] + word[place:], word[:place] + letter + word[place + 1 :], swapped)
    )


def _typed_number(mbi: str, chance: Random) -> str:
    """Return a Medicare number with one digit of its end replaced, which still can be one."""
    return mbi[:-1] + chance.choice([digit for digit in "0123456789" if digit != mbi[-1]])


def _misread(word: str, chance: Random) -> str:
    possible = [(seen, taken) for seen, taken in MISREAD if seen in word[1:]]
    if not possible:
        return _typed(word, chance)
    seen, taken = chance.choice(possible)
    return word[0] + word[1:].replace(seen, taken, 1)


def _digit(born: date, chance: Random) -> date:
    """Return a day of birth with one digit changed that is still a day in a patient's life."""
    while True:
        written, place = f"{born:%Y%m%d}", chance.randrange(2, 8)
        changed = written[:place] + chance.choice("0123456789") + written[place + 1 :]
        try:
            found = date(int(changed[:4]), int(changed[4:6]), int(changed[6:]))
        except ValueError:
            continue
        if found != born and 1910 <= found.year <= 1965:
            return found


def vendor_of_people(patients: int, *, seed: int, second_records: float = 0.02) -> list[Patient]:
    """Return at least `patients` first records and, for this share of them, a second one, in an order that tells nothing."""
    people = People(seed)
    firsts: list[Patient] = []
    while len(firsts) < patients:
        firsts += people.household(len(firsts))
    seconds = [second_record(people, one) for one in firsts if people.chance.random() < second_records]
    everybody = firsts + seconds
    people.chance.shuffle(everybody)
    return everybody
