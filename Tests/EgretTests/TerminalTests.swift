import Testing

@testable import egret

@Suite struct TerminalTests {
    @Test(arguments: [
        (0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567"), (Int.min, "-9,223,372,036,854,775,808"),
    ])
    func groupsDigits(_ number: Int, _ text: String) { #expect(Figures.count(number) == text) }

    @Test(arguments: [
        (0.0, "0.0"), (1234.56, "1,234.6"), (-0.04, "0.0"), (-0.06, "-0.1"), (9.94, "9.9"), (9.96, "10.0"),
    ])
    func roundsDecimals(_ number: Double, _ text: String) { #expect(Figures.decimal(number) == text) }

    @Test(arguments: [
        (Duration.microseconds(40), "0.0 ms"), (.milliseconds(7), "7.0 ms"), (.milliseconds(640), "640 ms"),
        (.milliseconds(2310), "2.31 s"), (.seconds(200), "3 min 20 s"),
    ])
    func namesDurations(_ duration: Duration, _ text: String) { #expect(Figures.duration(duration) == text) }

    @Test(arguments: [(512, "512 bytes"), (34_000, "34.0 kB"), (3_400_000, "3.4 MB"), (7_250_000_000, "7.25 GB")])
    func namesSizes(_ size: Int, _ text: String) { #expect(Figures.bytes(size) == text) }

    @Test func alignsTables() {
        var table = TextTable([("table", .left), ("rows", .right)])
        table.add(["café", "7"])
        table.add(["x"])
        #expect(table.lines() == ["table  rows", "café      7", "x"])
    }
}
