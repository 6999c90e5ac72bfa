import Foundation

/// Items allowed in a response: conditions on attributes, joined by AND, OR and NOT.
///
/// ```swift
/// let filter: Filter = "brand IN \(brands) AND price <= \(budget)"
/// let response = try await engine.search("shell", filter: filter && !"categories = Sale")
/// ```
///
/// The expression is the same in every language: `=`, `!=`, `<`, `<=`, `>`, `>=`, `LOW TO HIGH`, `IN [A, B]`, `EXISTS`, each of them
/// with `NOT`. Values interpolated into a literal are quoted, so user input cannot change the rest of the filter. Attributes and values
/// are checked by the call that uses the filter: the reason of its ``GensrError/invalidArgument(reason:)`` has the column, counted from 1.
public struct Filter: Sendable, Hashable, CustomStringConvertible {
    /// The text, at most 65,536 bytes; errors refer to its columns.
    public let expression: String

    /// A filter from an existing expression, verbatim. For user input, interpolate into a literal instead.
    ///
    /// ```swift
    /// let filter = Filter(expression: settings["filter"] ?? "price EXISTS")
    /// ```
    public init(expression: String) {
        self.expression = expression
    }

    /// The text.
    public var description: String { expression }

    /// Items that pass both.
    public static func && (left: Filter, right: Filter) -> Filter {
        Filter(expression: "(\(left)) AND (\(right))")
    }

    /// Items that pass one of the two, or both.
    public static func || (left: Filter, right: Filter) -> Filter {
        Filter(expression: "(\(left)) OR (\(right))")
    }

    /// Items that do not pass.
    public static prefix func ! (filter: Filter) -> Filter {
        Filter(expression: "NOT (\(filter))")
    }

    /// A text in quotes, as a value or the name of an attribute.
    ///
    /// ```swift
    /// let filter = Filter(expression: "brand = " + Filter.quoted(typed))
    /// ```
    public static func quoted(_ text: some StringProtocol) -> String {
        var quoted = "\""
        // By scalars: a quote with a combining mark is another `Character`.
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(scalar)
        }
        quoted.unicodeScalars.append("\"")
        return quoted
    }
}

extension Filter: ExpressibleByStringInterpolation {
    /// A literal expression.
    public init(stringLiteral expression: String) {
        self.init(expression: expression)
    }

    /// An expression in the source code, with values from elsewhere.
    public init(stringInterpolation: StringInterpolation) {
        self.init(expression: stringInterpolation.expression)
    }

    /// Puts values into expressions.
    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var expression = ""

        /// An empty expression.
        public init(literalCapacity: Int, interpolationCount: Int) {
            expression.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        /// Text of the literal, verbatim.
        public mutating func appendLiteral(_ literal: String) {
            expression += literal
        }

        /// A text, as one value; or the name of an attribute.
        public mutating func appendInterpolation(_ text: some StringProtocol) {
            expression += Filter.quoted(text)
        }

        /// Texts, as the list of `IN`.
        public mutating func appendInterpolation(_ texts: some Sequence<String>) {
            expression += "[" + texts.map(Filter.quoted).joined(separator: ", ") + "]"
        }

        /// A whole number.
        public mutating func appendInterpolation(_ number: some BinaryInteger) {
            expression += "\(number)"
        }

        /// A number.
        public mutating func appendInterpolation(_ number: some BinaryFloatingPoint & CustomStringConvertible) {
            expression += number.description
        }

        /// Yes or no.
        public mutating func appendInterpolation(_ flag: Bool) {
            expression += flag ? "true" : "false"
        }

        /// A value of a hit or a facet; a text set as the list of `IN`.
        public mutating func appendInterpolation(_ value: AttributeValue) {
            switch value {
            case .text(let text): appendInterpolation(text)
            case .textSet(let texts): appendInterpolation(texts)
            case .number(let number): appendInterpolation(number)
            case .date(let epochDay):
                let start = Date(timeIntervalSince1970: Double(epochDay) * 86_400)
                expression += start.formatted(.iso8601.year().month().day())
            case .bool(let flag): appendInterpolation(flag)
            }
        }

        /// A filter, in parentheses.
        public mutating func appendInterpolation(_ filter: Filter) {
            expression += "(\(filter.expression))"
        }
    }
}
