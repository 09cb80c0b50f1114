#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// How an import is to be done.
public struct ImportOptions: Sendable {
    /// Where the tables go; created when missing.
    public var schema = "public"
    /// Tables loaded at the same time, each over a connection of its own.
    public var jobs = min(4, max(1, ProcessInfo.processInfo.activeProcessorCount))
    /// Replaces tables that exist. Otherwise a table that has rows is a reason to stop; one without rows is filled as it
    /// is.
    public var replacesTables = false
    /// Keeps the tables that were loaded when another one fails. Otherwise nothing is kept.
    public var keepsPartial = false
    /// Compares source and target when all is loaded.
    public var verifies = true

    /// The usual: into `public`, nothing replaced, all or nothing, verified.
    public init() {}
}
