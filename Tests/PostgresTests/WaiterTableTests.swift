import Testing

@testable import Postgres
@testable import PostgresPooling

@Suite struct WaiterTableTests {
    @Test("everybody is found by his number, once, in whatever order they come and go")
    func randomOrder() {
        var random = SystemRandomNumberGenerator()
        var table = WaiterTable<UInt64>()
        var known: Set<UInt64> = []
        var last: UInt64 = 0
        var late: [UInt64] = []
        for _ in 0..<20_000 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                last += 1
                // Some get a number and come only after others.
                if Bool.random(using: &random) {
                    table.insert(last, as: PoolWaiterID(rawValue: last))
                    known.insert(last)
                } else {
                    late.append(last)
                }
            case 2:
                guard let number = late.popLast() else { continue }
                table.insert(number, as: PoolWaiterID(rawValue: number))
                known.insert(number)
            case 3:
                guard let number = known.min() else { continue }
                known.remove(number)
                #expect(table.remove(PoolWaiterID(rawValue: number)) == number)
                #expect(table.remove(PoolWaiterID(rawValue: number)) == nil)
            default:
                guard let number = known.randomElement(using: &random) else {
                    #expect(table.remove(PoolWaiterID(rawValue: last + 1)) == nil)
                    continue
                }
                known.remove(number)
                #expect(table.remove(PoolWaiterID(rawValue: number)) == number)
            }
        }
        for number in known { #expect(table.remove(PoolWaiterID(rawValue: number)) == number) }
    }
}
