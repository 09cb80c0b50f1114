import Foundation
import Testing

/// The Swift examples of the articles are code that is compiled: each block stands in a file of examples.
@Suite struct ArticleTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The target, and the folder of tests in whose folder `Documentation` the examples are.
    @Test(arguments: [
        ("Postgres", "Tests/PostgresTests"), ("PostgresTypes", "Tests/PostgresTests"),
        ("PostgresTestKit", "Tests/PostgresTests"), ("PostgresImport", "IntegrationTests"),
    ])
    func examplesAreCompiled(target: String, tests: String) throws {
        let articles = try Self.texts(in: "Sources/\(target)/\(target).docc", ending: ".md")
        let code = try Self.texts(in: "\(tests)/Documentation", ending: ".swift").map { Self.plain($0.text) }
        var examples = 0
        for article in articles {
            for block in Self.blocks(of: article.text) {
                examples += 1
                #expect(code.contains { $0.contains(Self.plain(block)) }, "\(article.name):\n\(block)")
            }
        }
        #expect(examples > 0)
    }

    private static func texts(in folder: String, ending: String) throws -> [(name: String, text: String)] {
        let folder = root.appendingPathComponent(folder)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(ending) }
        return try names.sorted().map {
            ($0, try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8))
        }
    }

    /// What stands between a line of three backticks and `swift`, and the next line of three backticks.
    private static func blocks(of article: String) -> [String] {
        article.split(separator: "\n```swift\n").dropFirst().compactMap { part in
            part.split(separator: "\n```", maxSplits: 1).first.map(String.init)
        }
    }

    /// Without white space: the formatter breaks lines where an article has room for them.
    private static func plain(_ code: String) -> String { code.filter { !$0.isWhitespace } }
}
