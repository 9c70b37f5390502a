"""The two vendors of the demo: their clients, prices, staff and sizes. Months are counted from the first of the history, 0 to 13."""

from dataclasses import dataclass, field

HISTORY_MONTHS = 14
LAST = HISTORY_MONTHS - 1
# The new price list of the year starts here, so both versions are on invoices.
PRICE_CHANGE = 4
ATTESTATION_FROM = LAST - 1


@dataclass(frozen=True)
class Terms:
    """One version of a price agreement; prices are (code, tier_from, dollars), `since` and `until` are month numbers or open."""

    prices: tuple[tuple[str, int, str], ...]
    basis: str = "per_patient_month"
    minimum: str = ""
    qhp_time: str = "pool"
    attestation: str = "no"
    date_of_service: str = "threshold"
    copy_missing: str = "hold"
    review_overdue: str = "hold"
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True)
class Client:
    """One practice of the demo; `patients` is its size without the planted ones, `providers` its practitioners."""

    code: str
    name: str
    timezone: str
    state: str
    address: str
    patients: int
    providers: int
    terms: tuple[Terms, ...]
    contact: str = ""
    po_number: str = ""
    terms_days: int = 30
    facts_on_record: bool = True


@dataclass(frozen=True)
class Vendor:
    """One CCM company of the demo; `staff_per_zone` clinical people serve the clients of a time zone."""

    slug: str
    name: str
    timezone: str
    prefix: str
    clients: tuple[Client, ...]
    staff_per_zone: dict[str, int] = field(default_factory=dict)


def _flat(price: str, **terms: object) -> Terms:
    return Terms(prices=(("", 1, price),), **terms)  # type: ignore[arg-type]


def _codes(prices: dict[str, str], **terms: object) -> Terms:
    return Terms(prices=tuple((code, 1, price) for code, price in prices.items()), basis="per_code", **terms)  # type: ignore[arg-type]


CCM_CODES = {
    "99490": "38.00",
    "99439": "28.50",
    "99487": "78.00",
    "99489": "41.00",
    "99491": "52.00",
    "99437": "36.00",
    "G0506": "30.00",
}
# What Lakeside agreed on for the other programs of its patients.
OTHER_CODES = {"99426": "36.00", "99427": "24.00", "99484": "33.00", "99457": "27.00", "99458": "20.00", "99470": "14.00"}
DEVICE_CODES = {"99453": "9.00", "99454": "18.00", "99445": "18.00"}
CCM_CODES_RAISED = {
    "99490": "39.50",
    "99439": "29.50",
    "99487": "80.00",
    "99489": "42.50",
    "99491": "54.00",
    "99437": "37.25",
    "G0506": "31.00",
}

MERIDIAN = Vendor(
    slug="meridian",
    name="Meridian Care Partners",
    timezone="America/New_York",
    prefix="MCP",
    staff_per_zone={"America/New_York": 14, "America/Chicago": 9, "America/Denver": 4},
    clients=(
        Client(
            "LFM",
            "Lakeside Family Medicine",
            "America/New_York",
            "NY",
            "14 Harbor Street, Oswego, NY 13126",
            400,
            5,
            (_codes(CCM_CODES, until=PRICE_CHANGE - 1), _codes(CCM_CODES_RAISED | OTHER_CODES | DEVICE_CODES, since=PRICE_CHANGE)),
            contact="Marjorie Kendall",
            po_number="LFM-2207",
        ),
        Client(
            "RIM",
            "Riverside Internal Medicine",
            "America/Chicago",
            "IL",
            "820 Quarry Road, Moline, IL 61265",
            320,
            4,
            (Terms(prices=(("", 1, "42.00"), ("", 101, "39.00"), ("", 201, "36.50")), minimum="2500.00"),),
            contact="Tomás Treviño",
        ),
        Client(
            "MPP",
            "Maple Park Primary Care",
            "America/New_York",
            "NJ",
            "5 Maple Park Avenue, Vineland, NJ 08360",
            270,
            4,
            (_flat("40.00", qhp_time="personal", until=PRICE_CHANGE - 1), _flat("41.50", qhp_time="personal", since=PRICE_CHANGE)),
            contact="Lois Whitfield",
        ),
        Client(
            "CGM",
            "Cedar Grove Medical Group",
            "America/Chicago",
            "TX",
            "3301 Cedar Grove Lane, Tyler, TX 75701",
            215,
            3,
            (_codes(CCM_CODES, qhp_time="never_pool", date_of_service="month_end"),),
            contact="Raúl Quiñones",
            po_number="PO-88190",
        ),
        Client(
            "HVP",
            "High Valley Physicians",
            "America/Denver",
            "CO",
            "77 Summit Way, Salida, CO 81201",
            185,
            3,
            (_flat("43.00", copy_missing="warn"),),
            contact="Joan Brewer",
            terms_days=45,
        ),
        Client(
            "SBS",
            "St. Brendan Senior Health",
            "America/New_York",
            "PA",
            "210 Abbey Road, Erie, PA 16501",
            165,
            3,
            (_flat("39.50", minimum="3500.00", review_overdue="warn"),),
            contact="Fr. Leonard Doyle",
        ),
        Client(
            "BFH",
            "Blue Fern Health",
            "America/Chicago",
            "LA",
            "18 Bayou Court, Houma, LA 70360",
            110,
            2,
            (_codes(CCM_CODES_RAISED),),
            contact="Françoise Landry",
            terms_days=15,
        ),
        Client(
            "JCC",
            "Juniper Creek Clinic",
            "America/New_York",
            "VT",
            "2 Creek Lane, Barre, VT 05641",
            22,
            1,
            (_flat("45.00", until=ATTESTATION_FROM - 1), _flat("45.00", attestation="yes", since=ATTESTATION_FROM)),
            facts_on_record=False,
        ),
    ),
)
HARBOR = Vendor(
    slug="harbor",
    name="Harbor Chronic Care",
    timezone="America/Los_Angeles",
    prefix="HCC",
    staff_per_zone={"America/Los_Angeles": 6, "America/Phoenix": 4, "Pacific/Honolulu": 2},
    clients=(
        Client(
            "PSM",
            "Pacific Slope Medical",
            "America/Los_Angeles",
            "CA",
            "940 Alder Street, Eureka, CA 95501",
            272,
            4,
            (_flat("44.00", until=PRICE_CHANGE - 1), _flat("46.00", since=PRICE_CHANGE)),
            contact="Vera Zamora",
        ),
        Client(
            "DSC",
            "Desert Sky Care",
            "America/Phoenix",
            "AZ",
            "61 Ocotillo Drive, Globe, AZ 85501",
            195,
            3,
            (_codes(CCM_CODES, qhp_time="personal", minimum="1500.00"),),
            contact="Dolores Chávez",
            po_number="DSC/26/04",
        ),
        Client(
            "KMC",
            "Koa Mālama Clinic",
            "Pacific/Honolulu",
            "HI",
            "12 Kīlauea Road, Hilo, HI 96720",
            16,
            1,
            (_flat("48.00", until=ATTESTATION_FROM - 1), _flat("48.00", attestation="yes", since=ATTESTATION_FROM)),
            contact="Leilani Kealoha",
        ),
    ),
)
VENDORS = (MERIDIAN, HARBOR)
