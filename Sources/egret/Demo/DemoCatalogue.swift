/// What the store of `DemoDatabase` sells: artists, albums, tracks, playlists.
enum DemoCatalogue {
    static func write(_ writer: SQLiteWriter, _ random: inout DemoRandom) throws(CommandError) -> Int {
        var rows = 0
        rows += try writer.fill("artist", columns: 3) { row in
            guard row < DemoDatabase.Count.artists else { return nil }
            let biography: String? = random.chance(30) ? DemoWords.prose(&random) : random.chance(10) ? "" : nil
            return [.integer(row + 1), .text(DemoWords.person(&random)), .optional(biography)]
        }
        rows += try writer.fill("album", columns: 4) { row in
            guard row < DemoDatabase.Count.albums else { return nil }
            // Some records are older than 1970, some are announced.
            let released: String? = random.chance(90) ? DemoTime.date(days: random.integer(-7_000...22_000)) : nil
            return [
                .integer(row + 1), .text(DemoWords.title(&random)),
                .integer(random.integer(1...DemoDatabase.Count.artists)), .optional(released),
            ]
        }
        rows += try fill(writer, "media_type", DemoWords.mediaTypes)
        rows += try fill(writer, "genre", DemoWords.genres)
        rows += try writeTracks(writer, &random)
        rows += try writer.fill("playlist", columns: 2) { row in
            guard row < DemoDatabase.Count.playlists else { return nil }
            return [.integer(row + 1), row % 40 == 7 ? .null : .text(DemoWords.title(&random))]
        }
        rows += try writePlaylistTracks(writer, &random)
        return rows
    }

    private static func fill(_ writer: SQLiteWriter, _ table: String, _ names: [String]) throws(CommandError) -> Int {
        try writer.fill(table, columns: 2) { row in row < names.count ? [.integer(row + 1), .text(names[row])] : nil }
    }

    private static func writeTracks(
        _ writer: SQLiteWriter, _ random: inout DemoRandom
    ) throws(CommandError) -> Int {
        try writer.fill("track", columns: 10) { row in
            guard row < DemoDatabase.Count.tracks else { return nil }
            let milliseconds = random.chance(3) ? random.integer(600_001...5_400_000) : random.integer(60_000...480_000)
            let composer: String? = random.chance(70) ? DemoWords.person(&random) : nil
            let album: Int? = random.chance(98) ? random.integer(1...DemoDatabase.Count.albums) : nil
            // One in a hundred is larger than 32 bits hold.
            let size: Int? = random.chance(1) ? milliseconds * 4_000 : random.chance(97) ? milliseconds * 33 : nil
            return [
                .integer(row + 1), .text(DemoWords.title(&random)), .optional(album),
                .integer(random.integer(1...DemoWords.mediaTypes.count)),
                random.chance(95) ? .integer(random.integer(1...DemoWords.genres.count)) : .null,
                .optional(composer), .integer(milliseconds), .optional(size), price(&random),
                random.chance(50) ? .real(Double(random.integer(-12_000...12_000)) / 1024) : .null,
            ]
        }
    }

    private static func writePlaylistTracks(
        _ writer: SQLiteWriter, _ random: inout DemoRandom
    ) throws(CommandError) -> Int {
        let each = DemoDatabase.Count.playlistTracks / DemoDatabase.Count.playlists
        var first = 0
        return try writer.fill("playlist_track", columns: 2) { row in
            guard row < DemoDatabase.Count.playlistTracks else { return nil }
            if row % each == 0 { first = random.integer(0...(DemoDatabase.Count.tracks - 1)) }
            // A stride that shares no factor with the number of tracks never meets one twice.
            let track = (first + row * 37) % DemoDatabase.Count.tracks
            return [.integer(row / each + 1), .integer(track + 1)]
        }
    }

    /// 0.99, 1.99 and, as SQLite then stores it, the integer 2.
    static func price(_ random: inout DemoRandom) -> SQLiteWriter.Value {
        random.pick([.real(0.99), .real(0.99), .real(0.99), .real(1.99), .real(1.5), .integer(2)])
    }
}
