import Postgres
import PostgresORM

/// An artist: a key that the server gives out.
struct DemoArtist: Model {
    var id = 0
    var name: String
    var biography: String?

    static let schema = Schema(
        "artist", DemoArtist.init,
        Column("artist_id", \.id, .identity, .primaryKey),
        Column("name", \.name),
        Column("biography", \.biography))
}

/// A track, with its price exact to the cent.
struct DemoTrack: Model {
    var id: Int
    var name: String
    var albumID: Int?
    var genreID: Int?
    var composer: String?
    var milliseconds: Int
    var bytes: Int?
    var unitPrice: PostgresNumeric

    static let schema = Schema(
        "track", DemoTrack.init,
        Column("track_id", \.id, .primaryKey),
        Column("name", \.name),
        Column("album_id", \.albumID),
        Column("genre_id", \.genreID),
        Column("composer", \.composer),
        Column("milliseconds", \.milliseconds),
        Column("bytes", \.bytes),
        Column("unit_price", \.unitPrice))
}

/// A customer.
struct DemoCustomer: Model {
    var name: String
    var email: String
    var country: String?
    var isActive: Bool

    static let schema = Schema(
        "customer", DemoCustomer.init,
        Column("name", \.name),
        Column("email", \.email, .unique),
        Column("country", \.country),
        Column("is_active", \.isActive))
}

/// A document of the MongoDB export: its key fields are columns, the rest is JSONB.
struct DemoListener: Model {
    var id: String
    var name: String
    var birthdate: PostgresTimestampTZ
    var active: Bool
    var data: JSONB<DemoListenerData>

    static let schema = Schema(
        "listeners", DemoListener.init,
        Column("id", \.id, .primaryKey),
        Column("name", \.name),
        Column("birthdate", \.birthdate),
        Column("active", \.active),
        Column("data", \.data, .index(.gin)))
}

/// What the rest of such a document holds, as far as anybody here asks for it.
struct DemoListenerData: Codable, Sendable {
    struct Subscription: Codable, Sendable {
        var tier: String
        var benefits: [String]
    }
    struct Favourite: Codable, Sendable {
        var title: String
    }
    var email: String?
    var subscription: Subscription?
    var favourites: [Favourite]
}
