#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Where the program and its libraries keep the addresses of functions that another of them has.
///
/// ELF calls such a function by way of an entry in the caller's memory, which the loader fills in, and which can be
/// written again while the program runs. See elf(5); nothing is replaced but with glibc and 64 bits.
enum LinkageTables {
    /// Has every caller outside of a function's own library call another one in its place.
    /// - Returns: false when one of them is called by nobody, or nothing can be replaced here.
    static func replace(_ functions: [(name: String, by: UnsafeRawPointer)]) -> Bool {
        #if canImport(Glibc) && _pointerBitWidth(_64)
        var entries: [(entry: UnsafeMutableRawPointer, by: UnsafeRawPointer)] = []
        var isCalled = functions.map { _ in false }
        for image in images() {
            for (name, entry) in image.entries() {
                guard let index = functions.firstIndex(where: { strcmp($0.name, name) == 0 }) else { continue }
                isCalled[index] = true
                entries.append((entry, functions[index].by))
            }
        }
        // What was found is written at the end: to look for it takes the functions themselves.
        for (entry, function) in entries {
            makeWritable(entry)
            entry.storeBytes(of: function, as: UnsafeRawPointer.self)
        }
        return isCalled.allSatisfy { $0 }
        #else
        return false
        #endif
    }

    #if canImport(Glibc) && _pointerBitWidth(_64)
    /// One program or library: the beginning of its `link_map` in link.h.
    private struct Image {
        let base: UInt
        let name: UnsafePointer<CChar>?
        /// Pairs of a tag and a value; the last tag is 0.
        let dynamic: UnsafeRawPointer?
        let next: UnsafePointer<Image>?

        private enum Tag {
            static let linkageSize = 2, strings = 5, symbols = 6, relocations = 7, relocationsSize = 8, linkage = 23
        }

        /// The names of what it takes from others, and where the addresses are.
        func entries() -> [(name: UnsafePointer<CChar>, entry: UnsafeMutableRawPointer)] {
            guard var pair = dynamic else { return [] }
            var values: [Int: UInt] = [:]
            while case let tag = pair.load(as: Int.self), tag != 0 {
                values[tag] = pair.load(fromByteOffset: 8, as: UInt.self)
                pair += 16
            }
            // An address below the image is none: the kernel's own image is not prepared like the others.
            guard let strings = values[Tag.strings], let symbols = values[Tag.symbols], strings > base, symbols > base
            else { return [] }
            let tables = [(Tag.relocations, Tag.relocationsSize), (Tag.linkage, Tag.linkageSize)]
            return tables.flatMap { start, size in
                stride(from: 0, to: values[size] ?? 0, by: 24).compactMap { offset in
                    guard let start = values[start], let record = UnsafeRawPointer(bitPattern: start + offset) else {
                        return nil
                    }
                    // Where to write; kind and symbol; what to add. Of a symbol, the first half word is its name's place.
                    let symbol = record.load(fromByteOffset: 8, as: UInt.self) >> 32
                    guard symbol != 0,
                        let entry = UnsafeMutableRawPointer(bitPattern: base + record.load(as: UInt.self)),
                        let name = UnsafeRawPointer(bitPattern: symbols + 24 * symbol)?.load(as: UInt32.self),
                        let text = UnsafePointer<CChar>(bitPattern: strings + UInt(name))
                    else { return nil }
                    return (text, entry)
                }
            }
        }
    }

    /// The program and the libraries it has loaded.
    private static func images() -> [Image] {
        var images: [Image] = []
        // In glibc, what dlopen gives back is the image; the program's is the first of the list.
        var next = UnsafePointer(dlopen(nil, RTLD_NOW)?.assumingMemoryBound(to: Image.self))
        while let image = next?.pointee {
            images.append(image)
            next = image.next
        }
        return images
    }

    /// Entries that need no change any more are closed to writing when a program has been loaded.
    private static func makeWritable(_ entry: UnsafeMutableRawPointer) {
        let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
        let start = UnsafeMutableRawPointer(bitPattern: UInt(bitPattern: entry) & ~(page - 1))
        mprotect(start, Int(page), PROT_READ | PROT_WRITE)
    }
    #endif
}
