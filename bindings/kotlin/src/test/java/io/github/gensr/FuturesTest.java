package io.github.gensr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The engine as Java sees it. */
@Timeout(300)
class FuturesTest {
    @Test
    void everyCallHasAFuture(@TempDir File profile) throws Exception {
        PackSource source = new PackSource.Path(new File(TestData.INSTANCE.getDemo()));
        try (EngineFutures engine = EngineFutures.open(source, new EngineOptions.Builder().profileDirectory(profile).build()).get()) {
            engine.warmUp().get();
            List<String> stranger = ids(engine.recommend().get());
            List<String> found = ids(engine.search("tent", 5).get());
            assertEquals(found, ids(engine.search("tent").get()).subList(0, 5));

            engine.record(found.get(0), "view").get();
            engine.record(new Event(found.get(1), "view", 1_700_000_000_000L)).get();
            engine.recordMany(List.of(new Event(found.get(2), "search", null, "tent"))).get();
            assertEquals(found.subList(0, 3),
                    engine.history().get().stream().map(RecordedEvent::getItemId).collect(Collectors.toList()));
            assertEquals("tent", engine.history(1).get().get(0).getQuery());

            Response similar = engine.similar(found.get(0)).get();
            assertEquals(ids(similar).subList(0, 3), ids(engine.similar(found.get(0), 3).get()));
            assertEquals(10, engine.similar(found.get(0), 10, 0.5f).get().getHits().size());
            assertEquals("tent", engine.complete("te").get().get(0).getText());
            assertEquals(CompletionKind.QUERY, engine.complete("te", 1).get().get(0).getKind());
            engine.trimMemory(TrimLevel.CACHES).get();
            engine.trimMemory().get();
            assertTrue(engine.diagnostics().get().getProviders().isEmpty());
            engine.clearHistory().get();
            assertEquals(stranger, ids(engine.recommend(10).get()));
        }
    }

    @Test
    void aHistoryAndACatalogueAreChanged(@TempDir File folder) throws Exception {
        EngineOptions options = new EngineOptions.Builder()
                .profileDirectory(new File(folder, "profile")).threads(2).maxEvents(50).maxAgeDays(400).build();
        assertEquals(List.of(2, 50), List.of(options.getThreads(), options.getMaxEvents()));
        PackSource source = new PackSource.Path(TestData.INSTANCE.getDemo());
        try (EngineFutures engine = EngineFutures.open(source, options).get()) {
            engine.recordMany(List.of(new Event("g0001", "view"), new Event("g0003", "view"))).get();
            assertEquals(1, engine.forget(new Forget.Item("g0001")).get());
            File file = new File(folder, "history");
            assertEquals(1, engine.exportHistory(file).get());
            engine.clearHistory().get();
            assertEquals(1, engine.importHistory(file).get());
            engine.setRecording(Recording.INCOGNITO).get();
            assertEquals(Recording.INCOGNITO, engine.recording().get());
            assertEquals(List.of(), engine.history().get());
            ExecutionException failed = assertThrows(ExecutionException.class, () -> engine.rotateKey(new byte[3]).get());
            assertInstanceOf(GensrException.InvalidArgument.class, failed.getCause());

            VectorJob job = engine.upsertItems(List.of(new Upsert("new-1", "Flimmerbock"))).get();
            engine.run(job).get();
            assertEquals(1, job.getTaken());
            assertEquals(job.getProgress().getTotal(), job.getProgress().getDone());
            assertEquals("new-1", ids(engine.search("flimmerbock").get()).get(0));
            assertEquals("Flimmerbock", engine.items(List.of("new-1")).get().get(0).getTitle());
            assertEquals(1, engine.removeItems(List.of("new-1")).get());
            assertEquals(0, engine.pendingVectors().get().getTaken());

            String other = TestData.INSTANCE.getOther();
            File next = new File(folder, "next.gensr");
            InstallRequest request = new InstallRequest(new File(other), TestData.INSTANCE.sha256(other), next);
            assertEquals(source, EngineFutures.newest(next, source).get());
            assertEquals(engine.install(request).get().getPackId(), engine.diagnostics().get().getPackId());
            assertEquals(new PackSource.Path(next), EngineFutures.newest(next, source).get());
            CompletableFuture<Installed> endless = engine.install(
                    new InstallRequest(new File(TestData.INSTANCE.getEndless()),
                            TestData.INSTANCE.sha256(TestData.INSTANCE.getEndless())));
            awaitRunning(engine, 1);
            assertTrue(endless.cancel(true));
            awaitRunning(engine, 0);
        }
    }

    @Test
    void requestsAreBuilt() throws Exception {
        try (EngineFutures engine = open(TestData.INSTANCE.getDemo())) {
            List<String> all = ids(engine.search("tent").get());
            SearchRequest search = new SearchRequest.Builder("tent")
                    .limit(3)
                    .offset(1)
                    .filter("price > 0")
                    .facets("brand")
                    .exclude(List.of(all.get(0)))
                    .attributes("price", "brand")
                    .history(History.Empty.INSTANCE)
                    .excludeHistory(true)
                    .nowMs(1_700_000_000_000L)
                    .build();
            assertEquals(List.of("tent", 3, 1, true), List.of(search.getQuery(), search.getLimit(), search.getOffset(), search.getExcludeHistory()));
            Response response = engine.search(search).get();
            assertEquals(all.subList(2, 5), ids(response));
            assertEquals("brand", response.getFacets().get(0).getName());
            assertInstanceOf(AttributeValue.Number.class, response.getHits().get(0).getAttributes().get("price"));

            History given = new History.Events(List.of(new Event(all.get(0), "view")));
            RecommendRequest recommend = new RecommendRequest.Builder()
                    .limit(4).offset(2).filter("brand = " + Filter.quote("x")).history(given)
                    .leaveOut(LeaveOut.Nothing.INSTANCE).seeds(all.subList(0, 2)).intent("rain")
                    .boost(new Boost("brand", "x")).freshness(Freshness.ofDays("released")).diversity(0.5f)
                    .caps(new Cap("brand", 2)).exploration(new Exploration(0.25f, 7)).explainHistory(true)
                    .exclude(all).attributes("brand").facets("price").nowMs(0).build();
            assertEquals(List.of("rain", 0.5f, all), List.of(recommend.getIntent(), recommend.getDiversity(), recommend.getExclude()));
            assertEquals(Freshness.ofDays("released", 30, 1f), recommend.getFreshness());
            assertEquals(0, engine.recommend(recommend).get().getTotalHits());
            recommend = new RecommendRequest.Builder().limit(4).build();
            assertEquals(4, engine.recommend(recommend).get().getHits().size());

            SimilarRequest similar =
                    new SimilarRequest.Builder(all.get(0)).limit(2).offset(3).filter("price > 0").personalisation(0.5f)
                            .history(given).exclude(all).attributes("brand").facets("price").nowMs(0).build();
            assertEquals(2, engine.similar(similar).get().getHits().size());
        }
    }

    @Test
    void aSearchBoxAnswersTheLastKeystroke() throws Exception {
        try (EngineFutures engine = open(TestData.INSTANCE.getDemo()); TypingFutures box = engine.typing()) {
            List<TypingResponse> responses = Collections.synchronizedList(new ArrayList<>());
            List<CompletableFuture<?>> keystrokes = new ArrayList<>();
            for (String text : List.of("t", "te", "ten", "tent")) keystrokes.add(box.type(text, responses::add));
            // Those that were superseded are done, too.
            for (CompletableFuture<?> keystroke : keystrokes) keystroke.get();
            TypingResponse last = responses.get(responses.size() - 1);
            assertTrue(last.getRanked());
            assertEquals("tent", last.getQuery());
            assertEquals(ids(engine.search("tent").get()), ids(last.getResponse()));

            ExecutionException failed = assertThrows(ExecutionException.class, () -> box.type("tent", response -> {
                throw new IllegalStateException("by the consumer");
            }).get());
            assertInstanceOf(IllegalStateException.class, failed.getCause());
            box.close();
            failed = assertThrows(ExecutionException.class, () -> box.type("tent", responses::add).get());
            assertInstanceOf(GensrException.Closed.class, failed.getCause());
        }
        try (EngineFutures engine = open(TestData.INSTANCE.getEndless()); TypingFutures box = engine.typing()) {
            CompletableFuture<Void> call = box.type("tent", response -> { });
            awaitRunning(engine, 1);
            assertTrue(call.cancel(true));
            awaitRunning(engine, 0);
        }
    }

    @Test
    void aFutureFailsWithTheErrorOfTheCall() throws Exception {
        EngineFutures engine = open(TestData.INSTANCE.getDemo());
        ExecutionException failed = assertThrows(ExecutionException.class, () -> engine.search("tent", 0).get());
        GensrException.InvalidArgument error =
                assertInstanceOf(GensrException.InvalidArgument.class, failed.getCause());
        assertTrue(error.getReason().contains("limit"));
        engine.close();
        engine.close();
        failed = assertThrows(ExecutionException.class, () -> engine.recommend().get());
        assertInstanceOf(GensrException.Closed.class, failed.getCause());
    }

    @Test
    void cancellingAFutureEndsTheNativeCall() throws Exception {
        try (EngineFutures engine = open(TestData.INSTANCE.getEndless())) {
            for (CompletableFuture<?> call : List.of(engine.search("tent"), engine.recommend(), engine.warmUp())) {
                awaitRunning(engine, 1);
                assertTrue(call.cancel(true));
                assertThrows(CancellationException.class, call::get);
            }
            awaitRunning(engine, 0);
        }
    }

    @Test
    void anOpenThatIsCancelledLeavesNothingOpen(@TempDir File profile) throws Exception {
        PackSource source = new PackSource.Path(TestData.INSTANCE.getDemo());
        EngineOptions options = new EngineOptions.Builder().profileDirectory(profile).build();
        for (int round = 0; round < 20; round++) {
            CompletableFuture<EngineFutures> opening = EngineFutures.open(source, options);
            for (int turn = 0; turn < round * round * 100; turn++) Thread.onSpinWait();
            if (!opening.cancel(true)) opening.get().close();
            // One engine at a time has a profile open. The cancelled one may be on its way out still.
            while (true) {
                try {
                    EngineFutures.open(source, options).get().close();
                    break;
                } catch (ExecutionException busy) {
                    assertInstanceOf(GensrException.InvalidArgument.class, busy.getCause());
                }
            }
        }
    }

    private static EngineFutures open(String path) throws Exception {
        return EngineFutures.open(path).get();
    }

    private static List<String> ids(Response response) {
        return response.getHits().stream().map(Hit::getId).collect(Collectors.toList());
    }

    /** Waits until at least so many native calls are inside; for 0, until none is. */
    private static void awaitRunning(EngineFutures engine, int calls) throws Exception {
        int running;
        do {
            running = engine.diagnostics().get().getCallsRunning();
        } while (calls == 0 ? running > 0 : running < calls);
    }
}
