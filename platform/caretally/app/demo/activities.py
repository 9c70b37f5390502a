"""What care managers do and write down: activity names and notes, made from templates with made-up figures."""

from random import Random

Note = tuple[str, str]

DRUGS = (
    "metformin 500 mg|lisinopril 10 mg|amlodipine 5 mg|atorvastatin 40 mg|furosemide 20 mg|tiotropium|insulin glargine|apixaban 5 mg|"
    "carvedilol 12.5 mg|levothyroxine 75 mcg|gabapentin 300 mg|sertraline 50 mg|empagliflozin 10 mg|losartan 50 mg"
).split("|")
SPECIALISTS = "cardiology|nephrology|pulmonology|endocrinology|ophthalmology|podiatry|neurology|rheumatology|physical therapy".split("|")
RELATIVES = "daughter|son|spouse|sister|niece|home health aide|neighbor|grandson".split("|")
SERVICES = "Meals on Wheels|county ride service|pharmacy delivery|senior center exercise class|energy assistance|respite care".split("|")
TEMPLATES: dict[str, tuple[str, ...]] = {
    "medication review": (
        "Reconciled {drug} and {drug2} with the pharmacy list; no duplicates found.",
        "Patient asked about missed doses of {drug}; pill box filled for {days} days, teach-back done.",
        "Refill of {drug} requested from the pharmacy; {days} tablets left.",
        "Reviewed side effects of {drug}; reports mild dizziness, provider informed.",
    ),
    "phone call with patient": (
        "Monthly check-in: home BP {sys}/{dia}, weight {weight} lb, no new symptoms.",
        "Fasting glucose {glucose} this week; reviewed log and snacks before bed.",
        "Ankle swelling since {days} days; salt and fluid limits repeated, follow-up tomorrow.",
        "Short of breath on stairs, SpO2 {spo2} %; rescue inhaler use reviewed.",
        "Talked through goal of walking {minutes} minutes a day; walked {days} of 14 days.",
    ),
    "care coordination": (
        "Sent last labs (A1c {a1c}) to {specialist}; appointment confirmed.",
        "Called {specialist} office for the visit note; note requested by fax.",
        "Booked {specialist} visit and told the {relative} date and place.",
        "Discharge papers received, forwarded to the practice with medication changes.",
    ),
    "care plan update": (
        "Updated goal: BP below 135/85; last reading {sys}/{dia}.",
        "A1c goal kept at 7.5 % (last {a1c}); interventions reviewed with the {relative}.",
        "Added fall prevention: grab bars, night light; {relative} will help.",
    ),
    "patient education": (
        "Explained low-salt shopping with label reading; mailed hand-out.",
        "Inhaler technique shown by phone, patient repeated {days} steps correctly.",
        "Foot care and daily check explained; {relative} present.",
        "When to call: weight up {days} lb in a week, chest pain, confusion.",
    ),
    "community services": ("Referred to {service}; {relative} has the number.", "{service} confirmed to start next week."),
    "caregiver call": (
        "{relative} reports poor sleep and appetite; PHQ-2 repeated, score {phq}.",
        "Spoke with {relative} about driving and the next {specialist} visit.",
    ),
}
_WEIGHTS = {
    "phone call with patient": 34,
    "medication review": 22,
    "care coordination": 18,
    "care plan update": 8,
    "patient education": 9,
    "community services": 4,
    "caregiver call": 5,
}


def some_note(random: Random) -> Note:
    """Return an (activity, description) pair as a care manager would enter it."""
    activity = random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    text = random.choice(TEMPLATES[activity]).format(
        drug=random.choice(DRUGS),
        drug2=random.choice(DRUGS),
        specialist=random.choice(SPECIALISTS),
        relative=random.choice(RELATIVES),
        service=random.choice(SERVICES),
        sys=random.randint(112, 164),
        dia=random.randint(62, 94),
        weight=random.randint(112, 248),
        glucose=random.randint(86, 212),
        spo2=random.randint(89, 98),
        a1c=f"{random.randint(6, 9)}.{random.randint(0, 9)}",
        days=random.randint(2, 9),
        minutes=random.randint(10, 30),
        phq=random.randint(0, 4),
    )
    return activity, text[0].upper() + text[1:]
