/// The answer to AuthenticationMD5Password: "md5" and the hex of md5(md5(password + user) + salt).
///
/// PostgreSQL documentation, "Message Flow", "Start-up". Kept for servers that still store such passwords.
package enum MD5Password {
    /// What PasswordMessage carries. `salt` is the four bytes of the server's request.
    ///
    /// Throws where libcrypto has no MD5, as in FIPS mode.
    package static func response(user: String, password: String, salt: [UInt8]) throws(CryptoError) -> String {
        var digest = try Digest(.md5)
        let stored = hexadecimal(digest.hash(Array(password.utf8) + Array(user.utf8)))
        return "md5" + hexadecimal(digest.hash(Array(stored.utf8) + salt))
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = [UInt8]("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 0xF)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
