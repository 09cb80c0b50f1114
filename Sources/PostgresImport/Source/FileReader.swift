#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file read from its beginning, a buffer at a time.
final class FileReader {
    private let descriptor: Int32
    private let path: String

    /// Throws when the file is missing, a directory, or may not be read.
    init(path: String) throws(ImportError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        self.path = path
        guard descriptor >= 0 else {
            throw ImportError(.sourceUnreadable, "\(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// Fills `buffer` from its start. Returns how many bytes there were; 0 at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
        while true {
            #if canImport(Glibc)
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            #elseif canImport(Musl)
            let count = Musl.read(descriptor, buffer.baseAddress, buffer.count)
            #else
            let count = Darwin.read(descriptor, buffer.baseAddress, buffer.count)
            #endif
            if count >= 0 { return count }
            guard errno == EINTR else {
                throw ImportError(.sourceUnreadable, "\(path) cannot be read: \(String(cString: strerror(errno)))")
            }
        }
    }

    /// What kind of thing is at a path.
    enum Kind: Equatable {
        case missing
        case directory
        case file(bytes: Int)
    }

    static func kind(of path: String) -> Kind {
        var status = stat()
        guard stat(path, &status) == 0 else { return .missing }
        return status.st_mode & S_IFMT == S_IFDIR ? .directory : .file(bytes: Int(status.st_size))
    }

    /// The first bytes of a file, fewer when it is shorter.
    static func prefix(of path: String, count: Int) throws(ImportError) -> [UInt8] {
        let reader = try FileReader(path: path)
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let chunk = try Self.fill(&bytes, from: filled, reader)
            if chunk == 0 { break }
            filled += chunk
        }
        return Array(bytes.prefix(filled))
    }

    private static func fill(
        _ bytes: inout [UInt8], from start: Int, _ reader: FileReader
    ) throws(ImportError) -> Int {
        var result: Result<Int, ImportError> = .success(0)
        bytes.withUnsafeMutableBytes { buffer in
            do throws(ImportError) {
                result = .success(try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[start...])))
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }
}
