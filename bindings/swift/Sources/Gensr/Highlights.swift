extension String {
    /// The characters that have something of these ranges of UTF-8 offsets, which ascend: no character twice, none of it cut.
    ///
    /// The engine's ranges end between scalars, so perhaps between a letter and its accent, half of which nobody could show. Offsets that
    /// the text does not have are no harm.
    func characters(inUTF8 ranges: [Range<Int>]) -> [Range<Index>] {
        var found: [Range<Index>] = []
        // The character to look at, where it begins and where it ends.
        var (index, start) = (startIndex, 0)
        func following() -> (index: Index, start: Int) {
            let next = self.index(after: index)
            return (next, start + utf8.distance(from: index, to: next))
        }
        for range in ranges where !range.isEmpty {
            while index < endIndex, case let next = following(), next.start <= range.lowerBound { (index, start) = next }
            let first = index
            while index < endIndex, start < range.upperBound { (index, start) = following() }
            if first < index { found.append(first..<index) }
        }
        return found
    }
}
