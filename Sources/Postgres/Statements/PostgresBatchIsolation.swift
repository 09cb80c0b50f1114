/// What the failure of one statement of a batch means for the others.
public enum PostgresBatchIsolation: Sendable, Hashable, CaseIterable {
    /// One for all: they are one transaction, unless one is open already; those behind the failed one are not run.
    case together
    /// Each for itself: outside a transaction each is one of its own, and the others go on. Inside one, the server
    /// refuses what follows the failed one.
    case each
}
