/// What names and titles of the demo are made of: many scripts, apostrophes, quotes, an emoji here and there.
enum DemoWords {
    static let firstNames = [
        "Ada", "José", "Zoë", "Søren", "Łukasz", "Anaïs", "Jürgen", "Siân", "Noël", "Björk", "Ngọc", "Anna", "Иван",
        "美咲", "Ευγενία", "فاطمة", "Priya", "Seán", "Ílhan", "Mary Jane",
    ]
    static let lastNames = [
        "O'Brien", "Müller", "García", "Nguyễn", "Smith", "D'Angelo", "Øster", "Kowalski", "Петрова", "佐藤", "da Silva",
        "Şahin", "van der Berg", "Lefèvre", "Żółć", "Johnson", "Ó Súilleabháin", "Weiß", "Hernández", "Jones-Smythe",
    ]
    static let adjectives = [
        "Silent", "Électrique", "Golden", "Broken", "Última", "Über", "Lonely", "\"Quoted\"", "Midnight", "Wild",
        "Blue",
        "Paper", "Naïve", "Распад", "Slow", "Ancient",
    ]
    static let nouns = [
        "Heart", "Café", "River", "Señorita", "Machine", "Garden", "Thunder", "Façade", "Mirror", "Straße", "Ocean",
        "Телефон", "Summer", "猫", "Road", "Don't Stop",
    ]
    static let emoji = ["🎸", "🎶", "👩‍🎤", "🥁", "🇧🇷", "❤️‍🔥"]
    static let genres = [
        "Rock", "Jazz", "Metal", "Alternative & Punk", "Rock And Roll", "Blues", "Latin", "Reggae", "Pop", "Soundtrack",
        "Bossa Nova", "Easy Listening", "Heavy Metal", "R&B/Soul", "Electronica/Dance", "World", "Hip Hop/Rap",
        "Science Fiction", "TV Shows", "Sci Fi & Fantasy", "Drama", "Comedy", "Alternative", "Classical", "Opera",
    ]
    static let mediaTypes = [
        "MPEG audio file", "Protected AAC audio file", "Protected MPEG-4 video file", "Purchased AAC audio file",
        "AAC audio file",
    ]
    static let cities = [
        ("São Paulo", "Brazil"), ("Zürich", "Switzerland"), ("Kraków", "Poland"), ("東京", "Japan"),
        ("Reykjavík", "Iceland"), ("Québec", "Canada"), ("L'Aquila", "Italy"), ("Αθήνα", "Greece"), ("Paris", "France"),
        ("New York", "USA"),
    ]

    /// Two words, sometimes more.
    static func title(_ random: inout DemoRandom) -> String {
        var title = random.pick(adjectives) + " " + random.pick(nouns)
        if random.chance(15) { title += " (" + random.pick(adjectives) + " Remix)" }
        if random.chance(3) { title += " " + random.pick(emoji) }
        return title
    }

    /// First and last name.
    static func person(_ random: inout DemoRandom) -> String { random.pick(firstNames) + " " + random.pick(lastNames) }

    /// Text as people write it into a form: several lines, tabs, backslashes, quotes of both kinds.
    static func prose(_ random: inout DemoRandom) -> String {
        let pieces = [
            "First line\nsecond line", "tab\there", "C:\\music\\new", "she said \"don't\"", "100 %", "a,b;c|d",
            "  padded  ",
            "\\N", "NULL", "naïve café", "line\r\nof Windows",
        ]
        return (0...random.integer(0...3)).map { _ in random.pick(pieces) }.joined(separator: " / ")
    }
}
