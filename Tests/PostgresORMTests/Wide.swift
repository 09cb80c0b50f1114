import PostgresORM

/// Seventy columns: more than a machine word has bits.
struct Wide: Model {
    var c00: Int, c01: Int, c02: Int, c03: Int, c04: Int, c05: Int, c06: Int, c07: Int, c08: Int, c09: Int
    var c10: Int, c11: Int, c12: Int, c13: Int, c14: Int, c15: Int, c16: Int, c17: Int, c18: Int, c19: Int
    var c20: Int, c21: Int, c22: Int, c23: Int, c24: Int, c25: Int, c26: Int, c27: Int, c28: Int, c29: Int
    var c30: Int, c31: Int, c32: Int, c33: Int, c34: Int, c35: Int, c36: Int, c37: Int, c38: Int, c39: Int
    var c40: Int, c41: Int, c42: Int, c43: Int, c44: Int, c45: Int, c46: Int, c47: Int, c48: Int, c49: Int
    var c50: Int, c51: Int, c52: Int, c53: Int, c54: Int, c55: Int, c56: Int, c57: Int, c58: Int, c59: Int
    var c60: Int, c61: Int, c62: Int, c63: Int, c64: Int, c65: Int, c66: Int, c67: Int, c68: Int, c69: Int

    static let schema = Schema(
        "wide", Wide.init,
        Column("c00", \.c00), Column("c01", \.c01), Column("c02", \.c02), Column("c03", \.c03), Column("c04", \.c04),
        Column("c05", \.c05), Column("c06", \.c06), Column("c07", \.c07), Column("c08", \.c08), Column("c09", \.c09),
        Column("c10", \.c10), Column("c11", \.c11), Column("c12", \.c12), Column("c13", \.c13), Column("c14", \.c14),
        Column("c15", \.c15), Column("c16", \.c16), Column("c17", \.c17), Column("c18", \.c18), Column("c19", \.c19),
        Column("c20", \.c20), Column("c21", \.c21), Column("c22", \.c22), Column("c23", \.c23), Column("c24", \.c24),
        Column("c25", \.c25), Column("c26", \.c26), Column("c27", \.c27), Column("c28", \.c28), Column("c29", \.c29),
        Column("c30", \.c30), Column("c31", \.c31), Column("c32", \.c32), Column("c33", \.c33), Column("c34", \.c34),
        Column("c35", \.c35), Column("c36", \.c36), Column("c37", \.c37), Column("c38", \.c38), Column("c39", \.c39),
        Column("c40", \.c40), Column("c41", \.c41), Column("c42", \.c42), Column("c43", \.c43), Column("c44", \.c44),
        Column("c45", \.c45), Column("c46", \.c46), Column("c47", \.c47), Column("c48", \.c48), Column("c49", \.c49),
        Column("c50", \.c50), Column("c51", \.c51), Column("c52", \.c52), Column("c53", \.c53), Column("c54", \.c54),
        Column("c55", \.c55), Column("c56", \.c56), Column("c57", \.c57), Column("c58", \.c58), Column("c59", \.c59),
        Column("c60", \.c60), Column("c61", \.c61), Column("c62", \.c62), Column("c63", \.c63), Column("c64", \.c64),
        Column("c65", \.c65), Column("c66", \.c66), Column("c67", \.c67), Column("c68", \.c68), Column("c69", \.c69))
}
