public import Postgres

/// Schemas of up to sixteen columns, one initialiser per number of columns, all of the same form.
///
/// They say nothing that the one with the parameter pack does not. But Swift 6.3 runs a loop over a pack at run time,
/// through tables and with a copy of each value, where these are straight lines of code: eight columns are decoded in
/// 83 to 96 ns in place of 200 to 210; by hand it takes 60.
extension Schema {
    @inlinable
    public init<A: PostgresCodable>(
        _ name: PostgresIdentifier, _ make: @escaping @Sendable (A) -> M,
        _ a: Column<M, A>, options: [TableOption<M>] = []
    ) {
        self.init(name, [a.erased], options) { (row) throws(PostgresError) in
            make(try row.cell())
        }
    }

    @inlinable
    public init<A: PostgresCodable, B: PostgresCodable>(
        _ name: PostgresIdentifier, _ make: @escaping @Sendable (A, B) -> M,
        _ a: Column<M, A>, _ b: Column<M, B>, options: [TableOption<M>] = []
    ) {
        self.init(name, [a.erased, b.erased], options) { (row) throws(PostgresError) in
            make(try row.cell(), try row.cell())
        }
    }

    @inlinable
    public init<A: PostgresCodable, B: PostgresCodable, C: PostgresCodable>(
        _ name: PostgresIdentifier, _ make: @escaping @Sendable (A, B, C) -> M,
        _ a: Column<M, A>, _ b: Column<M, B>, _ c: Column<M, C>, options: [TableOption<M>] = []
    ) {
        self.init(name, [a.erased, b.erased, c.erased], options) { (row) throws(PostgresError) in
            make(try row.cell(), try row.cell(), try row.cell())
        }
    }

    @inlinable
    public init<A: PostgresCodable, B: PostgresCodable, C: PostgresCodable, D: PostgresCodable>(
        _ name: PostgresIdentifier, _ make: @escaping @Sendable (A, B, C, D) -> M,
        _ a: Column<M, A>, _ b: Column<M, B>, _ c: Column<M, C>, _ d: Column<M, D>, options: [TableOption<M>] = []
    ) {
        self.init(name, [a.erased, b.erased, c.erased, d.erased], options) { (row) throws(PostgresError) in
            make(try row.cell(), try row.cell(), try row.cell(), try row.cell())
        }
    }

    @inlinable
    public init<A: PostgresCodable, B: PostgresCodable, C: PostgresCodable, D: PostgresCodable, E: PostgresCodable>(
        _ name: PostgresIdentifier, _ make: @escaping @Sendable (A, B, C, D, E) -> M,
        _ a: Column<M, A>, _ b: Column<M, B>, _ c: Column<M, C>, _ d: Column<M, D>, _ e: Column<M, E>,
        options: [TableOption<M>] = []
    ) {
        self.init(name, [a.erased, b.erased, c.erased, d.erased, e.erased], options) { (row) throws(PostgresError) in
            make(try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell())
        }
    }

    @inlinable
    public init<
        A: PostgresCodable, B: PostgresCodable, C: PostgresCodable, D: PostgresCodable, E: PostgresCodable,
        F: PostgresCodable
    >(
        _ name: PostgresIdentifier, _ make: @escaping @Sendable (A, B, C, D, E, F) -> M,
        _ a: Column<M, A>, _ b: Column<M, B>, _ c: Column<M, C>, _ d: Column<M, D>, _ e: Column<M, E>,
        _ f: Column<M, F>, options: [TableOption<M>] = []
    ) {
        let columns = [
            a.erased, b.erased, c.erased, d.erased, e.erased, f.erased,
        ]
        self.init(name, columns, options) { (row) throws(PostgresError) in
            make(try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell())
        }
    }

    @inlinable
    public init<
        A: PostgresCodable, B: PostgresCodable, C: PostgresCodable, D: PostgresCodable, E: PostgresCodable,
        F: PostgresCodable, G: PostgresCodable
    >(
        _ name: PostgresIdentifier, _ make: @escaping @Sendable (A, B, C, D, E, F, G) -> M,
        _ a: Column<M, A>, _ b: Column<M, B>, _ c: Column<M, C>, _ d: Column<M, D>, _ e: Column<M, E>,
        _ f: Column<M, F>, _ g: Column<M, G>, options: [TableOption<M>] = []
    ) {
        let columns = [
            a.erased, b.erased, c.erased, d.erased, e.erased, f.erased, g.erased,
        ]
        self.init(name, columns, options) { (row) throws(PostgresError) in
            make(
                try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(),
                try row.cell())
        }
    }

    @inlinable
    public init<
        A: PostgresCodable, B: PostgresCodable, C: PostgresCodable, D: PostgresCodable, E: PostgresCodable,
        F: PostgresCodable, G: PostgresCodable, H: PostgresCodable
    >(
        _ name: PostgresIdentifier, _ make: @escaping @Sendable (A, B, C, D, E, F, G, H) -> M,
        _ a: Column<M, A>, _ b: Column<M, B>, _ c: Column<M, C>, _ d: Column<M, D>, _ e: Column<M, E>,
        _ f: Column<M, F>, _ g: Column<M, G>, _ h: Column<M, H>, options: [TableOption<M>] = []
    ) {
        let columns = [
            a.erased, b.erased, c.erased, d.erased, e.erased, f.erased, g.erased, h.erased,
        ]
        self.init(name, columns, options) { (row) throws(PostgresError) in
            make(
                try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(),
                try row.cell(), try row.cell())
        }
    }

    @inlinable
    public init<
        A: PostgresCodable, B: PostgresCodable, C: PostgresCodable, D: PostgresCodable, E: PostgresCodable,
        F: PostgresCodable, G: PostgresCodable, H: PostgresCodable, I: PostgresCodable
    >(
        _ name: PostgresIdentifier, _ make: @escaping @Sendable (A, B, C, D, E, F, G, H, I) -> M,
        _ a: Column<M, A>, _ b: Column<M, B>, _ c: Column<M, C>, _ d: Column<M, D>, _ e: Column<M, E>,
        _ f: Column<M, F>, _ g: Column<M, G>, _ h: Column<M, H>, _ i: Column<M, I>, options: [TableOption<M>] = []
    ) {
        let columns = [
            a.erased, b.erased, c.erased, d.erased, e.erased, f.erased, g.erased, h.erased, i.erased,
        ]
        self.init(name, columns, options) { (row) throws(PostgresError) in
            make(
                try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(),
                try row.cell(), try row.cell(), try row.cell())
        }
    }

    @inlinable
    public init<
        A: PostgresCodable, B: PostgresCodable, C: PostgresCodable, D: PostgresCodable, E: PostgresCodable,
        F: PostgresCodable, G: PostgresCodable, H: PostgresCodable, I: PostgresCodable, J: PostgresCodable
    >(
        _ name: PostgresIdentifier, _ make: @escaping @Sendable (A, B, C, D, E, F, G, H, I, J) -> M,
        _ a: Column<M, A>, _ b: Column<M, B>, _ c: Column<M, C>, _ d: Column<M, D>, _ e: Column<M, E>,
        _ f: Column<M, F>, _ g: Column<M, G>, _ h: Column<M, H>, _ i: Column<M, I>, _ j: Column<M, J>,
        options: [TableOption<M>] = []
    ) {
        let columns = [
            a.erased, b.erased, c.erased, d.erased, e.erased, f.erased, g.erased, h.erased, i.erased, j.erased,
        ]
        self.init(name, columns, options) { (row) throws(PostgresError) in
            make(
                try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(),
                try row.cell(), try row.cell(), try row.cell(), try row.cell())
        }
    }

    @inlinable
    public init<
        A: PostgresCodable, B: PostgresCodable, C: PostgresCodable, D: PostgresCodable, E: PostgresCodable,
        F: PostgresCodable, G: PostgresCodable, H: PostgresCodable, I: PostgresCodable, J: PostgresCodable,
        K: PostgresCodable
    >(
        _ name: PostgresIdentifier, _ make: @escaping @Sendable (A, B, C, D, E, F, G, H, I, J, K) -> M,
        _ a: Column<M, A>, _ b: Column<M, B>, _ c: Column<M, C>, _ d: Column<M, D>, _ e: Column<M, E>,
        _ f: Column<M, F>, _ g: Column<M, G>, _ h: Column<M, H>, _ i: Column<M, I>, _ j: Column<M, J>,
        _ k: Column<M, K>, options: [TableOption<M>] = []
    ) {
        let columns = [
            a.erased, b.erased, c.erased, d.erased, e.erased, f.erased, g.erased, h.erased, i.erased, j.erased,
            k.erased,
        ]
        self.init(name, columns, options) { (row) throws(PostgresError) in
            make(
                try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(),
                try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell())
        }
    }

    @inlinable
    public init<
        A: PostgresCodable, B: PostgresCodable, C: PostgresCodable, D: PostgresCodable, E: PostgresCodable,
        F: PostgresCodable, G: PostgresCodable, H: PostgresCodable, I: PostgresCodable, J: PostgresCodable,
        K: PostgresCodable, L: PostgresCodable
    >(
        _ name: PostgresIdentifier, _ make: @escaping @Sendable (A, B, C, D, E, F, G, H, I, J, K, L) -> M,
        _ a: Column<M, A>, _ b: Column<M, B>, _ c: Column<M, C>, _ d: Column<M, D>, _ e: Column<M, E>,
        _ f: Column<M, F>, _ g: Column<M, G>, _ h: Column<M, H>, _ i: Column<M, I>, _ j: Column<M, J>,
        _ k: Column<M, K>, _ l: Column<M, L>, options: [TableOption<M>] = []
    ) {
        let columns = [
            a.erased, b.erased, c.erased, d.erased, e.erased, f.erased, g.erased, h.erased, i.erased, j.erased,
            k.erased, l.erased,
        ]
        self.init(name, columns, options) { (row) throws(PostgresError) in
            make(
                try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(),
                try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell())
        }
    }

    @inlinable
    public init<
        A: PostgresCodable, B: PostgresCodable, C: PostgresCodable, D: PostgresCodable, E: PostgresCodable,
        F: PostgresCodable, G: PostgresCodable, H: PostgresCodable, I: PostgresCodable, J: PostgresCodable,
        K: PostgresCodable, L: PostgresCodable, N: PostgresCodable
    >(
        _ name: PostgresIdentifier, _ make: @escaping @Sendable (A, B, C, D, E, F, G, H, I, J, K, L, N) -> M,
        _ a: Column<M, A>, _ b: Column<M, B>, _ c: Column<M, C>, _ d: Column<M, D>, _ e: Column<M, E>,
        _ f: Column<M, F>, _ g: Column<M, G>, _ h: Column<M, H>, _ i: Column<M, I>, _ j: Column<M, J>,
        _ k: Column<M, K>, _ l: Column<M, L>, _ n: Column<M, N>, options: [TableOption<M>] = []
    ) {
        let columns = [
            a.erased, b.erased, c.erased, d.erased, e.erased, f.erased, g.erased, h.erased, i.erased, j.erased,
            k.erased, l.erased, n.erased,
        ]
        self.init(name, columns, options) { (row) throws(PostgresError) in
            make(
                try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(),
                try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(),
                try row.cell())
        }
    }

    @inlinable
    public init<
        A: PostgresCodable, B: PostgresCodable, C: PostgresCodable, D: PostgresCodable, E: PostgresCodable,
        F: PostgresCodable, G: PostgresCodable, H: PostgresCodable, I: PostgresCodable, J: PostgresCodable,
        K: PostgresCodable, L: PostgresCodable, N: PostgresCodable, O: PostgresCodable
    >(
        _ name: PostgresIdentifier, _ make: @escaping @Sendable (A, B, C, D, E, F, G, H, I, J, K, L, N, O) -> M,
        _ a: Column<M, A>, _ b: Column<M, B>, _ c: Column<M, C>, _ d: Column<M, D>, _ e: Column<M, E>,
        _ f: Column<M, F>, _ g: Column<M, G>, _ h: Column<M, H>, _ i: Column<M, I>, _ j: Column<M, J>,
        _ k: Column<M, K>, _ l: Column<M, L>, _ n: Column<M, N>, _ o: Column<M, O>, options: [TableOption<M>] = []
    ) {
        let columns = [
            a.erased, b.erased, c.erased, d.erased, e.erased, f.erased, g.erased, h.erased, i.erased, j.erased,
            k.erased, l.erased, n.erased, o.erased,
        ]
        self.init(name, columns, options) { (row) throws(PostgresError) in
            make(
                try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(),
                try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(),
                try row.cell(), try row.cell())
        }
    }

    @inlinable
    public init<
        A: PostgresCodable, B: PostgresCodable, C: PostgresCodable, D: PostgresCodable, E: PostgresCodable,
        F: PostgresCodable, G: PostgresCodable, H: PostgresCodable, I: PostgresCodable, J: PostgresCodable,
        K: PostgresCodable, L: PostgresCodable, N: PostgresCodable, O: PostgresCodable, P: PostgresCodable
    >(
        _ name: PostgresIdentifier, _ make: @escaping @Sendable (A, B, C, D, E, F, G, H, I, J, K, L, N, O, P) -> M,
        _ a: Column<M, A>, _ b: Column<M, B>, _ c: Column<M, C>, _ d: Column<M, D>, _ e: Column<M, E>,
        _ f: Column<M, F>, _ g: Column<M, G>, _ h: Column<M, H>, _ i: Column<M, I>, _ j: Column<M, J>,
        _ k: Column<M, K>, _ l: Column<M, L>, _ n: Column<M, N>, _ o: Column<M, O>, _ p: Column<M, P>,
        options: [TableOption<M>] = []
    ) {
        let columns = [
            a.erased, b.erased, c.erased, d.erased, e.erased, f.erased, g.erased, h.erased, i.erased, j.erased,
            k.erased, l.erased, n.erased, o.erased, p.erased,
        ]
        self.init(name, columns, options) { (row) throws(PostgresError) in
            make(
                try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(),
                try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(),
                try row.cell(), try row.cell(), try row.cell())
        }
    }

    @inlinable
    public init<
        A: PostgresCodable, B: PostgresCodable, C: PostgresCodable, D: PostgresCodable, E: PostgresCodable,
        F: PostgresCodable, G: PostgresCodable, H: PostgresCodable, I: PostgresCodable, J: PostgresCodable,
        K: PostgresCodable, L: PostgresCodable, N: PostgresCodable, O: PostgresCodable, P: PostgresCodable,
        Q: PostgresCodable
    >(
        _ name: PostgresIdentifier, _ make: @escaping @Sendable (A, B, C, D, E, F, G, H, I, J, K, L, N, O, P, Q) -> M,
        _ a: Column<M, A>, _ b: Column<M, B>, _ c: Column<M, C>, _ d: Column<M, D>, _ e: Column<M, E>,
        _ f: Column<M, F>, _ g: Column<M, G>, _ h: Column<M, H>, _ i: Column<M, I>, _ j: Column<M, J>,
        _ k: Column<M, K>, _ l: Column<M, L>, _ n: Column<M, N>, _ o: Column<M, O>, _ p: Column<M, P>,
        _ q: Column<M, Q>, options: [TableOption<M>] = []
    ) {
        let columns = [
            a.erased, b.erased, c.erased, d.erased, e.erased, f.erased, g.erased, h.erased, i.erased, j.erased,
            k.erased, l.erased, n.erased, o.erased, p.erased, q.erased,
        ]
        self.init(name, columns, options) { (row) throws(PostgresError) in
            make(
                try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(),
                try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(), try row.cell(),
                try row.cell(), try row.cell(), try row.cell(), try row.cell())
        }
    }
}

extension PostgresRowDecoder {
    /// The next cell, by a call: one function for each type in a module, where inlining would make one for each column.
    /// No slower as far as could be measured, and a fifth less work for the compiler.
    @inlinable @inline(never)
    mutating func cell<V: PostgresDecodable>() throws(PostgresError) -> V { try next() }
}
