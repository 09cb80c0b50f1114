import PostgresWire

/// How a value that was encoded as one type reaches a server that wants another.
enum ParameterRecoding {
    /// The bytes are right as they are.
    case copy
    /// The value is read as what it is and encoded as what is wanted.
    case convert
    /// The bytes are right with the version of `jsonb`'s binary form before them.
    case versioned
    /// The bytes are text, and the server is told so: its own input function of the type reads them.
    case text
    /// The value is written as text for the server to read. A type that is not built in may be a domain over anything,
    /// and all that is known of it is that it reads text.
    case writtenAsText

    init(from type: PostgresType, to wanted: PostgresType) {
        switch type {
        case _ where type == wanted: self = .copy
        case _ where type.rawValue == 0: self = ParameterRecoding(named: type, to: wanted)
        case .text:
            switch wanted {
            case .varchar, .bpchar, .name, .unknown, .json, .xml: self = .copy
            case .jsonb: self = .versioned
            case .char: self = .convert
            default: self = .text
            }
        case .textArray:
            switch wanted.element {
            case .text, .varchar, .bpchar, .name: self = .convert
            case nil where wanted.isBuiltin && wanted.array != nil: self = .convert
            default: self = .writtenAsText
            }
        default: self = wanted.isBuiltin || !type.isBuiltin ? .convert : .writtenAsText
        }
    }

    /// True when the parameter is sent in text format.
    var isText: Bool { self == .text || self == .writtenAsText }

    /// True when the value itself is not looked at, so that nothing can be found wrong with it.
    var cannotFail: Bool { self == .copy || self == .versioned || self == .text }
}

/// What is true of the recodings of a statement's values together.
struct ParameterRecodings {
    /// All of them go as they are.
    private(set) var areCopies = true
    /// One of them is sent in text format.
    private(set) var hasText = false
    /// One of them may turn out not to be what is wanted.
    private(set) var mayFail = false

    mutating func add(_ recoding: ParameterRecoding) {
        areCopies = areCopies && recoding == .copy
        hasText = hasText || recoding.isText
        mayFail = mayFail || !recoding.cannotFail
    }
}

extension ParameterRecoding {
    /// Appends the bytes of a value, encoded as `type`, for a server that wants `wanted`.
    func append(
        _ bytes: RawSpan, from type: PostgresType, to wanted: PostgresType, into buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        switch self {
        case .copy, .text: buffer.append(bytes)
        case .versioned:
            buffer.append(TextCoding.version)
            buffer.append(bytes)
        case .writtenAsText: try Self.appendText(of: bytes, type, for: wanted, to: &buffer)
        case .convert: try Self.convert(bytes, from: type, to: wanted, into: &buffer)
        }
    }

    /// Appends the bytes of a value, encoded as `type`, in the binary form of `wanted`.
    static func convert(
        _ bytes: RawSpan, from type: PostgresType, to wanted: PostgresType, into buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        switch type {
        case _ where type == wanted: buffer.append(bytes)
        case .bool: try recode(Bool.self, bytes, type, wanted, &buffer)
        case .int2: try recode(Int16.self, bytes, type, wanted, &buffer)
        case .int4: try recode(Int32.self, bytes, type, wanted, &buffer)
        case .int8: try recode(Int64.self, bytes, type, wanted, &buffer)
        case .oid: try recode(UInt32.self, bytes, type, wanted, &buffer)
        case .float4: try recode(Float.self, bytes, type, wanted, &buffer)
        case .float8: try recode(Double.self, bytes, type, wanted, &buffer)
        case .numeric: try recode(PostgresNumeric.self, bytes, type, wanted, &buffer)
        case .text, .varchar, .bpchar, .name, .json, .jsonb, .xml:
            try recode(String.self, bytes, type, wanted, &buffer)
        case .bytea: try recode([UInt8].self, bytes, type, wanted, &buffer)
        case .timestamptz: try recode(PostgresTimestampTZ.self, bytes, type, wanted, &buffer)
        case .bit, .varbit: try recode(PostgresBits.self, bytes, type, wanted, &buffer)
        case .inet, .cidr: try recode(PostgresInet.self, bytes, type, wanted, &buffer)
        case .macaddr: try recode(PostgresMACAddress.self, bytes, type, wanted, &buffer)
        case .pgSnapshot: try recode(PostgresSnapshot.self, bytes, type, wanted, &buffer)
        default:
            try convertContainer(bytes, from: type, to: wanted, into: &buffer)
        }
    }

    private static func recode<V: PostgresEncodable & PostgresDecodable>(
        _: V.Type, _ bytes: RawSpan, _ type: PostgresType, _ wanted: PostgresType, _ buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        let value = try V(binary: bytes, type: type)
        do {
            try value.encode(into: &buffer, as: wanted)
        } catch {
            // Which Swift type it was is no longer known, so both types are said in the server's words first.
            throw PostgresError(
                .encodingFailed, "a value of \(type) cannot be sent as \(wanted): \(error.message)",
                advice: error.advice ?? conversionAdvice)
        }
    }

    private static let conversionAdvice = "Convert it in Swift, or cast the placeholder in SQL"

    static func mismatch(_ type: PostgresType, _ wanted: PostgresType) -> PostgresError {
        PostgresError(
            .encodingFailed, "a value of \(type) cannot be sent as \(wanted)", advice: conversionAdvice)
    }
}

extension PostgresBuffer {
    /// Appends what `body` appends with its length before it. On an error the buffer is as it was.
    mutating func appendLengthPrefixed(
        _ body: (inout PostgresBuffer) throws(PostgresError) -> Void
    ) throws(PostgresError) {
        let start = count
        append(Int32(-1))
        do {
            try body(&self)
        } catch {
            truncate(to: start)
            throw error
        }
        guard let length = Int32(exactly: count - start - 4) else {
            truncate(to: start)
            throw PostgresError(.encodingFailed, "a value is larger than 2 GB")
        }
        overwrite(length, at: start)
    }
}
