"""The practice of the sample vendor, and four of its patients who are not enrolled yet."""

from caretally.app.demo.scenario import CCM_CODES, Client, Terms, Vendor

CODE = "WCF"
SAMPLE = Vendor(
    slug="sample",
    name="Sample",
    timezone="America/New_York",
    prefix="SMP",
    staff_per_zone={"America/New_York": 3},
    clients=(
        Client(
            CODE,
            "Willow Creek Family Practice",
            "America/New_York",
            "NY",
            "12 Mill Lane, Penn Yan, NY 14527",
            36,
            2,
            (Terms(prices=tuple((code, 1, price) for code, price in CCM_CODES.items()), basis="per_code"),),
            contact="Harriet Lund",
            po_number="WCF-100",
        ),
    ),
)
# Record number, family and given name, day of birth, conditions: enough of them for chronic care management.
TO_ASK = (
    ("WCF-20001", "Oyelaran", "Bisi", "1949-03-11", ("E11.9", "I10")),
    ("WCF-20002", "Fontaine", "Marguerite", "1943-08-27", ("I10", "J44.9", "N18.31")),
    ("WCF-20003", "Sandoval", "Efraín", "1951-12-02", ("E78.5", "I25.10")),
    ("WCF-20004", "Whitlock", "Ruth", "1938-06-19", ("I50.9", "I48.91", "E11.22")),
)
