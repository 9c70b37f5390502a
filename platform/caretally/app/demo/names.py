# ruff: noqa: RUF001, ISC004 - letters of many scripts, and lists that read better as words
"""Family and given names by origin, in the scripts their bearers write them in. All combinations are invented."""

from random import Random

Person = tuple[str, str]

# weight, family names, given names; weights add up to 100. Where a language bends family names, those that it leaves alone.
ORIGINS: tuple[tuple[int, str, str], ...] = (
    (
        50,
        "Abbott Atkins Baker Barlow Bennett Bishop Boyd Brewer Briggs Burke Callahan Carver Clark Coleman Cooper Crane Dalton Davis "
        "Dawson Doyle Ellis Emerson Farrell Fisher Fletcher Foster Garner Gibbs Goodwin Graves Griffin Hale Harding Hayes Henson Holt "
        "Hooper Howell Hughes Ingram Jacobs Jennings Keller Kendall Lambert Larkin Lowe Mackey Marsh McAllister McBride McKenna Mercer "
        "Miles Monroe Nash Newell Norris O'Brien O'Connell O'Neill Osborne Palmer Parrish Payne Pierce Porter Pratt Quinn Ramsey Reeves "
        "Rhodes Rowe Sawyer Sharpe Shepherd Simmons Slater Spencer Stokes Sutton Tanner Thorne Tucker Underwood Vaughn Wade Walsh Webb "
        "Wheeler Whitfield Wilder Winters Woodard Yates York",
        "Albert Alice Anita Arthur Barbara Beatrice Bernard Betty Beverly Carl Carol Cecil Clara Clarence Cynthia Dale Deborah Dolores "
        "Donald Doris Dorothy Earl Edith Edward Eleanor Ernest Esther Eugene Evelyn Florence Frances Frank Gerald Gladys Gloria Harold "
        "Hazel Helen Henry Howard Irene Jack Janet Jean Joan Joyce Judith Kenneth Lawrence Leonard Lloyd Lois Loretta Lorraine Louise "
        "Marian Marjorie Marvin Maxine Mildred Milton Nancy Norma Norman Patricia Paul Peggy Phyllis Ralph Raymond Rita Robert Roger "
        "Ronald Rosemary Roy Ruby Russell Ruth Shirley Stanley Sylvia Theresa Thomas Vernon Victor Violet Virginia Walter Warren Willie",
    ),
    (
        14,
        "Acuña Álvarez Avilés Ávila Bermúdez Cárdenas Castañeda Chávez Cordón Domínguez Echeverría Fernández Gálvez García Gómez González "
        "Guzmán Hernández Ibáñez Jiménez López Martínez Meléndez Méndez Muñoz Núñez Ortega Peña Quiñones Ramírez Rodríguez Sánchez "
        "Solís Treviño Vázquez Zúñiga",
        "Adán Alejandro Álvaro Andrés Ángela Beatriz Belén Carmen Concepción César Dolores Elías Esperanza Félix Graciela Guadalupe "
        "Héctor Inés Jesús José Josefina Lucía Luz Magdalena María Martín Nicolás Óscar Pilar Raúl Rocío Ramón Socorro Sofía Tomás Ximena",
    ),
    (
        6,
        "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý",
        "Anh_Tuấn Bích_Ngọc Đức Hạnh Hương Kim_Liên Minh_Châu Nga Ngọc_Lan Phương Quang_Hải Thanh_Tâm Thị_Hoa Thu_Hà Văn_Hùng Xuân_Mai",
    ),
    (2, "Brückner Grünwald Jäger Müller Schäfer Strauß Vögele Weiß", "Günther Jürgen Käthe Bärbel Hans-Jörg Ursula Dörte"),
    (1, "Åberg Bjørnstad Håkansson Jørgensen Lindström Ødegård Sørensen", "Åse Björn Håkon Øyvind Märta Søren Åke"),
    (1, "Kowalczyk Łukasik Nowak Szczepaniak Wójcik Żak Gołąb", "Bożena Elżbieta Małgorzata Stanisław Władysław Łucja"),
    (1, "Çelik Öztürk Şahin Yıldız Șerban Ionescu", "Ayşe Gülşen İbrahim Şükrü Ümit Zoë"),
    (
        4,
        "Бондаренко Гончар Довженко Коваль Кравченко Лысенко Мельник Петренко Романенко Седых Ткач Черных Шевченко Шульга",
        "Анатолий Борис Валентина Галина Дмитрий Екатерина Зинаида Людмила Нина Олег Пётр Раиса Семён Тамара Юрий Ярослав",
    ),
    (
        3,
        "Αλεξάνδρου Βασιλείου Γεωργίου Δημητρίου Νικολάου Παπαγεωργίου Χριστοδούλου",
        "Αθηνά Γεώργιος Ελένη Κωνσταντίνος Μαρία Νίκος Σοφία",
    ),
    (
        3,
        "الأنصاري البغدادي الحداد الخطيب السيد الشامي المصري حجازي عبد_الله منصور",
        "أحمد إبراهيم أمينة خالد زينب سعاد فاطمة كريم ليلى يوسف",
    ),
    (2, "אברהמי בן־דוד גולדברג כהן לוי מזרחי פרידמן שפירא", "אברהם דבורה חיים יעקב מרים נחום רבקה שרה"),
    (4, "陈 李 林 王 吴 张 郑 周 黃 劉", "桂英 国强 慧敏 建华 美玲 淑芬 文斌 秀兰 志明 玉珍"),
    (2, "加藤 小林 佐藤 鈴木 高橋 田中 中村 渡辺", "勝 和子 恵子 健一 幸子 節子 隆 正男"),
    (2, "김 박 이 정 최 한", "말순 미숙 복동 영자 영호 정희 순옥 철수"),
    (2, "अग्रवाल गुप्ता जोशी पटेल मिश्रा शर्मा सिंह वर्मा", "कमला गीता दिनेश मोहन राजेश लक्ष्मी शांति सुरेश"),
    (1, "Գրիգորյան Հակոբյան Մանուկյան Պետրոսյան", "Անահիտ Արամ Հայկ Շուշան"),
    (1, "เจริญสุข ทองดี ศรีสวัสดิ์ สุขใจ", "ประเสริฐ บุญมี สมศรี วิไล"),
    (1, "இராமசாமி கந்தசாமி முருகன்", "சரஸ்வதி செல்வம் மீனாட்சி"),
)
# Hawaiian clients have their own neighbours.
HAWAIIAN = ("Kahale Kaʻahumanu Kealoha Keliʻi Mahoe Nākoa Pāʻoa Kalākaua", "Keola Leilani Kaimana Nālani Kamakani ʻIolana")
STAFF_FAMILY = (
    "Adeyemi Alvarado Beckett Bianchi Carrillo Cho Desrosiers Dunham Eriksen Fontaine Gallo Haddad Ivers Jansen Kaplan Lindgren Mbeki "
    "Moreau Navarro Okafor Ortega Petrova Quist Rinaldi Santos Takeda Umarov Valdez Whitaker Xiong Yusuf Zamora Abara Bui Castellano "
    "Drummond Ekström Fuentes Ghosh Hollis Ibarra Jung Kovač Laurent Mancini Nowicki Olsen Pruitt"
).split()
STAFF_GIVEN = (
    "Aaliyah Ben Camila Daniel Elena Fiona Grace Hugo Imani Jonah Keisha Liam Maya Noor Olivia Priya Quentin Rosa Samir Tessa Uma Vera "
    "Wes Ximena Yara Zoe Andre Bianca Curtis Dana Emmett Faye Gwen Hassan Ingrid Joy Kai Leah Marcus Nadia Owen Paige"
).split()

_POOLS = tuple((family.split(), given.split()) for _, family, given in ORIGINS)
_WEIGHTS = [weight for weight, _, _ in ORIGINS]


def some_person(random: Random, *, hawaiian: bool = False) -> Person:
    """Return an invented (family, given) pair; a third of a Hawaiian client's patients have Hawaiian names."""
    if hawaiian and random.random() < 0.33:
        family, given = HAWAIIAN[0].split(), HAWAIIAN[1].split()
    else:
        family, given = random.choices(_POOLS, _WEIGHTS)[0]
    return random.choice(family).replace("_", " "), random.choice(given).replace("_", " ")
