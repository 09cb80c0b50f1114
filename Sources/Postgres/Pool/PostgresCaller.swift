/// A place in the program's text: who holds a connection, for errors and health reports.
public struct PostgresCaller: Sendable, CustomStringConvertible {
    /// As `#fileID` has it: `Module/File.swift`.
    public let file: StaticString
    /// As `#line` has it.
    public let line: UInt

    /// The place where it is written.
    @inlinable
    public init(file: StaticString = #fileID, line: UInt = #line) {
        self.file = file
        self.line = line
    }

    public var description: String { "\(file):\(line)" }
}
