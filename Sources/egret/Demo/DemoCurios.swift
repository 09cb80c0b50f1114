/// The rest of `DemoDatabase`: the tables that are there because somebody's real database has one like it.
enum DemoCurios {
    static func write(_ writer: SQLiteWriter, _ random: inout DemoRandom) throws(CommandError) -> Int {
        var rows = 0
        rows += try writer.fill("setting", columns: 2) { row in
            guard row < DemoDatabase.Count.settings else { return nil }
            let values: [String?] = ["", nil, "true", "42", DemoWords.prose(&random), "{\"theme\":\"dark\"}"]
            // Keys that differ by case alone must stay two.
            return [.text((row % 2 == 0 ? "Setting." : "setting.") + String(row / 2)), .optional(random.pick(values))]
        }
        rows += try writer.fill("cover", columns: 3) { row in
            guard row < DemoDatabase.Count.covers else { return nil }
            return [
                .integer(row * 5 + 1), .blob(random.bytes(random.integer(0...6_000))),
                random.chance(50) ? .blob(random.bytes(64)) : .null,
            ]
        }
        rows += try writer.fill("Order", columns: 6) { row in
            guard row < DemoDatabase.Count.orders else { return nil }
            return [
                .integer(row * 3 + 10), .text(DemoWords.title(&random)), .text(DemoWords.person(&random)),
                random.chance(90) ? .integer(random.integer(-5...5)) : .null,
                .text(
                    DemoTime.timestamp(random.integer(DemoTime.business), separator: "T")
                        + ".\(random.integer(100...999))"),
                random.chance(95) ? .integer(random.integer(0...1)) : .null,
            ]
        }
        // Empty now, but its numbers go on after 1,500.
        try writer.execute("INSERT INTO import_batch (id) VALUES (1500); DELETE FROM import_batch")
        return rows
    }
}
