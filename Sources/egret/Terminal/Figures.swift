/// Numbers as people read them.
enum Figures {
    /// `1234567` as `1,234,567`.
    static func count(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }

    /// A number with `places` digits after the point.
    static func decimal(_ value: Double, places: Int = 1) -> String {
        guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
        var scale = 1
        for _ in 0..<places { scale *= 10 }
        let scaled = Int((value.magnitude * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        let padding = String(repeating: "0", count: max(0, places - fraction.count))
        let sign = value < 0 && scaled > 0 ? "-" : ""
        return sign + count(scaled / scale) + (places > 0 ? "." + padding + fraction : "")
    }

    /// A time in the unit that suits it: `640 ms`, `2.31 s`, `3 min 20 s`.
    static func duration(_ value: Duration) -> String {
        let seconds = value / .seconds(1)
        if seconds < 0.0995 { return decimal(seconds * 1000, places: 1) + " ms" }
        if seconds < 0.9995 { return decimal(seconds * 1000, places: 0) + " ms" }
        if seconds < 120 { return decimal(seconds, places: 2) + " s" }
        let whole = Int(seconds.rounded())
        return "\(whole / 60) min \(whole % 60) s"
    }

    /// A size: `512 bytes`, `3.4 MB` (a million bytes).
    static func bytes(_ value: Int) -> String {
        if value < 10_000 { return count(value) + " bytes" }
        if value < 1_000_000 { return decimal(Double(value) / 1e3) + " kB" }
        if value < 1_000_000_000 { return decimal(Double(value) / 1e6) + " MB" }
        return decimal(Double(value) / 1e9, places: 2) + " GB"
    }

    /// How many per second.
    static func rate(_ value: Int, in time: Duration) -> String {
        count(Int((Double(value) / max(time / .seconds(1), 0.000_001)).rounded()))
    }
}
