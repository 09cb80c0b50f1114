/// Whom the store of `DemoDatabase` sells to: employees, customers, invoices.
enum DemoBusiness {
    static func write(_ writer: SQLiteWriter, _ random: inout DemoRandom) throws(CommandError) -> Int {
        var rows = try writeEmployees(writer, &random)
        let customers = (0..<DemoDatabase.Count.customers).map { _ in random.uuid() }
        rows += try writeCustomers(writer, customers, &random)
        rows += try writer.fill("invoice", columns: 4) { row in
            guard row < DemoDatabase.Count.invoices else { return nil }
            let seconds = random.integer(DemoTime.business)
            let cents = random.integer(99...2_599)
            return [
                .integer(row + 1), .text(random.pick(customers)), .text(DemoTime.timestamp(seconds)),
                cents % 100 == 0 ? .integer(cents / 100) : .real(Double(cents) / 100),
            ]
        }
        rows += try writeLines(writer, &random)
        rows += try writeEvents(writer, customers, &random)
        return rows
    }

    private static func writeEmployees(
        _ writer: SQLiteWriter, _ random: inout DemoRandom
    ) throws(CommandError) -> Int {
        try writer.fill("employee", columns: 5) { row in
            guard row < DemoDatabase.Count.employees else { return nil }
            // A tree of seven branches; its root reports to nobody.
            let born: String? =
                random.chance(90) ? DemoTime.timestamp(random.integer(-10_000...12_000) * 86_400) : nil
            return [
                .integer(row + 1), .text(DemoWords.person(&random)), row == 0 ? .null : .integer((row - 1) / 7 + 1),
                .optional(born), .text(DemoTime.timestamp(random.integer(DemoTime.business))),
            ]
        }
    }

    private static func writeCustomers(
        _ writer: SQLiteWriter, _ customers: [String], _ random: inout DemoRandom
    ) throws(CommandError) -> Int {
        try writer.fill("customer", columns: 9) { row in
            guard row < customers.count else { return nil }
            let (city, country) = random.pick(DemoWords.cities)
            let isKnown = random.chance(90)
            let notes: String? = random.chance(20) ? DemoWords.prose(&random) : random.chance(10) ? "" : nil
            let host = random.pick(["example.com", "example.org", "münchen.example"])
            return [
                .text(customers[row]), .text(DemoWords.person(&random)), .text("listener\(row + 1)@\(host)"),
                isKnown ? .text(city) : .null, isKnown ? .text(country) : .null, .integer(random.chance(85) ? 1 : 0),
                random.chance(80) ? .integer(random.integer(1...DemoDatabase.Count.employees)) : .null,
                .optional(notes), .text(DemoTime.timestamp(random.integer(DemoTime.business))),
            ]
        }
    }

    private static func writeLines(_ writer: SQLiteWriter, _ random: inout DemoRandom) throws(CommandError) -> Int {
        try writer.fill("invoice_line", columns: 5) { row in
            guard row < DemoDatabase.Count.invoiceLines else { return nil }
            let (line, invoice) = row.quotientAndRemainder(dividingBy: DemoDatabase.Count.invoices)
            return [
                .integer(invoice + 1), .integer(line + 1), .integer(random.integer(1...DemoDatabase.Count.tracks)),
                DemoCatalogue.price(&random), .integer(random.integer(1...4)),
            ]
        }
    }

    private static func writeEvents(
        _ writer: SQLiteWriter, _ customers: [String], _ random: inout DemoRandom
    ) throws(CommandError) -> Int {
        try writer.fill("play_event", columns: 6) { row in
            guard row < DemoDatabase.Count.playEvents else { return nil }
            // As several object mappers write an instant under DATETIME: milliseconds since 1970.
            let milliseconds = random.integer(DemoTime.business) * 1000 + random.integer(0...999)
            let client =
                #"{"app":"\#(random.pick(["web", "ios", "android"]))","v":\#(random.integer(1...40)),"#
                + #""tags":["\#(random.pick(DemoWords.emoji))",null,true]}"#
            return [
                .integer(row + 1), random.chance(90) ? .text(random.pick(customers)) : .null,
                .integer(random.integer(1...DemoDatabase.Count.tracks)), .integer(milliseconds),
                random.chance(80) ? .real(Double(random.integer(0...4_000_000)) / 10_000) : .null,
                random.chance(70) ? .text(client) : .null,
            ]
        }
    }
}
