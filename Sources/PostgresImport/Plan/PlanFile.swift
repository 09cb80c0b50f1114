#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension ImportPlan {
    /// The plan as JSON text that people can read and change.
    public func json() throws(ImportError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        } catch {
            throw ImportError(.invalidPlan, "the plan cannot be written as JSON")
        }
    }

    /// Reads what `json()` writes; keys left out take their usual values.
    public init(json: String) throws(ImportError) {
        do {
            self = try JSONDecoder().decode(ImportPlan.self, from: Data(json.utf8))
        } catch let error as DecodingError {
            throw ImportError(.invalidPlan, "the plan cannot be read: \(Self.reason(error))")
        } catch {
            throw ImportError(.invalidPlan, "the plan cannot be read")
        }
        guard version == 1 else {
            throw ImportError(.invalidPlan, "the plan is of version \(version), this program knows version 1")
        }
    }

    private static func reason(_ error: DecodingError) -> String {
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
            return path.isEmpty ? "at the top" : "at \(path.drop { $0 == "." })"
        }
        return switch error {
        case .keyNotFound(let key, let context): "\(key.stringValue) is missing \(place(context))"
        case .typeMismatch(let wanted, let context): "no \(wanted) \(place(context))"
        case .valueNotFound(_, let context): "null \(place(context))"
        case .dataCorrupted(let context): "\(context.debugDescription) \(place(context))"
        @unknown default: "it has another shape"
        }
    }
}
