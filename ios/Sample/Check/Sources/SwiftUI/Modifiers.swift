// What is put behind a dot. See Package.swift.
import Foundation

public protocol ShapeStyle {}
public protocol Shape: View {}

public struct Color: Leaf, ShapeStyle {
    public init(hue: Double, saturation: Double, brightness: Double, opacity: Double = 1) {}
    private nonisolated init() {}
    public static var red: Color { Color() }
    public nonisolated static var accentColor: Color { Color() }
    public var gradient: AnyGradient { AnyGradient() }
}

public struct AnyGradient: ShapeStyle {}
public struct Material: ShapeStyle {}
public struct HierarchicalShapeStyle: ShapeStyle {}

extension ShapeStyle where Self == HierarchicalShapeStyle {
    public static var primary: Self { Self() }
    public static var secondary: Self { Self() }
}

extension ShapeStyle where Self == Color {
    public static var orange: Color { Color.accentColor }
}

extension ShapeStyle where Self == Material {
    public static var regularMaterial: Self { Self() }
}

extension ShapeStyle {
    public func opacity(_ opacity: Double) -> some ShapeStyle { self }
}

public struct RoundedRectangle: Leaf, Shape {
    public init(cornerRadius: Double) {}
}

extension Shape where Self == RoundedRectangle {
    public static func rect(cornerRadius: Double) -> Self { Self(cornerRadius: cornerRadius) }
}

extension Shape {
    public func fill<S: ShapeStyle>(_ style: S) -> some View { self }
}

public struct EdgeInsets { public init() {} }

public enum Edge {
    public struct Set: OptionSet, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }
        public static let all = Set(rawValue: 3), horizontal = Set(rawValue: 1), vertical = Set(rawValue: 2), top = Set(rawValue: 4)
    }
}

public enum VerticalEdge { case top, bottom }
public enum Visibility { case automatic, visible, hidden }
public enum ContentMode { case fit, fill }
public enum ScrollIndicatorVisibility { case hidden }
public enum TitleDisplayMode { case inline }
public struct TextInputAutocapitalization { public static var never: Self { Self() } }
public struct AccessibilityTraits: SetAlgebra, Hashable {
    public static let isHeader = Self(), isSelected = Self()
    public init() {}
    public typealias Element = AccessibilityTraits
    public func contains(_ member: Self) -> Bool { false }
    public func union(_ other: Self) -> Self { self }
    public func intersection(_ other: Self) -> Self { self }
    public func symmetricDifference(_ other: Self) -> Self { self }
    public mutating func insert(_ member: Self) -> (inserted: Bool, memberAfterInsert: Self) { (false, self) }
    public mutating func remove(_ member: Self) -> Self? { nil }
    public mutating func update(with member: Self) -> Self? { nil }
    public mutating func formUnion(_ other: Self) {}
    public mutating func formIntersection(_ other: Self) {}
    public mutating func formSymmetricDifference(_ other: Self) {}
}

public struct AccessibilityChildBehavior { public static let combine = Self(), contain = Self() }

public enum AccessibilityNotification {
    public struct Announcement {
        public init(_ text: String) {}
        public func post() {}
    }
}

public struct SymbolVariants { public static let none = Self(), fill = Self() }
public struct Animation { public static var snappy: Self { Self() } }

public enum SearchFieldPlacement {
    public enum DisplayMode { case always }
    case automatic
    case navigationBarDrawer(displayMode: DisplayMode)
}

public protocol ButtonStyle {}
public struct BorderedButtonStyle: ButtonStyle {}
public struct ProminentButtonStyle: ButtonStyle {}
public struct PlainButtonStyle: ButtonStyle {}
extension ButtonStyle where Self == BorderedButtonStyle { public static var bordered: Self { Self() } }
extension ButtonStyle where Self == ProminentButtonStyle { public static var borderedProminent: Self { Self() } }
extension ButtonStyle where Self == PlainButtonStyle { public static var plain: Self { Self() } }
public struct ButtonBorderShape { public static let capsule = Self() }
public struct PlainListStyle { public static var plain: Self { Self() } }
public struct InlinePickerStyle { public static var inline: Self { Self() } }

extension View {
    public func font(_ font: Font?) -> some View { self }
    public func lineLimit(_ count: Int?) -> some View { self }
    public func padding(_ edges: Edge.Set = .all, _ length: Double? = nil) -> some View { self }
    public func padding(_ length: Double) -> some View { self }
    public func frame(width: Double? = nil, height: Double? = nil, alignment: Alignment = .center) -> some View { self }
    public func frame(minWidth: Double? = nil, maxWidth: Double? = nil, alignment: Alignment = .center) -> some View { self }
    public func aspectRatio(_ ratio: Double? = nil, contentMode: ContentMode) -> some View { self }
    public func scaledToFit() -> some View { self }
    public func scaleEffect(_ scale: Double) -> some View { self }
    public func background<S: ShapeStyle>(_ style: S) -> some View { self }
    public func background<S: ShapeStyle, T: Shape>(_ style: S, in shape: T) -> some View { self }
    public func foregroundStyle<S: ShapeStyle>(_ style: S) -> some View { self }
    public func tint(_ color: Color?) -> some View { self }
    public func overlay<V: View>(alignment: Alignment = .center, @ViewBuilder content: () -> V) -> some View { self }
    public func safeAreaInset<V: View>(edge: VerticalEdge, spacing: Double? = nil, @ViewBuilder content: () -> V) -> some View { self }
    public func symbolVariant(_ variant: SymbolVariants) -> some View { self }
    public func animation<V: Equatable>(_ animation: Animation?, value: V) -> some View { self }
    public func disabled(_ disabled: Bool) -> some View { self }
    public func labelsHidden() -> some View { self }
    public func monospacedDigit() -> some View { self }

    public func buttonStyle<S: ButtonStyle>(_ style: S) -> some View { self }
    public func buttonBorderShape(_ shape: ButtonBorderShape) -> some View { self }
    public func listStyle(_ style: PlainListStyle) -> some View { self }
    public func pickerStyle(_ style: InlinePickerStyle) -> some View { self }
    public func listRowInsets(_ insets: EdgeInsets?) -> some View { self }
    public func listRowSeparator(_ visibility: Visibility) -> some View { self }
    public func scrollIndicators(_ visibility: ScrollIndicatorVisibility) -> some View { self }
    public func tabItem<V: View>(@ViewBuilder _ label: () -> V) -> some View { self }
    public func tag<V: Hashable>(_ tag: V) -> some View { self }
    public func contextMenu<V: View>(@ViewBuilder menuItems: () -> V) -> some View { self }

    public func navigationTitle(_ key: LocalizedStringKey) -> some View { self }
    public func navigationBarTitleDisplayMode(_ mode: TitleDisplayMode) -> some View { self }
    public func navigationDestination<D: Hashable, C: View>(for data: D.Type, @ViewBuilder destination: @escaping (D) -> C) -> some View { self }
    public func searchable(text: Binding<String>, placement: SearchFieldPlacement = .automatic, prompt: LocalizedStringKey) -> some View { self }
    public func autocorrectionDisabled(_ disable: Bool = true) -> some View { self }
    public func textInputAutocapitalization(_ autocapitalization: TextInputAutocapitalization?) -> some View { self }
    public func refreshable(action: @escaping @MainActor @Sendable () async -> Void) -> some View { self }
    public func task(priority: TaskPriority = .userInitiated, _ action: @escaping @MainActor @Sendable () async -> Void) -> some View { self }
    public func task<V: Equatable>(
        id: V, priority: TaskPriority = .userInitiated, _ action: @escaping @MainActor @Sendable () async -> Void
    ) -> some View { self }
    public func onChange<V: Equatable>(of value: V, initial: Bool = false, _ action: @escaping (V, V) -> Void) -> some View { self }
    public func confirmationDialog<A: View, M: View>(
        _ key: LocalizedStringKey, isPresented: Binding<Bool>, titleVisibility: Visibility = .automatic, @ViewBuilder actions: () -> A,
        @ViewBuilder message: () -> M
    ) -> some View { self }
    public func fileMover(
        isPresented: Binding<Bool>, file: URL?, onCompletion: @escaping (Result<URL, any Error>) -> Void, onCancellation: @escaping () -> Void
    ) -> some View { self }

    public func accessibilityHidden(_ hidden: Bool) -> some View { self }
    public func accessibilityLabel(_ key: LocalizedStringKey) -> some View { self }
    public func accessibilityHint(_ key: LocalizedStringKey) -> some View { self }
    public func accessibilityAddTraits(_ traits: AccessibilityTraits) -> some View { self }
    public func accessibilityElement(children: AccessibilityChildBehavior) -> some View { self }
    public func accessibilityAction(named name: Text, _ handler: @escaping () -> Void) -> some View { self }
}
