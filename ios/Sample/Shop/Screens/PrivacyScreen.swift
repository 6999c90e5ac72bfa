import Gensr
import ShopModels
import SwiftUI

/// The recorded history and its controls.
struct PrivacyScreen: View {
    @Bindable var privacy: PrivacyModel
    @State private var asksToClear = false
    @State private var export: URL?
    @State private var isExporting = false

    var body: some View {
        NavigationStack {
            Form {
                choice
                controls
                history
            }
            .navigationTitle("Privacy")
            .disabled(privacy.isBusy)
            .safeAreaInset(edge: .top, spacing: 0) { TroubleLine(trouble: privacy.trouble) }
            .task { await privacy.refresh() }
            .refreshable { await privacy.refresh() }
            .confirmationDialog("Forget everything?", isPresented: $asksToClear, titleVisibility: .visible) {
                Button("Forget everything", role: .destructive) { Task { await privacy.clear() } }
            } message: {
                Text("It cannot be read back from this device.")
            }
            // Moved to where the user wants it; whatever becomes of it, nothing of it stays here.
            .fileMover(isPresented: $isExporting, file: export) { _ in endExport() } onCancellation: { endExport() }
        }
    }

    private var choice: some View {
        Section {
            Picker("Learning", selection: $privacy.choice) {
                ForEach([Recording.on, .paused, .incognito], id: \.self) { choice in
                    Text(choice.words).tag(choice)
                }
            }
            .pickerStyle(.inline)
            .labelsHidden()
        } header: {
            Text("Learning")
        } footer: {
            Text(privacy.recording.explanation)
        }
    }

    private var controls: some View {
        Section {
            Button("Forget the last hour") { Task { await privacy.forget(since: .now - 3600) } }
            Button("Forget everything", role: .destructive) { asksToClear = true }
            Button("Export my history") { beginExport() }
        } footer: {
            Text("Search and recommendations are computed on this device. Nothing that you do here leaves it.")
        }
        .disabled(privacy.events.isEmpty)
    }

    private var history: some View {
        Section {
            if privacy.events.isEmpty {
                Text("Nothing yet.").foregroundStyle(.secondary)
            }
            ForEach(privacy.events) { event in
                HStack {
                    Label {
                        VStack(alignment: .leading) {
                            Text(event.title)
                            Text(event.words).font(.footnote).foregroundStyle(.secondary)
                        }
                    } icon: {
                        Image(systemName: event.symbol)
                    }
                    Spacer()
                    Text(event.date, style: .relative).font(.footnote).foregroundStyle(.secondary)
                }
                .accessibilityElement(children: .combine)
            }
            .onDelete { places in
                let forgotten = places.map { privacy.events[$0] }
                Task { for event in forgotten { await privacy.forget(event) } }
            }
        } header: {
            Text("History")
        } footer: {
            if privacy.hasMore { Text("The last ones; an export has all.") }
        }
    }

    private func beginExport() {
        Task {
            export = await privacy.export()
            isExporting = export != nil
        }
    }

    private func endExport() {
        if let file = export { privacy.removeExport(file) }
        export = nil
    }
}
