import Foundation

/// Which items may be in an answer: conditions on attributes, joined by AND, OR and NOT.
///
/// ```swift
/// let filter: Filter = "brand IN \(brands) AND price <= \(budget)"
/// let answer = try await engine.search("shell", filter: filter && !"categories = Sale")
/// ```
///
/// The expression is the same in every language: `=`, `!=`, `<`, `<=`, `>`, `>=`, `LOW TO HIGH`, `IN [A, B]`, `EXISTS`, each of them
/// with `NOT`. What is interpolated into a literal is a value, whatever it holds: texts come in quotes, so what a user typed cannot change
/// the rest of the filter. Whether attributes exist and values suit them, the call says that uses the filter: the reason of its
/// ``GensrError/invalidArgument(reason:)`` has the column, counted from 1.
public struct Filter: Sendable, Hashable, CustomStringConvertible {
    /// The text, at most 65,536 bytes; what the columns of an error count in.
    public let expression: String

    /// A filter from a text of elsewhere, as it is: for one that holds what users typed, interpolate that into a literal.
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

    /// A text in quotes, as the value that it is or as the name of an attribute.
    ///
    /// ```swift
    /// let filter = Filter(expression: "brand = " + Filter.quoted(typed))
    /// ```
    public static func quoted(_ text: some StringProtocol) -> String {
        var quoted = "\""
        // Scalars: a quote may have a combining mark, and would be no quote then to a `Character`.
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(scalar)
        }
        quoted.unicodeScalars.append("\"")
        return quoted
    }
}

extension Filter: ExpressibleByStringInterpolation {
    /// An expression in the source code.
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

        /// Nothing yet.
        public init(literalCapacity: Int, interpolationCount: Int) {
            expression.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        /// What stands in the source code, as it is.
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

        /// What a hit or a facet has; a set, as the list of `IN`.
        public mutating func appendInterpolation(_ value: AttributeValue) {
            switch value {
            case .text(let text): appendInterpolation(text)
            case .set(let texts): appendInterpolation(texts)
            case .number(let number): appendInterpolation(number)
            case .date(let epochDay):
                let start = Date(timeIntervalSince1970: Double(epochDay) * 86_400)
                expression += start.formatted(.iso8601.year().month().day())
            case .flag(let flag): appendInterpolation(flag)
            }
        }

        /// A filter, in parentheses.
        public mutating func appendInterpolation(_ filter: Filter) {
            expression += "(\(filter.expression))"
        }
    }
}
