import Foundation
import Testing

/// A server may speak any language (`lc_messages`): what its messages say is for people, and SQLSTATE for programs.
@Suite struct ServerLanguageTests {
    private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Sources")

    @Test(
        "trap 30: nothing is decided by the words of a message",
        arguments: ["Postgres", "PostgresORM", "PostgresImport"])
    func messages(target: String) throws {
        let decision = try Regex(
            #"\.(message|detail|hint|localizedDescription)(\?|!)?\s*(==|!=|\.(contains|hasPrefix|hasSuffix|starts|range|firstIndex|firstRange|lowercased))"#
        )
        let folder = Self.sources.appendingPathComponent(target)
        var files = 0
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where path.hasSuffix(".swift") {
            files += 1
            let text = try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
            #expect(text.firstMatch(of: decision) == nil, "\(path)")
        }
        #expect(files > 0)
    }
}
