"""Invented people, places and products of the demo."""

from random import Random

from portal.demo.profiles import Profile

FIRST = {
    "America/Los_Angeles": "Dana Luis Priya Mark Ava Noah Emma Liam Mia Lucas Zoe Ethan Ruth Omar",
    "Asia/Kathmandu": "Asha Bikash Sita Ram Maya Suman Anita Prakash Gita Nabin Puja Roshan",
    "Europe/Berlin": "Anna Jonas Lena Paul Marie Felix Clara Emil Greta Karl Ida Moritz",
    "Asia/Tokyo": "Yui Haruto Sakura Ren Aoi Sota Hina Yuto Mio Riku Emi Kenji",
    "Australia/Lord_Howe": "Olivia Jack Charlotte Oliver Isla Henry Grace Leo Ruby Archie",
    "UTC": "Amelia George Poppy Arthur Freya Oscar Elsie Harry Florence Theo",
}
LAST = {
    "America/Los_Angeles": "Ramirez Ortega Nair Delaney Chen Brooks Silva Hayes Park Reyes Cole",
    "Asia/Kathmandu": "Shrestha Gurung Thapa Rai Tamang Karki Adhikari Lama Bhandari Magar",
    "Europe/Berlin": "Schmidt Weber Wagner Becker Hoffmann Koch Richter Klein Wolf Neumann",
    "Asia/Tokyo": "Sato Suzuki Takahashi Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi",
    "Australia/Lord_Howe": "Wilson Kelly Nguyen Murray Clarke Hughes Ryan Walsh Byrne",
    "UTC": "Taylor Evans Walker Wright Green Hall Clarke Baker Hill Moore",
}
PRODUCTS = {
    "contractor": ("roof replacement", "roof repair", "gutters", "inspection"),
    "clinic": ("check-up", "filling", "crown", "whitening"),
    "fund": ("garden", "library", "playground", "repair café"),
    "outreach": ("pilot", "annual plan", "audit"),
}
LOCATIONS = {
    "America/Los_Angeles": ("Portland", "Eugene", "Salem", "Bend"),
    "Asia/Kathmandu": ("Thamel", "Patan", "Bhaktapur"),
    "Europe/Berlin": ("Köln", "Bonn", "Düsseldorf"),
    "Asia/Tokyo": ("Shibuya", "Minato", "Osaka"),
    "Australia/Lord_Howe": ("Old Settlement", "Lagoon Road"),
    "UTC": ("North", "South"),
}
OWNERS = {
    "contractor": ("Rosa", "Miguel", "Terry"),
    "clinic": ("Reception", "Dr Rana"),
    "fund": ("Katrin", "Bernd"),
    "outreach": ("Mei", "Daichi", "Hana"),
}


def person(profile: Profile, random: Random) -> str:
    """Draw a first and a last name of the client's country."""
    first = random.choice(FIRST[profile.zone].split())
    return f"{first} {random.choice(LAST[profile.zone].split())}"
