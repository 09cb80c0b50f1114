import PostgresCrypto
import PostgresWire

/// The digest of a set of rows, whatever their order: the sum of the SHA-256 of each canonical row.
///
/// Kept for the whole table, and for some thousand shares of it by the hash of the key, so that when two sides differ it
/// is known in which share to look.
struct RowDigests: ~Copyable {
    static let shareCount = 4096

    private var digest: Digest
    private let key: [Int]
    private(set) var result = SideDigest()

    init(_ layout: CanonicalLayout) throws {
        digest = try Digest(.sha256)
        key = layout.key
    }

    mutating func add(_ row: borrowing CanonicalRow) {
        let (value, share) = digest(of: row)
        result.count += 1
        result.total.add(value)
        result.shares[share].add(value)
    }

    /// Which share of the table a row is in.
    mutating func share(of row: borrowing CanonicalRow) -> Int { digest(of: row).share }

    private mutating func digest(of row: borrowing CanonicalRow) -> (value: DigestSum, share: Int) {
        row.buffer.withUnsafeBytes { bytes in
            var output = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
            withUnsafeMutableBytes(of: &output) { digest.hash(bytes, into: $0) }
            // Half of SHA-256's bits are more than enough to find accidents. A row without a key goes by its digest.
            let hash = key.isEmpty ? output.2 : keyHash(bytes)
            let sum = DigestSum(high: output.0.bigEndian, low: output.1.bigEndian)
            return (sum, Int(truncatingIfNeeded: hash >> 20) & (Self.shareCount - 1))
        }
    }

    /// FNV-1a of the key's cells.
    private func keyHash(_ row: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        var position = 0
        CanonicalCell.forEach(row) { cell in
            if key.contains(position), let cell {
                for byte in cell { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
                // A byte that no text has: ("ab", "c") is not ("a", "bc").
                hash = (hash ^ 0xFF) &* 0x100_0000_01B3
            }
            position += 1
        }
        return hash ^ (hash >> 29)
    }
}

/// A sum of digests, modulo 2^128.
///
/// Two words rather than a `UInt128`: as an argument of an asynchronous function that one crashes code built by
/// Swift 6.3 without optimisation.
struct DigestSum: Sendable, Equatable {
    var high: UInt64 = 0
    var low: UInt64 = 0

    mutating func add(_ other: DigestSum) {
        let (sum, carry) = low.addingReportingOverflow(other.low)
        low = sum
        high = high &+ other.high &+ (carry ? 1 : 0)
    }
}

/// What one side of a comparison adds up to.
struct SideDigest: Sendable, Equatable {
    var count = 0
    var total = DigestSum()
    var shares = [DigestSum](repeating: DigestSum(), count: RowDigests.shareCount)

    /// 32 hexadecimal digits.
    var text: String {
        [total.high, total.low].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
