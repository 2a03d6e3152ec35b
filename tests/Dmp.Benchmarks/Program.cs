using Dmp.Benchmarks;

// Usage: dotnet run -c Release --project tests/Dmp.Benchmarks [-- one or several of these]. DMP_BENCHMARK_CHECK=1 only sees that they run.
string[] all =
[
    "upload", "small", "import", "link", "proofs", "read", "revoke", "search-small", "search", "rules", "trace", "feed", "neighbour",
    "interactions", "facts", "queue", "content-search", "emergency",
];
var chosen = args.Length == 0 ? all : args;
await using var platform = await BenchmarkPlatform.StartAsync();
Console.WriteLine($"{Environment.ProcessorCount} processors, .NET {Environment.Version}, private PostgreSQL with durable settings");
if (chosen.Contains("upload"))
{
    await UploadBenchmark.RunAsync(platform);
}

if (chosen.Contains("link"))
{
    await LinkBenchmark.RunAsync(platform);
}

if (chosen.Contains("small") || chosen.Contains("import"))
{
    await SmallBenchmark.RunAsync(platform, chosen.Contains("small"), chosen.Contains("import"));
}

if (chosen.Contains("proofs"))
{
    await ProofBenchmark.RunAsync(platform);
}

if (chosen.Contains("read"))
{
    await CallBenchmark.ReadAsync(platform);
}

if (chosen.Contains("revoke"))
{
    await CallBenchmark.RevokeAsync(platform);
}

if (chosen.Contains("emergency"))
{
    await EmergencyBenchmark.RunAsync(platform);
}

if (chosen.Contains("search-small"))
{
    await SearchBenchmark.RunAsync(platform, documents: 30, pageSize: 50);
}

if (chosen.Contains("search"))
{
    await SearchBenchmark.RunAsync(platform, documents: 500, pageSize: 20);
}

if (chosen.Contains("rules"))
{
    await RulesBenchmark.RunAsync(platform);
}

if (chosen.Contains("trace"))
{
    await TraceBenchmark.RunAsync(platform);
}

if (chosen.Contains("feed"))
{
    await FeedBenchmark.RunAsync(platform);
}

if (chosen.Contains("interactions"))
{
    InteractionBenchmark.Run();
}

if (chosen.Contains("facts"))
{
    await FactBenchmark.RunAsync(platform);
}

if (chosen.Contains("queue"))
{
    await QueueBenchmark.RunAsync(platform);
}

if (chosen.Contains("content-search"))
{
    ContentSearchBenchmark.Run();
}

if (chosen.Contains("neighbour"))
{
    await NeighbourBenchmark.RunAsync(platform);
}
