"""How a name is read before it is compared: one alphabet, small letters, no marks, no titles, and the generation apart."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from anyascii import anyascii

# Raised when names are read in another way: every record is then made again by the next match.
READING = 1
# Marks that a writer may leave out: accents, and the vowels of Hebrew and Arabic. The vowels of Indian scripts are not among them.
OPTIONAL_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]")
APOSTROPHES = re.compile("['`\u00b4\u02b9-\u02bf\u2018\u2019\u201b\u2032]")
NOT_A_WORD = re.compile("[^a-z0-9]+")
TITLES = frozenset("mr mrs ms miss dr".split())
GENERATIONS = {"sr": 1, "senior": 1, "jr": 2, "junior": 2, "ii": 2, "2nd": 2, "iii": 3, "3rd": 3, "iv": 4, "4th": 4}
NO_NAMES = frozenset("unknown unk none null noname unnamed xxx".split())


@dataclass(frozen=True)
class PlainName:
    """A name as it is compared: words of a to z and digits with one blank between them; `generation` is 2 for Jr and II, else None."""

    family: str
    given: str
    generation: int | None = None

    @property
    def whole(self) -> str:
        """Return all words in alphabetic order: alike when family and given name stand in each other's place."""
        return " ".join(sorted(f"{self.family} {self.given}".split()))

    @property
    def key(self) -> str | None:
        """Return what two spellings of one name have in common, None when it names nobody (nothing readable, or a word for "not known")."""
        family, given = self.family.replace(" ", ""), self.given.replace(" ", "")
        return f"{family}|{given}" if names_somebody(family) and names_somebody(given) else None

    @property
    def traits(self) -> frozenset[str]:
        """Return beginnings and ends of its words; two names without one in common are not compared."""
        words = f"{self.family} {self.given}".split()
        return frozenset(trait for word in words for trait in (f"{word[:3]}-", f"-{word[-3:]}"))


def plain_name(family_name: str, given_name: str) -> PlainName:
    """Return a name as it is compared.

    Letters of other scripts become Latin ones by the tables of anyascii, which knows no language: 王 is always `wang`, an Arabic name
    has no short vowels. "Jr", "III" and the like leave the name and become its generation, wherever they stand behind a word.
    """
    family, of_family = _without_generation(words_of(family_name))
    given, of_given = _without_generation(words_of(given_name))
    return PlainName(" ".join(family), " ".join(given), of_family or of_given)


@lru_cache(maxsize=50_000)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text: a to z and digits, without marks, apostrophes and leading titles."""
    bare = APOSTROPHES.sub("", OPTIONAL_MARKS.sub("", unicodedata.normalize("NFKD", APOSTROPHES.sub("", text))))
    words = NOT_A_WORD.sub(" ", APOSTROPHES.sub("", anyascii(unicodedata.normalize("NFC", bare).casefold())).lower()).split()
    while len(words) > 1 and words[0] in TITLES:
        words = words[1:]
    return tuple(words)


def names_somebody(word: str) -> bool:
    """Tell whether a word can be somebody's name."""
    return word != "" and word not in NO_NAMES


def _without_generation(words: tuple[str, ...]) -> tuple[tuple[str, ...], int | None]:
    generation = None
    while len(words) > 1 and words[-1] in GENERATIONS:
        generation = GENERATIONS[words[-1]]
        words = words[:-1]
    return words, generation
