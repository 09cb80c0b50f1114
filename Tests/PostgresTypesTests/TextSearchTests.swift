import PostgresTypes
import PostgresWire
import Testing

@Suite struct TextSearchTests {
    @Test("a tsvector is sorted, joined and written as the server does")
    func vector() throws {
        let vector = try #require(PostgresTSVector(#"rat 'fat':4,2 'cat':3A 'it''s':1b,1A '\\':16383 fat:9D"#))
        #expect(vector.description == #"'\\':16383 'cat':3A 'fat':2,4,9 'it''s':1A 'rat'"#)
        #expect(PostgresTSVector(vector.description) == vector)
        #expect(try decoded(encoded(vector), PostgresTSVector.self) == vector)
        #expect(vector.lexemes.map(\.text) == ["\\", "cat", "fat", "it's", "rat"])
        #expect(PostgresTSVector("")?.lexemes.isEmpty == true)
        #expect(try encoded(#require(PostgresTSVector("'a':1B 'b'"))) == hex("00000002 6100 0001 8001 6200 0000"))
    }

    @Test("lexemes are told apart by bytes, not as Swift's strings are")
    func normalForms() throws {
        let vector = PostgresTSVector([
            PostgresTSVector.Lexeme("e\u{301}"), PostgresTSVector.Lexeme("\u{e9}"), PostgresTSVector.Lexeme("e\u{301}"),
        ])
        #expect(vector.lexemes.count == 2)
    }

    @Test(
        "what is no tsvector",
        arguments: ["'a", "a:", "a:0", "a:16384", "a:1E", "a:1,", "a:x", "'a'b:1:2", "''':1", "a:1 :2", #"a\"#])
    func unreadableVectors(text: String) {
        #expect(PostgresTSVector(text) == nil)
    }

    @Test(
        "tsvectors that lie throw",
        arguments: [
            "", "00000001", "ffffffff", "7fffffff 6100 0000", "00000001 61", "00000001 6100", "00000001 6100 ffff 0001",
            "00000001 6100 0001 0000", "00000000 00", "00000001 ff00 0000", "00000001 6100 0001 80",
        ])
    func lyingVectors(bytes: String) {
        #expect(throws: PostgresError.self) { try decoded(hex(bytes), PostgresTSVector.self) }
    }

    @Test("what is beyond the server's limits is not sent")
    func limits() throws {
        let long = String(repeating: "x", count: 2048)
        #expect(throws: PostgresError.self) { try encoded(PostgresTSVector([PostgresTSVector.Lexeme(long)])) }
        #expect(throws: PostgresError.self) { try encoded(PostgresTSVector([PostgresTSVector.Lexeme("a\0b")])) }
        #expect(throws: PostgresError.self) { try encoded(PostgresTSQuery.lexeme(long)) }
        let positions = (1...257).compactMap { PostgresTSVector.Position($0) }
        #expect(throws: PostgresError.self) {
            try encoded(PostgresTSVector([PostgresTSVector.Lexeme("a", positions: positions)]))
        }
        #expect(PostgresTSVector.Position(0) == nil)
        #expect(PostgresTSVector.Position(16384) == nil)
    }

    @Test("a tsquery of nothing is read, and refused where the server would refuse it")
    func nothing() throws {
        for text in ["", "  "] {
            let query = try #require(PostgresTSQuery(text))
            #expect(query.description.isEmpty)
            let error = #expect(throws: PostgresError.self) { try encoded(query) }
            #expect(error?.code == .encodingFailed)
        }
    }

    @Test(
        "a tsquery is read and written as the server does",
        arguments: [
            ("fat", "'fat'"), ("'fat' & rat", "'fat' & 'rat'"), ("a&b|c", "'a' & 'b' | 'c'"),
            ("a&(b|c)", "'a' & ( 'b' | 'c' )"),
            ("!a&b", "!'a' & 'b'"), ("!(a&b)", "!( 'a' & 'b' )"), ("!!a", "!!'a'"),
            ("a <-> b <2> c", "'a' <-> 'b' <2> 'c'"),
            ("a <-> (b <-> c)", "'a' <-> ( 'b' <-> 'c' )"), ("a:*ab", "'a':*AB"), ("a:DC*", "'a':*CD"),
            ("a<0>b", "'a' <0> 'b'"),
            ("(a|b)<->c", "( 'a' | 'b' ) <-> 'c'"), ("!a <-> b", "!'a' <-> 'b'"), ("a & (b & c)", "'a' & 'b' & 'c'"),
            ("''''", "''''"), ("((a))", "'a'"), ("a | b & c <-> !d", "'a' | 'b' & 'c' <-> !'d'"),
        ])
    func query(text: String, written: String) throws {
        let query = try #require(PostgresTSQuery(text))
        #expect(query.description == written)
        #expect(PostgresTSQuery(written)?.description == written)
        #expect(try decoded(encoded(query), PostgresTSQuery.self) == query)
    }

    @Test(
        "what is no tsquery",
        arguments: [
            "a b", "&", "a &", "& a", "(a", "a)", "()", "a <-> ", "a <> b", "a <16385> b", "a < b", "!", "'a", "a ! b",
            "a:x",
            "a <-1> b",
        ])
    func unreadableQueries(text: String) {
        #expect(PostgresTSQuery(text) == nil)
    }

    @Test func tree() throws {
        let query = PostgresTSQuery.lexeme("fat") & (.lexeme("rat", isPrefix: true, weights: [.a]) | !.lexeme("cat"))
        #expect(query.description == "'fat' & ( 'rat':*A | !'cat' )")
        guard case .and(let left, let right)? = query.root, case .or(let rat, let notCat)? = right.root,
            case .not(let cat)? = notCat.root
        else {
            Issue.record("another tree")
            return
        }
        #expect(left == .lexeme("fat"))
        #expect(rat.root == .lexeme(PostgresTSQuery.Lexeme("rat", isPrefix: true, weights: [.a])))
        #expect(cat == .lexeme("cat"))
        let phrase = PostgresTSQuery.lexeme("a").followed(by: .lexeme("b"), distance: 3)
        #expect(phrase.root == .phrase(.lexeme("a"), .lexeme("b"), distance: 3))
        #expect((PostgresTSQuery() & .lexeme("a")) == .lexeme("a"))
        #expect((!PostgresTSQuery()).isEmpty)
        #expect(PostgresTSQuery().root == nil)
    }

    @Test("a query of ten thousand words, or as many parentheses, needs no stack")
    func deep() throws {
        let words = (0..<10_000).map { "w\($0)" }.joined(separator: " & ")
        let query = try #require(PostgresTSQuery(words))
        #expect(try decoded(encoded(query), PostgresTSQuery.self) == query)
        #expect(query.description.hasSuffix("'w9999'"))
        let nested = String(repeating: "!(", count: 10_000) + "a" + String(repeating: ")", count: 10_000)
        #expect(try #require(PostgresTSQuery(nested)).description == String(repeating: "!", count: 10_000) + "'a'")
        let wide = "a" + String(repeating: "|(b&c", count: 5000) + String(repeating: ")", count: 5000)
        let back = try #require(PostgresTSQuery(wide))
        #expect(try decoded(encoded(back), PostgresTSQuery.self).description == back.description)
    }

    @Test("known bytes: an operator, its right operand, its left one")
    func bytes() throws {
        let query = try #require(PostgresTSQuery("a & !b:*A"))
        #expect(try encoded(query) == hex("00000004 0202 0201 01 08 01 6200 01 00 00 6100"))
        #expect(
            try encoded(#require(PostgresTSQuery("a <2> b"))) == hex("00000003 0204 0002 01 00 00 6200 01 00 00 6100"))
    }

    @Test(
        "tsqueries that lie throw",
        arguments: [
            "", "ffffffff", "7fffffff", "00000001", "00000001 0202", "00000001 03", "00000001 01 10 00 6100",
            "00000001 01 00 02 6100", "00000002 01 00 00 6100 01 00 00 6200", "00000001 0205",
            "00000002 0202 01 00 00 6100",
            "00000000 00", "00000001 01 00 00 61", "00000001 0204 00",
        ])
    func lyingQueries(bytes: String) {
        #expect(throws: PostgresError.self) { try decoded(hex(bytes), PostgresTSQuery.self) }
    }
}
