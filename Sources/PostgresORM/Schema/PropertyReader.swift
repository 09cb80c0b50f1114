/// Reads one property of a model, as fast as it can be read.
///
/// A key path to a property that is simply stored in a struct knows its offset (`MemoryLayout.offset(of:)`), and loading
/// from there costs next to nothing where reading through the key path takes some 40 ns. For anything else, a computed
/// property, a class, the key path is used.
@usableFromInline
struct PropertyReader<M, Value>: Sendable {
    @usableFromInline let keyPath: any KeyPath<M, Value> & Sendable
    @usableFromInline let offset: Int?

    @usableFromInline
    init(_ keyPath: any KeyPath<M, Value> & Sendable) {
        self.keyPath = keyPath
        offset = MemoryLayout<M>.offset(of: keyPath)
    }

    /// The property of the model that `model` points to.
    @inlinable @inline(__always)
    func read(_ model: UnsafePointer<M>) -> Value {
        guard let offset else { return model.pointee[keyPath: keyPath] }
        // `offset(of:)` answers only where a `Value` lies right there.
        return UnsafeRawPointer(model).advanced(by: offset).assumingMemoryBound(to: Value.self).pointee
    }
}
