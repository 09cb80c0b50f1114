@testable import Postgres
@testable import PostgresTypes
@testable import PostgresWire

extension FuzzTarget {
    /// The messages of logical replication, several of them with their lengths before them, since later ones refer to
    /// tables that earlier ones described; and the cells of their rows.
    static let pgoutput = FuzzTarget(name: "pgoutput") { input in
        var input = input
        var decoder = PgoutputDecoder()
        while !input.isEmpty {
            let content = input.piece()
            do throws(PostgresError) {
                let message = try decoder.decode(content)
                _ = message.end
                if case .change(let change, _) = message { readRows(of: change) }
            } catch {
                check(error.code == .protocolViolation, "what is no message is a violation of the protocol: \(error)")
            }
        }
    }
}

private func readRows(of change: PostgresChange) {
    switch change {
    case .insert(let row), .delete(let row): read(row)
    case .update(let old, let new):
        if let old { read(old) }
        read(new)
    case .truncate(let tables, _): for table in tables { _ = table.description }
    case .message(let message): _ = message.content.count
    }
}

private func read(_ row: PostgresReplicatedRow) {
    for (index, column) in row.table.columns.enumerated() {
        _ = try? row.decode(index, as: String?.self)
        _ = try? row.decode(index, as: Int?.self)
        _ = try? row.decode(column.name, as: [UInt8]?.self)
        _ = try? row.isUnchanged(column.name)
    }
    check((try? row.decode(row.table.columns.count, as: String?.self)) == nil, "no cell behind the last")
}
