import Postgres
import PostgresORM

/// Reads what the demo has imported back through models, and says how fast.
struct DemoQueries {
    /// One query, for `--json`.
    struct Figure: Encodable {
        var query: String
        var answer: String
        var seconds: Double
    }

    let configuration: PostgresConfiguration
    let terminal: Terminal

    /// Runs the queries and prints them with their answers.
    func run() async throws -> [Figure] {
        let pool = try PostgresPool(configuration)
        do {
            let figures = try await figures(pool)
            await pool.close()
            show(figures)
            return figures
        } catch {
            await pool.close()
            throw error
        }
    }

    private func figures(_ pool: PostgresPool) async throws -> [Figure] {
        // So that the first figure is not the time of connecting.
        _ = try await DemoTrack.count(in: pool)
        return [
            try await measure("the three longest tracks") { try await longestTracks(pool) },
            try await measure("active customers in Poland or Japan") { try await activeCustomers(pool) },
            try await measure("listeners with a gold, lossless subscription (JSONB)") { try await goldListeners(pool) },
            try await measure("the oldest of them, and what they like") { try await oldestListener(pool) },
            try await measure("a new artist: insert, find, delete") { try await newArtist(pool) },
            try await measure("every track into structs") { try await everyTrack(pool) },
            try await measure("tracks by key, one after the other") { try await tracksByKey(pool) },
        ]
    }

    private func longestTracks(_ pool: PostgresPool) async throws -> String {
        let tracks = try await DemoTrack.where { $0.milliseconds > 600_000 }
            .order { $0.milliseconds.descending }.limit(3).all(in: pool)
        return tracks.map { "\($0.name) (\($0.milliseconds / 60_000) min, \($0.unitPrice))" }.joined(separator: ", ")
    }

    private func activeCustomers(_ pool: PostgresPool) async throws -> String {
        let count = try await DemoCustomer.where { $0.isActive == true && $0.country.in(["Poland", "Japan"]) }
            .count(in: pool)
        return Figures.count(count)
    }

    private var gold: Select<DemoListener> {
        DemoListener.where {
            $0.data["subscription"]["tier"].text == "gold"
                && $0.data.contains(["subscription": ["benefits": ["lossless"]]])
        }
    }

    private func goldListeners(_ pool: PostgresPool) async throws -> String {
        Figures.count(try await gold.count(in: pool))
    }

    private func oldestListener(_ pool: PostgresPool) async throws -> String {
        let oldest = try await gold.order { $0.birthdate.ascending }.first(in: pool)
        guard let oldest else { return "nobody" }
        let titles = oldest.data.value.favourites.map(\.title)
        let liking = titles.isEmpty ? "nothing in particular" : titles.joined(separator: ", ")
        return "\(oldest.name), born \(String("\(oldest.birthdate)".prefix(10))), likes \(liking)"
    }

    /// Shows that the identity goes on after the imported rows. Nothing of it stays.
    private func newArtist(_ pool: PostgresPool) async throws -> String {
        try await pool.withTransaction { transaction in
            let artist = try await DemoArtist(name: "The Egrets").insert(in: transaction)
            let found = try await DemoArtist.find(artist.id, in: transaction)
            try await artist.delete(in: transaction)
            return "number \(Figures.count(artist.id)), \(found?.name ?? "not found")"
        }
    }

    private func everyTrack(_ pool: PostgresPool) async throws -> String {
        let begin = ContinuousClock.now
        let tracks = try await DemoTrack.all(in: pool)
        let rate = Figures.rate(tracks.count, in: ContinuousClock.now - begin)
        return "\(Figures.count(tracks.count)), \(rate) a second"
    }

    private func tracksByKey(_ pool: PostgresPool) async throws -> String {
        let queries = 2_000
        let (found, time) = try await pool.withConnection { connection in
            let begin = ContinuousClock.now
            var found = 0
            for number in 1...queries {
                if try await DemoTrack.find(number * 17, in: connection) != nil { found += 1 }
            }
            return (found, ContinuousClock.now - begin)
        }
        let microseconds = time / .microseconds(1) / Double(queries)
        return "\(Figures.count(found)), \(Figures.decimal(microseconds, places: 0)) µs each"
    }

    private func measure(_ query: String, _ body: () async throws -> String) async throws -> Figure {
        let begin = ContinuousClock.now
        let answer = try await body()
        return Figure(query: query, answer: answer, seconds: (ContinuousClock.now - begin) / .seconds(1))
    }

    private func show(_ figures: [Figure]) {
        terminal.line()
        terminal.line(terminal.styled("Reading it back through models", .bold))
        var table = TextTable([("query", .left), ("time", .right), ("answer", .left)])
        for figure in figures {
            table.add([figure.query, Figures.duration(.seconds(figure.seconds)), figure.answer])
        }
        table.print(on: terminal)
    }
}
