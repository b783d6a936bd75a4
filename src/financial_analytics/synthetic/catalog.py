"""Fixed vocabularies of the bank: archetypes, categories, products, names.

Orders of magnitude: mean card payment about 60 USD, cash withdrawal about 120
(Federal Reserve Diary of Consumer Payment Choice, 2023); US median household
income 80,600 in 2023 (Census P60-282); mean credit score 715, sd about 95 (FICO,
2024); card rates 16-25 %, auto 7-8 %, personal loans 12 % (Federal Reserve G.19, 2024).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ARCHETYPES = ("everyday", "digital", "traditional", "affluent", "traveller")
ARCHETYPE_SHARE = np.array([0.34, 0.24, 0.20, 0.12, 0.10])
RATE_FACTOR = np.array([1.00, 1.45, 0.70, 0.95, 1.25])
AMOUNT_FACTOR = np.array([1.00, 0.75, 0.85, 2.40, 1.50])
INCOME_SHIFT = np.array([0.0, -0.05, -0.20, 0.75, 0.15])

# name, merchant category codes, median USD, log sd, foreign share, online share
CATEGORIES: tuple[tuple[str, tuple[str, ...], float, float], ...] = (
    ("Groceries", ("5411", "5422", "5451", "5462"), 42.0, 0.65),
    ("Restaurants", ("5812", "5814", "5813"), 24.0, 0.60),
    ("Fuel", ("5541", "5542"), 38.0, 0.35),
    ("Travel", ("4511", "4722", "7011"), 210.0, 0.80),
    ("Transport", ("4121", "4111", "7523"), 17.0, 0.60),
    ("Health", ("5912", "8011", "8021"), 55.0, 0.80),
    ("Entertainment", ("7832", "7922", "7997"), 30.0, 0.65),
    ("Clothing", ("5651", "5661", "5691"), 58.0, 0.65),
    ("Electronics", ("5732", "5734"), 120.0, 0.90),
    ("Home", ("5200", "5712", "5722"), 85.0, 0.85),
    ("General Merchandise", ("5311", "5310", "5331"), 40.0, 0.75),
    ("Utilities", ("4900", "4814", "4899"), 95.0, 0.45),
    ("Services", ("7230", "7538", "7299"), 65.0, 0.70),
    ("Digital Goods", ("5815", "5816", "5818"), 12.0, 0.55),
)
CATEGORY_NAMES = tuple(item[0] for item in CATEGORIES)
CATEGORY_MU = np.log([item[2] for item in CATEGORIES])
CATEGORY_SIGMA = np.array([item[3] for item in CATEGORIES])
ONLINE_ONLY = np.array([name == "Digital Goods" for name in CATEGORY_NAMES])

# rows: archetypes; columns: categories
CATEGORY_MIX = np.array([
    [24, 13, 13, 2, 3, 6, 4, 6, 3, 6, 13, 4, 3, 0],
    [8, 17, 3, 3, 9, 2, 9, 8, 9, 2, 7, 3, 2, 18],
    [36, 5, 16, 0.5, 2, 14, 1, 3, 0.5, 4, 11, 5, 2, 0],
    [10, 14, 5, 10, 3, 7, 9, 13, 6, 14, 4, 2, 3, 0],
    [5, 24, 4, 28, 16, 2, 7, 4, 2, 1, 4, 1, 1, 1],
], dtype=np.float64)  # fmt: skip
CATEGORY_MIX /= CATEGORY_MIX.sum(axis=1, keepdims=True)

CHANNELS = ("Online", "Mobile", "ATM", "Branch", "POS")
ONLINE, MOBILE, ATM, BRANCH, POS = range(5)
# purchases, by archetype: Online, Mobile, ATM, Branch, POS
PURCHASE_CHANNEL = np.array([
    [0.14, 0.08, 0, 0, 0.78],
    [0.32, 0.44, 0, 0, 0.24],
    [0.04, 0.01, 0, 0, 0.95],
    [0.34, 0.10, 0, 0, 0.56],
    [0.18, 0.18, 0, 0, 0.64],
])  # fmt: skip
TYPES = ("Purchase", "ATM Withdrawal", "Transfer", "Payment", "Deposit", "Refund", "Fee")
PURCHASE, WITHDRAWAL, TRANSFER, PAYMENT, DEPOSIT, REFUND, FEE = range(7)
# everything but purchases, by archetype: withdrawals, transfers, bill payments, deposits
OTHER_RATE = np.array([0.25, 0.18, 0.22, 0.35])
OTHER_MIX = np.array([
    [0.24, 0.18, 0.24, 0.34],
    [0.06, 0.36, 0.24, 0.34],
    [0.50, 0.04, 0.12, 0.34],
    [0.08, 0.32, 0.26, 0.34],
    [0.28, 0.20, 0.18, 0.34],
])  # fmt: skip
OTHER_MU = np.log([80.0, 180.0, 140.0, 1.0])
OTHER_SIGMA = np.array([0.55, 0.80, 0.70, 0.35])
# channel of transfers, payments and deposits by archetype
SERVICE_CHANNEL = np.array([
    [0.40, 0.25, 0.15, 0.20, 0],
    [0.30, 0.65, 0.03, 0.02, 0],
    [0.08, 0.02, 0.30, 0.60, 0],
    [0.60, 0.20, 0.05, 0.15, 0],
    [0.35, 0.50, 0.10, 0.05, 0],
])  # fmt: skip
MOBILE_BEFORE_ROLLOUT = 0.25
"""Share of the later mobile use that exists before a region's roll-out (mobile web)."""


def _hours(*bumps: tuple[float, float, float], floor: float = 0.10) -> np.ndarray:
    hour = np.arange(24) + 0.5
    curve = np.full(24, floor)
    for centre, width, height in bumps:
        gap = np.minimum(np.abs(hour - centre), 24 - np.abs(hour - centre))
        curve = curve + height * np.exp(-0.5 * (gap / width) ** 2)
    return np.asarray(curve / curve.sum())


HOURS = np.array([
    _hours((12.5, 2.0, 1.0), (17.8, 1.8, 1.2), floor=0.03),
    _hours((21.3, 1.9, 1.5), (13.0, 2.5, 0.4), floor=0.06),
    _hours((10.0, 1.7, 1.6), (15.0, 1.5, 0.4), floor=0.01),
    _hours((11.5, 2.5, 1.0), (19.0, 2.0, 0.7), floor=0.03),
    _hours((8.5, 1.8, 0.9), (19.5, 2.5, 1.0), floor=0.12),
])  # fmt: skip
WEEKDAY_LOG = np.array([-0.10, -0.08, -0.03, 0.02, 0.16, 0.14, -0.11])
"""Log activity Monday to Sunday."""

SEGMENTS = ("Mass Market", "Affluent", "Premium", "Business")
SEGMENT_LIFT = np.array([1.0, 0.6, 0.0, 0.4])
"""Campaign lift of a segment over the campaign's; Premium is exactly zero."""
TIERS = ("Bronze", "Silver", "Gold", "Platinum")
RISKS = ("Low", "Medium", "High")
EMPLOYMENT = ("Employed", "Self-Employed", "Retired", "Student", "Unemployed")
EDUCATION = ("High School", "Some College", "Bachelor", "Master", "Doctorate")
MARITAL = ("Single", "Married", "Divorced", "Widowed")
HOME = ("Own", "Rent", "Mortgage")
PREFERRED = ("Online", "Mobile", "Branch", "Phone")
ACQUISITION = ("Branch", "Online", "Referral", "Partner", "Direct Mail", "Mobile App")
LIFE_STAGES = ("Student", "Young Adult", "Family", "Mature", "Retired")
CURRENCIES = ("USD", "EUR", "GBP", "CAD")
REGIONS = ("Northeast", "Mid-Atlantic", "Southeast", "Midwest", "South Central", "West")


@dataclass(frozen=True)
class Product:
    """One line of the price list."""

    product_id: int
    name: str
    category: str
    rate: float
    minimum: int
    fee: int
    overdraft: int
    tier: str


PRODUCTS = (
    Product(1, "Everyday Checking", "Deposit", 0.0001, 0, 5, 500, "Basic"),
    Product(2, "Premier Checking", "Deposit", 0.0010, 5000, 15, 2000, "Premium"),
    Product(3, "Student Checking", "Deposit", 0.0001, 0, 0, 250, "Basic"),
    Product(4, "Business Checking", "Deposit", 0.0005, 2500, 20, 5000, "Business"),
    Product(5, "Savings", "Deposit", 0.0040, 100, 0, 0, "Basic"),
    Product(6, "High-Yield Savings", "Deposit", 0.0300, 1000, 0, 0, "Standard"),
    Product(7, "Money Market", "Deposit", 0.0200, 2500, 10, 0, "Premium"),
    Product(8, "Currency Account", "Deposit", 0.0001, 0, 3, 0, "Standard"),
    Product(9, "Classic Card", "Credit", 0.2299, 0, 0, 0, "Basic"),
    Product(10, "Rewards Card", "Credit", 0.1999, 0, 8, 0, "Standard"),
    Product(11, "Platinum Card", "Credit", 0.1699, 0, 25, 0, "Premium"),
    Product(12, "Personal Loan", "Loan", 0.1199, 0, 0, 0, "Standard"),
    Product(13, "Auto Loan", "Loan", 0.0749, 0, 0, 0, "Standard"),
    Product(14, "Mortgage", "Loan", 0.0649, 0, 0, 0, "Standard"),
    Product(15, "Brokerage", "Investment", 0.0, 0, 0, 0, "Standard"),
)

# account slots of a customer; account_id = customer_id * 10 + slot
CHECKING, SAVINGS, CARD, LOAN, BROKERAGE, CURRENCY = range(6)
SLOTS = 10

# city, country, latitude, longitude
FOREIGN = (
    ("London", "GB", 51.507, -0.128), ("Paris", "FR", 48.857, 2.352),
    ("Toronto", "CA", 43.653, -79.383),
    ("Mexico City", "MX", 19.433, -99.133), ("Tokyo", "JP", 35.690, 139.692),
    ("Rome", "IT", 41.903, 12.496), ("Madrid", "ES", 40.417, -3.704),
    ("Berlin", "DE", 52.520, 13.405),
    ("Cancun", "MX", 21.161, -86.851), ("Lagos", "NG", 6.524, 3.379),
    ("Bucharest", "RO", 44.427, 26.103),
    ("Manila", "PH", 14.600, 120.984),
)  # fmt: skip
