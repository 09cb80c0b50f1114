import PostgresTypes

/// What a column's declaration says beyond its type (`atttypmod`; the meaning of its number is each type's own).
extension PostgresColumn {
    /// How many digits a `numeric(10, 2)` has in all, or nil where that was not declared.
    public var numericPrecision: Int? { isNumeric && typeModifier >= 4 ? (typeModifier - 4) >> 16 & 0xFFFF : nil }

    /// How many of them stand behind the point; negative where digits before it are rounded away.
    public var numericScale: Int? {
        guard isNumeric, typeModifier >= 4 else { return nil }
        // Eleven bits with a sign, from version 15 on; before, never so large that it would show.
        return ((typeModifier - 4) & 0x7FF ^ 1024) - 1024
    }

    /// The length of a `varchar(20)` or `char(20)` in characters, of a `bit(20)` in bits; nil where none was declared.
    public var maximumLength: Int? {
        switch elementType {
        case .varchar, .bpchar: typeModifier >= 4 ? typeModifier - 4 : nil
        case .bit, .varbit: typeModifier >= 0 ? typeModifier : nil
        default: nil
        }
    }

    /// How many digits of a second a `timestamp(3)` keeps; nil where it was not declared, and all six are kept.
    public var fractionalSecondDigits: Int? {
        guard typeModifier >= 0 else { return nil }
        switch elementType {
        case .time, .timetz, .timestamp, .timestamptz: return typeModifier
        // Above it the fields that `interval day to second` keeps.
        case .interval: return typeModifier & 0xFFFF == 0xFFFF ? nil : typeModifier & 0xFFFF
        default: return nil
        }
    }

    /// The type as the server writes a declaration: `numeric(10,2)`, `timestamp(3) without time zone`,
    /// `character varying(20)[]`.
    public var typeDeclaration: String {
        let words = "\(elementType)".split(separator: " ", maxSplits: 1)
        var text = "\(elementType)"
        if let precision = numericPrecision, let scale = numericScale {
            text += "(\(precision),\(scale))"
        } else if let length = maximumLength {
            text += "(\(length))"
        } else if let digits = fractionalSecondDigits, let name = words.first {
            text = "\(name)(\(digits))" + (words.count > 1 ? " \(words[1])" : "")
        }
        return type.element == nil ? text : text + "[]"
    }

    private var elementType: PostgresType { type.element ?? type }
    private var isNumeric: Bool { elementType == .numeric }
}
