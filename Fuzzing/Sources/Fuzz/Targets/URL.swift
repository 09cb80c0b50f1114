@testable import Postgres
@testable import PostgresWire

extension FuzzTarget {
    /// Connection strings of both forms.
    ///
    /// The first byte says what is looked at, and where a word is put into the text that no error and no description may
    /// repeat: all of a connection string may be a piece of a password.
    static let url = FuzzTarget(name: "url") { input in
        var input = input
        let place = Int(input.byte())
        let text = input.text
        guard place & 1 == 1 else { return checkReadsBack(text) }
        let bytes = Array(text.utf8)
        let (head, tail) = (bytes.prefix(place / 2), bytes.dropFirst(place / 2))
        checkKeepsSecret(String(decoding: head + Array(canary.utf8) + tail, as: UTF8.self))
    }
}

private let canary = "Zq8Canary7xK"

/// Nothing is asked of the machine but the files that the text itself names.
private let nowhere = ConfigurationFiles(home: nil, account: "fuzz", socketDirectories: [], systemDirectory: "/nowhere")

/// What was read can be written as a URL that says the same.
private func checkReadsBack(_ text: String) {
    guard !text.contains("service"), let configuration = try? PostgresConfiguration(text, files: nowhere) else {
        return
    }
    check(!configuration.hosts.isEmpty && configuration.hosts.count <= 100, "a bounded number of hosts")
    let url = configuration.url(showingSecrets: true)
    let again = must("\(url) can be read again") { () throws(PostgresError) in
        try PostgresConfiguration(url, files: nowhere)
    }
    let (one, other) = (settings(configuration), settings(again))
    check(one == other, "\(url) says \(other), not \(one)")
    check(again.url(showingSecrets: true) == url, "\(url) is written as it was read")
    _ = (configuration.description, configuration.origins)
}

private func settings(_ configuration: PostgresConfiguration) -> [String] {
    configuration.settingTexts().map { "\($0.name)=\($0.text)" }
}

/// An error names settings and never repeats what was given; a password is not in a description.
private func checkKeepsSecret(_ text: String) {
    // The names of files and services are told, so that they can be looked at.
    for word in ["service", "passfile", "sslkey"] where text.contains(word) { return }
    do throws(PostgresError) {
        let configuration = try PostgresConfiguration(text, files: nowhere)
        if configuration.password?.contains(canary) == true {
            let shown = [configuration.user, configuration.database ?? ""] + configuration.hosts.map(\.name)
            guard !shown.contains(where: { $0.contains(canary) }) else { return }
            check(!configuration.description.contains(canary), "a password in a description")
            check(!configuration.url().contains(canary), "a password in a URL without secrets")
            check(!"\(configuration.origins)".contains(canary), "a password among the origins")
        }
    } catch {
        check(error.code == .invalidConfiguration, "a wrong connection string is \(error.code)")
        check(
            !"\(error)".contains(canary) && !error.debugDescription.contains(canary),
            "an error repeats the text: \(error)")
        check(error.message.utf8.count < 10_000, "the message is as long as the text")
    }
}
