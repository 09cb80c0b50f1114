import PostgresLocks

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Where a command writes: results to standard output, everything else to standard error.
///
/// With `--json`, standard output carries one JSON object and nothing else; lines for people are dropped.
final class Terminal: Sendable {
    /// How a piece of text stands out, by its ECMA-48 code. Plain where nobody sees it.
    enum Style: Int, Sendable {
        case bold = 1, dim = 2, red = 31, green = 32, yellow = 33, cyan = 36
    }

    /// True when `--json` was given.
    let isJSON: Bool
    /// True when a progress bar can be drawn: standard error is a terminal that can move its cursor.
    let isInteractive: Bool
    private let hasColours: Bool
    private let errorsHaveColours: Bool
    /// The text of the progress bar that is on the screen, empty when there is none.
    private let bar = Mutex("")

    init(json: Bool, environment: [String: String] = ProcessInfo.processInfo.environment) {
        isJSON = json
        let canMove = environment["TERM"] != nil && environment["TERM"] != "dumb"
        isInteractive = canMove && isatty(2) == 1
        // https://no-color.org: any value but the empty one.
        let wantsColours = canMove && (environment["NO_COLOR"] ?? "").isEmpty
        hasColours = wantsColours && isatty(1) == 1
        errorsHaveColours = wantsColours && isatty(2) == 1
    }

    /// A line for people on standard output.
    func line(_ text: String = "") {
        if isJSON { return }
        write(text + "\n", to: 1)
    }

    /// A line about what is going on, on standard error, so that it never mixes with results.
    func note(_ text: String) {
        if isJSON { return }
        write(text + "\n", to: 2)
    }

    /// A warning on standard error, with `--json` too.
    func warn(_ text: String) { write(styled("warning: ", .yellow, errorsHaveColours) + text + "\n", to: 2) }

    /// An error and what to do about it, on standard error; with `--json` also as the object on standard output.
    func fail(_ message: String, advice: String?) {
        write(styled("error: ", .red, errorsHaveColours) + message + "\n", to: 2)
        if let advice { write("       " + advice + "\n", to: 2) }
        if isJSON { json(Failure(error: .init(message: message, advice: advice))) }
    }

    /// The result for programs: one object on one line of standard output. Without `--json` it does nothing.
    func json(_ value: some Encodable) {
        guard isJSON else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            write(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n", to: 1)
        } catch {
            write("error: the result cannot be written as JSON: \(error)\n", to: 2)
        }
    }

    /// `text` standing out, when standard output shows it.
    func styled(_ text: String, _ style: Style) -> String { styled(text, style, hasColours) }

    private func styled(_ text: String, _ style: Style, _ shows: Bool) -> String {
        shows ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Characters per line of the terminal, 80 when there is none.
    var width: Int {
        var size = winsize()
        guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Draws the one progress bar anew; an empty text removes it.
    func drawBar(_ text: String) {
        guard isInteractive else { return }
        bar.withLock { shown in
            if shown == text { return }
            shown = text
            // Back to the first column, erase to the end of the line.
            Self.writeAll("\r\u{1B}[K" + text, to: 2)
        }
    }

    private func write(_ text: String, to descriptor: Int32) {
        bar.withLock { shown in
            if shown.isEmpty {
                Self.writeAll(text, to: descriptor)
            } else {
                // The bar stays the last line.
                Self.writeAll("\r\u{1B}[K", to: 2)
                Self.writeAll(text, to: descriptor)
                Self.writeAll(shown, to: 2)
            }
        }
    }

    private static func writeAll(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR {
                return
            }
        }
    }
}

/// What `--json` prints when a command fails.
private struct Failure: Encodable {
    struct Reason: Encodable {
        var message: String
        var advice: String?
    }
    var error: Reason
}

/// `write(2)`, under a name that the method of the same name does not hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
