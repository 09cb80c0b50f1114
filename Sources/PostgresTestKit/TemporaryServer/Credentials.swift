/// Secrets and names made up for one server.
enum Credentials {
    /// A password nobody can guess, of letters and digits alone: 120 bits.
    static func randomPassword() -> String { random(24, of: "abcdefghijkmnpqrstuvwxyz23456789") }

    /// Hexadecimal digits.
    static func randomDigits(_ count: Int) -> String { random(count, of: "0123456789abcdef") }

    private static func random(_ count: Int, of alphabet: String) -> String {
        let characters = Array(alphabet)
        // The system's generator is a cryptographic one.
        var generator = SystemRandomNumberGenerator()
        return String((0..<count).compactMap { _ in characters.randomElement(using: &generator) })
    }
}
