// What the sample uses of SwiftUI, declared as Apple documents it and doing nothing. See Package.swift.
@_exported import Foundation
@_exported import Observation

@MainActor @preconcurrency public protocol View {
    associatedtype Body: View
    @ViewBuilder @MainActor @preconcurrency var body: Body { get }
}

extension Never: View {
    public var body: Never { fatalError() }
}

/// A view of this module: it has no body.
public protocol Leaf: View where Body == Never {}
extension Leaf {
    public var body: Never { fatalError() }
}

public struct EmptyView: Leaf {
    public nonisolated init() {}
}

extension Optional: View where Wrapped: View {
    public var body: Never { fatalError() }
}

public struct Pair<A: View, B: View>: Leaf {}
public enum Either<A: View, B: View>: Leaf { case none }

@resultBuilder public struct ViewBuilder {
    public static func buildExpression<Content: View>(_ content: Content) -> Content { content }
    public static func buildBlock() -> EmptyView { EmptyView() }
    public static func buildBlock<Content: View>(_ content: Content) -> Content { content }
    public static func buildBlock<each Content: View>(_ content: repeat each Content) -> some View { EmptyView() }
    public static func buildIf<Content: View>(_ content: Content?) -> Content? { content }
    public static func buildEither<A: View, B: View>(first: A) -> Either<A, B> { .none }
    public static func buildEither<A: View, B: View>(second: B) -> Either<A, B> { .none }
}

// MARK: Apps

@MainActor @preconcurrency public protocol Scene {}

@MainActor @preconcurrency public protocol App {
    associatedtype Content: Scene
    @MainActor @preconcurrency var body: Content { get }
    @MainActor @preconcurrency init()
}

extension App {
    public static func main() {}
}

public struct WindowGroup<Content: View>: Scene {
    public init(@ViewBuilder content: () -> Content) {}
}

// MARK: State

@propertyWrapper public struct State<Value> {
    private let initial: Value
    public var wrappedValue: Value { get { initial } nonmutating set {} }
    public init(wrappedValue: Value) { initial = wrappedValue }
    public init(initialValue: Value) { initial = initialValue }
    public var projectedValue: Binding<Value> { fatalError() }
}

@propertyWrapper @dynamicMemberLookup public struct Binding<Value> {
    public var wrappedValue: Value { get { fatalError() } nonmutating set {} }
    public var projectedValue: Binding<Value> { self }
    @preconcurrency public init(get: @escaping @isolated(any) @Sendable () -> Value, set: @escaping @isolated(any) @Sendable (Value) -> Void) {}
    public subscript<Subject>(dynamicMember path: WritableKeyPath<Value, Subject>) -> Binding<Subject> { fatalError() }
}

@propertyWrapper @dynamicMemberLookup public struct Bindable<Value: Observable & AnyObject> {
    public var wrappedValue: Value
    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
    public var projectedValue: Bindable<Value> { self }
    public subscript<Subject>(dynamicMember path: ReferenceWritableKeyPath<Value, Subject>) -> Binding<Subject> { fatalError() }
}

@propertyWrapper public struct Environment<Value> {
    public init(_ path: KeyPath<EnvironmentValues, Value>) {}
    public var wrappedValue: Value { fatalError() }
}

public struct EnvironmentValues {
    public var colorScheme: ColorScheme { .light }
}

public enum ColorScheme { case light, dark }

// MARK: Texts

public struct LocalizedStringKey: ExpressibleByStringInterpolation {
    public init(_ value: String) {}
    public init(stringLiteral value: String) {}
}

public struct Text: Leaf {
    public enum DateStyle { case relative }
    public init(_ key: LocalizedStringKey) {}
    public init<S: StringProtocol>(_ content: S) {}
    public init(_ attributed: AttributedString) {}
    public init(_ date: Date, style: DateStyle) {}
    public func font(_ font: Font?) -> Text { self }
    public func monospacedDigit() -> Text { self }
}

extension String {
    public init(localized key: LocalizedStringKey) { self = "" }
}

public struct Font {
    public enum Weight { case medium }
    public static let headline = Font(), subheadline = Font(), footnote = Font(), caption2 = Font(), title2 = Font()
    public func weight(_ weight: Weight) -> Font { self }
    public func bold() -> Font { self }
}

/// Foundation has it on Apple's platforms.
public struct InlinePresentationIntent {
    public static var stronglyEmphasized: Self { Self() }
}

extension AttributedString {
    public var inlinePresentationIntent: InlinePresentationIntent? { get { nil } set {} }
}

// MARK: Views

public struct Label<Title: View, Icon: View>: Leaf {
    public init(@ViewBuilder title: () -> Title, @ViewBuilder icon: () -> Icon) {}
}

extension Label where Title == Text, Icon == Image {
    public init(_ key: LocalizedStringKey, systemImage: String) {}
    public init<S: StringProtocol>(_ title: S, systemImage: String) {}
}

public struct Image: Leaf {
    public init(systemName: String) {}
    public func resizable() -> Image { self }
}

public struct ButtonRole { public static let destructive = ButtonRole() }

public struct Button<Content: View>: Leaf {
    public init(action: @escaping @MainActor () -> Void, @ViewBuilder label: () -> Content) {}
    public init(role: ButtonRole?, action: @escaping @MainActor () -> Void, @ViewBuilder label: () -> Content) {}
}

extension Button where Content == Text {
    public init(_ key: LocalizedStringKey, action: @escaping @MainActor () -> Void) {}
    public init(_ key: LocalizedStringKey, role: ButtonRole?, action: @escaping @MainActor () -> Void) {}
}

public struct Group<Content: View>: Leaf { public init(@ViewBuilder content: () -> Content) {} }
public struct TabView<Content: View>: Leaf { public init(@ViewBuilder content: () -> Content) {} }
public struct NavigationStack<Content: View>: Leaf { public init(@ViewBuilder root: () -> Content) {} }
public struct List<Content: View>: Leaf { public init(@ViewBuilder content: () -> Content) {} }
public struct Form<Content: View>: Leaf { public init(@ViewBuilder content: () -> Content) {} }
public struct Spacer: Leaf { public init() {} }

public struct ViewThatFits<Content: View>: Leaf {
    public init(in axes: Axis.Set, @ViewBuilder content: () -> Content) {}
}

public enum Axis {
    public struct Set: OptionSet, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }
        public static let horizontal = Set(rawValue: 1), vertical = Set(rawValue: 2)
    }
}

public struct ScrollView<Content: View>: Leaf {
    public init(_ axes: Axis.Set = .vertical, @ViewBuilder content: () -> Content) {}
}

public enum HorizontalAlignment { case leading, center }
public enum VerticalAlignment { case top, center, firstTextBaseline }
public enum Alignment { case leading, bottomLeading, center }

public struct VStack<Content: View>: Leaf {
    public init(alignment: HorizontalAlignment = .center, spacing: Double? = nil, @ViewBuilder content: () -> Content) {}
}

public struct HStack<Content: View>: Leaf {
    public init(alignment: VerticalAlignment = .center, spacing: Double? = nil, @ViewBuilder content: () -> Content) {}
}

public struct LazyHStack<Content: View>: Leaf {
    public init(alignment: VerticalAlignment = .center, spacing: Double? = nil, @ViewBuilder content: () -> Content) {}
}

public struct GridItem {
    public enum Size { case adaptive(minimum: Double) }
    public init(_ size: Size, spacing: Double? = nil) {}
}

public struct LazyVGrid<Content: View>: Leaf {
    public init(columns: [GridItem], spacing: Double? = nil, @ViewBuilder content: () -> Content) {}
}

public struct ForEach<Data: RandomAccessCollection, ID: Hashable, Content: View>: Leaf {
    public init(_ data: Data, id: KeyPath<Data.Element, ID>, @ViewBuilder content: @escaping (Data.Element) -> Content) {}
    public func onDelete(perform action: ((IndexSet) -> Void)?) -> some View { self }
}

extension ForEach where Data.Element: Identifiable, ID == Data.Element.ID {
    public init(_ data: Data, @ViewBuilder content: @escaping (Data.Element) -> Content) {}
}

public struct NavigationLink<Content: View>: Leaf {
    public init<Value: Hashable>(value: Value?, @ViewBuilder label: () -> Content) {}
}

public struct Section<Header: View, Content: View, Footer: View>: Leaf {
    public init(@ViewBuilder content: () -> Content, @ViewBuilder header: () -> Header, @ViewBuilder footer: () -> Footer) {}
}

extension Section where Header == EmptyView {
    public init(@ViewBuilder content: () -> Content, @ViewBuilder footer: () -> Footer) {}
}

public struct Picker<Content: View>: Leaf {
    public init<Value: Hashable>(_ key: LocalizedStringKey, selection: Binding<Value>, @ViewBuilder content: () -> Content) {}
}

public struct DisclosureGroup<Content: View>: Leaf {
    public init(_ key: LocalizedStringKey, @ViewBuilder content: @escaping () -> Content) {}
}

public struct LabeledContent: Leaf {
    public init<Title: StringProtocol, Value: StringProtocol>(_ title: Title, value: Value) {}
}

public struct ProgressView: Leaf {
    public init() {}
    public init<V: BinaryFloatingPoint>(value: V?, total: V = 1) {}
}

public struct ContentUnavailableView<Title: View, Description: View, Actions: View>: Leaf {
    public init(
        @ViewBuilder label: () -> Title, @ViewBuilder description: () -> Description = { EmptyView() },
        @ViewBuilder actions: () -> Actions = { EmptyView() }
    ) {}
}

extension ContentUnavailableView where Title == Label<Text, Image>, Description == EmptyView, Actions == EmptyView {
    public init(_ key: LocalizedStringKey, systemImage: String) {}
}
