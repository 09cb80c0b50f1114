import PostgresTransport
import PostgresTypes
import PostgresWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// How far a stream of replication is: what has come, and what its reader has confirmed. Guarded by the session's mutex.
final class ReplicationProgress: @unchecked Sendable {
    // Unchecked: the session's mutex lets one thread at a time in.

    /// The end of the log that the server has told of.
    private(set) var received: PostgresLSN
    /// Everything before it has been confirmed by the reader: the server may forget it.
    private(set) var confirmed: PostgresLSN
    /// What the last status said is confirmed.
    private(set) var reported = PostgresLSN.zero
    /// The end of the last transaction that was handed to the reader.
    private var delivered: PostgresLSN
    /// The log up to here held nothing for the reader after `delivered`.
    private var idle = PostgresLSN.zero
    /// The server waits for a status.
    var isReplyDue = false
    /// Our half of the copy has ended: nothing more may be sent.
    var isEnded = false
    var timer: EventLoop.Timer?

    init(start: PostgresLSN) {
        received = start
        confirmed = start
        delivered = start
    }

    /// A message of the stream came in; `walEnd` is from its header.
    func received(_ walEnd: PostgresLSN) { received = max(received, walEnd) }

    /// The reader has been handed a transaction whose commit ends here.
    func delivered(_ end: PostgresLSN) { delivered = max(delivered, end) }

    /// The reader has passed `end`, between transactions, and there was nothing for it. Where it has confirmed all
    /// that it got, that place is confirmed too: else a slot whose tables nobody changes would keep the log of all others.
    func passed(_ end: PostgresLSN) {
        idle = max(idle, end)
        if confirmed >= delivered { confirmed = max(confirmed, idle) }
    }

    /// The reader needs nothing before `position` again.
    func confirm(_ position: PostgresLSN) {
        confirmed = max(confirmed, position)
        if confirmed >= delivered { confirmed = max(confirmed, idle) }
    }

    /// Standby status update: written, flushed and applied (each a place behind the last byte), our clock, no answer
    /// wanted. What is not confirmed is said to be neither flushed nor applied, so that it would be sent again.
    func appendStatus(to buffer: inout PostgresBuffer) {
        var status = PostgresBuffer(capacity: 64)
        FrontendMessage.beginCopyData(&status)
        status.append(UInt8(ascii: "r"))
        status.append(max(received, confirmed).rawValue)
        status.append(confirmed.rawValue)
        status.append(confirmed.rawValue)
        status.append(Self.now)
        status.append(UInt8(0))
        if FrontendMessage.endCopyData(&status) { buffer.append(status.unsafeBytes) }
        reported = confirmed
        isReplyDue = false
    }

    /// Microseconds since 2000-01-01, as the protocol counts.
    private static var now: Int64 {
        let secondsFrom1970To2000 = 946_684_800.0
        return Int64((Date().timeIntervalSince1970 - secondsFrom1970To2000) * 1_000_000)
    }
}

extension Session {
    /// Called as a run of the stream's messages comes in, before its reader sees them: notes how far the log has come,
    /// and answers at once where the server asks to be told that we live.
    func replicationReceived(
        _ request: Request, _ progress: ReplicationProgress, _ state: inout SessionState, _ effects: inout Effects
    ) {
        guard let batch = request.moreBatches.last ?? request.firstBatch else { return }
        var offset = 0
        while offset < batch.memory.count {
            let content = batch.takeContent(at: &offset)
            // What is neither is found by the reader.
            switch content.first {
            case UInt8(ascii: "w") where content.count >= 25:
                progress.received(PostgresLSN(rawValue: content.bigEndian(at: 9)))
            case UInt8(ascii: "k") where content.count >= 18:
                progress.received(PostgresLSN(rawValue: content.bigEndian(at: 1)))
                if content[17] == 1 { progress.isReplyDue = true }
            default:
                break
            }
        }
        if progress.isReplyDue { sendReplicationStatus(progress, &state, &effects) }
    }

    /// Tells the server how far we are.
    func sendReplicationStatus(
        _ progress: ReplicationProgress, _ state: inout SessionState, _ effects: inout Effects
    ) {
        // A server that takes nothing need not be told more.
        guard !progress.isEnded, state.phase == .ready, state.unsent < SessionState.writeBelow else { return }
        progress.appendStatus(to: &state.outbound)
        scheduleFlush(&state, &effects)
    }

    /// Tells the server how far we are, every `interval` nanoseconds, whatever the reader does.
    func scheduleReplicationStatus(_ progress: ReplicationProgress, every interval: Int64) {
        let (deadline, overflow) = monotonicNanoseconds().addingReportingOverflow(interval)
        let timer = loop.schedule(at: overflow ? .max : deadline) { [weak self] in
            guard let self else { return }
            let goesOn = self.change { state, effects in
                self.sendReplicationStatus(progress, &state, &effects)
                return state.phase == .ready && !progress.isEnded
            }
            if goesOn { self.scheduleReplicationStatus(progress, every: interval) }
        }
        change { _, _ in progress.timer = timer }
    }
}

extension RowBatch {
    /// The content of the message that begins at `offset`, which moves behind it. Its length was checked when it was cut.
    func takeContent(at offset: inout Int) -> UnsafeRawBufferPointer {
        let length = Int(Int32(bigEndian: memory.loadUnaligned(fromByteOffset: offset + 1, as: Int32.self)))
        defer { offset += 1 + length }
        return UnsafeRawBufferPointer(rebasing: memory[(offset + 5)..<(offset + 1 + length)])
    }
}

extension UnsafeRawBufferPointer {
    /// Eight bytes, most significant first; the caller has checked that they are there.
    func bigEndian(at offset: Int) -> UInt64 {
        UInt64(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
