"""What a bubble can be about: the interests, in the order in which they are shown."""

from collections.abc import Iterable

from protocol.resources import Interest

INTERESTS: dict[str, Interest] = {
    one.slug: one
    for one in (
        Interest("walks", "Gåture", "Walks", "🚶"),
        Interest("coffee", "Kaffe og hygge", "Coffee", "☕"),
        Interest("talk", "En god snak", "A good talk", "💬"),
        Interest("cooking", "Madlavning", "Cooking", "🍲"),
        Interest("knitting", "Strikning og håndarbejde", "Knitting and needlework", "🧶"),
        Interest("boardgames", "Brætspil og kort", "Board games and cards", "🎲"),
        Interest("running", "Løb", "Running", "🏃"),
        Interest("fitness", "Træning", "Fitness", "💪"),
        Interest("swimming", "Svømning og vinterbadning", "Swimming and winter bathing", "🏊"),
        Interest("cycling", "Cykling", "Cycling", "🚲"),
        Interest("nature", "Natur og friluftsliv", "Nature and outdoor life", "🌳"),
        Interest("dogs", "Hund", "Dogs", "🐕"),
        Interest("culture", "Kultur og oplevelser", "Culture and outings", "🎭"),
        Interest("music", "Musik og sang", "Music and singing", "🎵"),
        Interest("books", "Bøger og læsning", "Books and reading", "📚"),
        Interest("film", "Film og serier", "Films and series", "🎬"),
        Interest("languages", "Sprog og dansk", "Languages and Danish", "🗣️"),
        Interest("families", "Børnefamilier", "Families with children", "🧸"),
        Interest("gaming", "Gaming", "Gaming", "🎮"),
        Interest("garden", "Haven", "Gardening", "🌷"),
        Interest("photo", "Foto", "Photography", "📷"),
        Interest("creative", "Kreativt værksted", "Arts and crafts", "🎨"),
        Interest("travel", "Rejser og udflugter", "Travel and trips", "🧭"),
        Interest("volunteering", "Frivilligt arbejde", "Volunteering", "🤝"),
    )
}


def words_of(slugs: Iterable[str]) -> list[str]:
    """Give the words that bubbles with these interests are found by, in both languages."""
    return [word for slug in slugs for word in (INTERESTS[slug].danish, INTERESTS[slug].english)]
