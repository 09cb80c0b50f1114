/// A script and the client it met did not agree.
public struct ScriptFailure: Error, Sendable, CustomStringConvertible {
    /// What was expected and what came.
    public var message: String
    /// The file of the step, as `#fileID` has it.
    public var fileID: String
    /// The line in that file.
    public var line: Int

    public var description: String { "\(fileID):\(line): \(message)" }
}
