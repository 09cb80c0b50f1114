public import PostgresWire

/// The parameters of one statement, encoded as they were added.
///
/// Each value is stored in the binary form of its own type (`parameterType`). When the server wants another type at that
/// place, the value is recoded then, exactly or not at all.
public struct PostgresParameters: Sendable {
    /// Copied when it is shared and written to, so that a query stays a value.
    @usableFromInline
    final class Storage: @unchecked Sendable {
        // Unchecked, both ways: written only while uniquely referenced.
        /// Each value as a four-byte length, -1 for NULL, and its bytes.
        @exclusivity(unchecked) @usableFromInline var cells: PostgresBuffer
        @exclusivity(unchecked) @usableFromInline var entries = ParameterEntries()
        /// The first value that could not be encoded; thrown when the query is run.
        private var failure: PostgresError?
        /// Which value that is, from 0.
        private var failedIndex = 0

        init(cells capacity: Int) {
            cells = PostgresBuffer(capacity: capacity)
        }

        @inlinable
        func append<V: PostgresEncodable>(_ value: V, placeholder: Int) {
            let type = value.parameterType
            do {
                try cells.appendCell(value, as: type)
            } catch {
                fail(error)
                cells.append(Int32(-1))
            }
            entries.append(ParameterEntries.Entry(type: type, placeholder: placeholder))
        }

        /// Appends the values of another.
        func append(_ other: Storage) {
            if failure == nil, let failure = other.failure {
                self.failure = failure
                failedIndex = entries.count + other.failedIndex
            }
            other.cells.withUnsafeBytes { cells.append($0) }
            for entry in other.entries { entries.append(entry) }
        }

        @usableFromInline @inline(never)
        func fail(_ error: PostgresError) {
            guard failure == nil else { return }
            failure = error
            failedIndex = entries.count
        }

        var hasFailed: Bool { failure != nil }

        /// What it takes to bring the values to a server that wants `types`, which are as many.
        // Here and not with the entries: they would be copied for it, which takes longer than the question.
        @inline(__always)
        func recodings(to types: [PostgresType]) -> ParameterRecodings {
            var same = 0
            // Mostly it wants what they are.
            while same < entries.count, same < types.count, entries.type(at: same) == types[same] { same += 1 }
            return same == entries.count ? ParameterRecodings() : recodings(to: types, from: same)
        }

        @inline(never)
        private func recodings(to types: [PostgresType], from first: Int) -> ParameterRecodings {
            var all = ParameterRecodings()
            for index in first..<min(entries.count, types.count) {
                all.add(ParameterRecoding(from: entries.type(at: index), to: types[index]))
            }
            return all
        }

        func validate() throws(PostgresError) {
            if let failure { throw failure.inParameter(failedIndex + 1) }
        }
    }

    @usableFromInline var storage: Storage?

    /// No parameters.
    public init() {}

    /// With room for so many values.
    init(capacity count: Int) {
        if count > 0 { storage = Storage(cells: 24 * count) }
    }

    /// The type each parameter is encoded as.
    public var types: [PostgresType] { entries.map(\.type) }
    var entries: ParameterEntries { storage?.entries ?? ParameterEntries() }
    /// How many there are.
    @inlinable public var count: Int { storage?.entries.count ?? 0 }
    /// True when there are none.
    @inlinable public var isEmpty: Bool { count == 0 }

    /// Adds a value for a placeholder that the statement has already, or remembers why it cannot be one.
    @inlinable
    public mutating func append<V: PostgresEncodable>(_ value: V) { append(value, placeholder: -1) }

    /// Has the query fail with `error` when it is run.
    mutating func fail(_ error: PostgresError) { uniqueStorage().fail(error) }

    /// Adds a value whose placeholder begins there.
    @inlinable
    mutating func append<V: PostgresEncodable>(_ value: V, placeholder: Int) {
        uniqueStorage().append(value, placeholder: placeholder)
    }

    /// Adds values for placeholders that the statement has already.
    @inlinable
    mutating func appendAll<each V: PostgresEncodable>(_ values: repeat each V) {
        let storage = uniqueStorage()
        repeat storage.append(each values, placeholder: -1)
    }

    @usableFromInline
    mutating func uniqueStorage() -> Storage {
        // Asked first: a second reference in a local variable would make the answer no.
        if isKnownUniquelyReferenced(&storage), let storage { return storage }
        let fresh = Storage(cells: (storage?.cells.count ?? 0) + 64)
        if let storage { fresh.append(storage) }
        storage = fresh
        return fresh
    }

    /// Adds the values of another, whose placeholders begin there now.
    mutating func append(contentsOf other: PostgresParameters, placeholders: [Int]) {
        guard let added = other.storage, !added.entries.isEmpty else { return }
        let storage = uniqueStorage()
        let first = storage.entries.count
        storage.append(added)
        for (index, placeholder) in placeholders.enumerated() {
            storage.entries[first + index].placeholder = placeholder
        }
    }

    /// Throws what made a value unfit to be sent.
    package func validate() throws(PostgresError) {
        try storage?.validate()
    }

    /// The cells, each a four-byte length and its bytes, in order.
    package func withUnsafeCells<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        guard let storage else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        return try storage.cells.withUnsafeBytes(body)
    }
}
