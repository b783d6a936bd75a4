"""Names, streets and titles that people and merchants of the bank are called by."""

FIRST_NAMES = (
    "James", "Mary", "Robert", "Patricia", "John", "Jennifer", "Michael", "Linda", "David",
    "Elizabeth", "William", "Barbara", "Richard", "Susan", "Joseph", "Jessica", "Thomas",
    "Karen", "Christopher", "Sarah", "Charles", "Lisa", "Daniel", "Nancy", "Matthew", "Sandra",
    "Anthony", "Ashley", "Mark", "Emily", "Steven", "Kimberly", "Andrew", "Betty", "Paul",
    "Margaret", "Joshua", "Donna", "Kenneth", "Michelle", "Kevin", "Carol", "Brian", "Amanda",
    "George", "Melissa", "Timothy", "Deborah", "Ronald", "Stephanie", "Jason", "Rebecca",
    "Edward", "Laura", "Jeffrey", "Helen", "Ryan", "Sharon", "Jacob", "Cynthia", "Nicholas",
    "Kathleen", "Gary", "Amy", "Eric", "Angela", "Jonathan", "Shirley", "Stephen", "Brenda",
    "Larry", "Emma", "Justin", "Anna", "Scott", "Pamela", "Brandon", "Nicole", "Benjamin",
    "Samantha", "Samuel", "Katherine", "Gregory", "Christine", "Alexander", "Rachel", "Patrick",
    "Carolyn", "Frank", "Janet", "Raymond", "Maria", "Jack", "Olivia", "Dennis", "Heather",
    "Jerry", "Diane", "Tyler", "Julie", "Aaron", "Joyce", "José", "Chloé", "Zoë", "André",
    "Renée", "Núria", "Jürgen", "Søren", "Mei", "Wei", "Aisha", "Omar", "Priya", "Arjun",
    "Fatima", "Ivan", "Olga", "Kenji", "Yuki",
)  # fmt: skip
LAST_NAMES = (
    "Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis", "Rodriguez",
    "Martinez", "Hernandez", "Lopez", "Wilson", "Anderson", "Thomas", "Taylor", "Moore",
    "Jackson", "Martin", "Lee", "Perez", "Thompson", "White", "Harris", "Sanchez", "Clark",
    "Ramirez", "Lewis", "Robinson", "Walker", "Young", "Allen", "King", "Wright", "Scott",
    "Torres", "Nguyen", "Hill", "Flores", "Green", "Adams", "Nelson", "Baker", "Hall", "Rivera",
    "Campbell", "Mitchell", "Carter", "Roberts", "Gomez", "Phillips", "Evans", "Turner", "Diaz",
    "Parker", "Cruz", "Edwards", "Collins", "Reyes", "Stewart", "Morris", "Morales", "Murphy",
    "Cook", "Rogers", "Gutierrez", "Ortiz", "Morgan", "Cooper", "Peterson", "Bailey", "Reed",
    "Kelly", "Howard", "Ramos", "Kim", "Cox", "Ward", "Richardson", "Watson", "Brooks",
    "Chavez", "Wood", "James", "Bennett", "Gray", "Mendoza", "Ruiz", "Hughes", "Price",
    "Alvarez", "Castillo", "Sanders", "Patel", "Myers", "Long", "Ross", "Foster", "Jimenez",
    "Powell", "Jenkins", "Perry", "Russell", "Sullivan", "Bell", "Coleman", "Butler",
    "Henderson", "Barnes", "Fisher", "Vasquez", "Simmons", "Núñez", "Müller", "Gonçalves",
    "O'Brien", "Chen", "Wang", "Singh", "Khan",
)  # fmt: skip
STREETS = (
    "Main", "Oak", "Maple", "Cedar", "Pine", "Elm", "Washington", "Lake", "Hill", "Park",
    "Walnut", "Spring", "North", "Ridge", "Church", "Willow", "Sunset", "Railroad", "Jefferson",
    "Center", "Forest", "Highland", "Johnson", "River", "Franklin", "Lincoln", "Mill",
)  # fmt: skip
EMPLOYERS = (
    "County Schools", "General Hospital", "City Government", "Acme Logistics", "Northwind Foods",
    "Blue Ridge Software", "Lakeside Manufacturing", "Summit Retail", "Harbor Insurance",
    "Pioneer Energy", "Metro Transit", "Evergreen Construction", "Atlas Telecom",
    "State University",
)  # fmt: skip
JOBS = (
    "Teacher", "Nurse", "Clerk", "Driver", "Sales Associate", "Software Engineer", "Technician",
    "Manager", "Accountant", "Analyst", "Electrician", "Project Manager", "Physician", "Attorney",
)  # fmt: skip
MERCHANT_WORDS = (
    "Corner", "Golden", "Sunrise", "Liberty", "Union", "Harbor", "Maple", "Royal", "Blue", "Green",
    "Silver", "Grand", "Village", "Metro", "Prime", "Happy", "Family", "Star", "River", "Summit",
)  # fmt: skip
MERCHANT_NOUNS = {
    "Groceries": "Market", "Restaurants": "Kitchen", "Fuel": "Gas", "Travel": "Travel",
    "Transport": "Rides", "Health": "Pharmacy", "Entertainment": "Theater", "Clothing": "Apparel",
    "Electronics": "Electronics", "Home": "Home & Garden", "General Merchandise": "Store",
    "Utilities": "Utilities", "Services": "Services", "Digital Goods": "Media",
}  # fmt: skip
